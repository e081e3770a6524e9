"""What can be chosen without an upload: the hand case, and the scenarios and cases of the working folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.language import tr
from devolve_opt.reading.workbook import ENDING
from devolve_opt.scenario import Scenario, read_toml
from devolve_opt.synthetic import synthesise

HAND_POLICY: dict[str, Any] = {
    "base_list_max": 1, "guide_list_max": 3, "category_list_max": 1, "own_list_categories": ("county_seat", "central"),
    "choice_floor": 0.5, "revolving_posts_share": 0.0, "posts_band": 0.1, "attrition_share": 0.1,
    "base_posts_tilt": dict.fromkeys(
        ("county_seat", "central", "key", "characteristic", "general", "subdistrict"), 1
    ),
}  # fmt: skip
"""The policy under which the hand case is worked out, as in `scenarios/hand.toml`."""


@dataclass(frozen=True)
class Source:
    """One thing to choose.

    Attributes:
        path: a scenario file, a workbook or the folder of a case; None: the hand case that is built in.
        title: what the file calls itself; empty where that is not looked up.
    """

    path: Path | None
    title: str = ""

    @property
    def name(self) -> str:
        """What it is called in the list, in the language spoken here."""
        if self.path is None:
            return tr("Built-in small example")
        place = self.path.as_posix()
        return f"{self.title} ({place})" if self.title else place

    def read(self) -> Scenario:
        """Return it as a scenario; a case without a policy is taken under the default one.

        Raises:
            InputError: listing every fault.
        """
        if self.path is None:
            case = synthesise("hand", 0)
            return Scenario(case, title=case.title).replace(policy=HAND_POLICY)
        if self.path.is_dir():
            case = Case.read(self.path)
            return Scenario(case, title=case.title, source=self.path.as_posix(), input_hashes=case.input_hashes)
        return Scenario.read(self.path)


def sources(folder: Path = Path()) -> list[Source]:
    """Return what can be chosen in a working folder: `scenarios/*.toml`, and cases and workbooks in `models/`.

    Scenarios of a country, which take a cluster, and files that are no scenario are left out.
    """
    found = [Source(None)]
    for path in sorted((folder / "scenarios").glob("*.toml")):
        try:
            content, _ = read_toml(path, "a scenario file")
        except InputError:
            continue
        if isinstance(content.get("case"), str):
            found.append(Source(path, str(content.get("title", ""))))
    models = folder / "models"
    found += [Source(path.parent) for path in sorted(models.glob("*/case.toml"))]
    return found + [Source(path) for path in sorted(models.glob(f"*{ENDING}")) if not path.name.startswith("~$")]
