"""The shell: `devolve-opt` with a command for each verb; `devolve-opt --help` lists them."""

from __future__ import annotations

import sys

from devolve_opt.cli.cases import check, synth, template
from devolve_opt.cli.common import BAD_INPUT, CTRL_C, DONE, NO_PLAN, app, err, speak_utf8
from devolve_opt.cli.explaining import choices, explain
from devolve_opt.cli.plans import compare, report, run, sweep
from devolve_opt.cli.repeating import rerun
from devolve_opt.cli.serving import serve
from devolve_opt.cli.studies import admit, offices, phases, posts, teams
from devolve_opt.cli.trade_offs import alternatives, frontier
from devolve_opt.cli.uncertainty import discover, robust, sensitivity
from devolve_opt.errors import DevolveError, InputError
from devolve_opt.language import tr

__all__ = [
    "BAD_INPUT", "DONE", "NO_PLAN", "admit", "alternatives", "app", "check", "choices", "compare", "discover",
    "explain", "frontier", "main", "offices", "phases", "posts", "report", "rerun", "robust", "run", "sensitivity",
    "serve", "sweep", "synth", "teams", "template",
]  # fmt: skip


def main() -> None:
    """Run the shell; every expected failure is a message and an exit code, never a traceback."""
    speak_utf8()
    try:
        app(standalone_mode=True)
    except SystemExit as ended:
        if ended.code != CTRL_C:
            raise
        err.print(tr("Stopped before it was finished."))
        sys.exit(NO_PLAN)
    except InputError as error:
        err.print(str(error), markup=False)
        sys.exit(BAD_INPUT)
    except DevolveError as error:
        err.print(str(error), markup=False)
        sys.exit(NO_PLAN)
    except OSError as error:
        err.print(tr("The system refused: {error}", error=error), markup=False)
        sys.exit(NO_PLAN)
    except KeyboardInterrupt:
        err.print(tr("Stopped before it was finished."))
        sys.exit(NO_PLAN)
