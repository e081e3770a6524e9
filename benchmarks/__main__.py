"""The door: `python -m benchmarks NAME`; a new benchmark is a module with a `main`, named here."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from benchmarks import country, crowd, fronts, fuzz, growth, load, mutation, proof, quick, studies, sweep
from devolve_opt.cli.common import BAD_INPUT, CTRL_C, NO_PLAN, speak_utf8
from devolve_opt.errors import DevolveError, InputError

BENCHMARKS: dict[str, Callable[..., None]] = {
    "proof": proof.main,
    "load": load.main,
    "growth": growth.main,
    "country": country.main,
    "sweep": sweep.main,
    "fronts": fronts.main,
    "studies": studies.main,
    "crowd": crowd.main,
    "quick": quick.main,
    "mutation": mutation.main,
    "fuzz": fuzz.main,
}
"""Every benchmark: its name in the shell and what it runs."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Benchmarks, on synthetic data; the last line printed holds the figures as name=value.",
    epilog="Exit codes: 0 done; 1 stopped or failed, what is finished is kept; 2 bad input.",
)
for name, run in BENCHMARKS.items():
    app.command(name)(run)


def main() -> None:
    """Run the shell; every expected failure is a message and an exit code."""
    speak_utf8()
    try:
        app(standalone_mode=True)
    except SystemExit as ended:
        if ended.code != CTRL_C:
            raise
        _stopped()
    except KeyboardInterrupt:
        _stopped()
    except (DevolveError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(BAD_INPUT if isinstance(error, InputError) else NO_PLAN)


def _stopped() -> None:
    print("Stopped; rows that are finished are kept, and the same command goes on from there.", file=sys.stderr)
    sys.exit(NO_PLAN)


if __name__ == "__main__":
    main()
