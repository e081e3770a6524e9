"""A duty that is only proposed: what its file says, checked against a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError, did_you_mean, listed
from devolve_opt.language import tr
from devolve_opt.scenario import read_toml
from devolve_opt.settings import Settings, settings_faults
from devolve_opt.vocabulary import Category


class ProposedDuty(Settings):
    """A duty that the county or the city would lay on townships.

    Attributes:
        name: what it is called.
        hours: staff-hours a year in each township.
        hours_per_1000: further staff-hours a year for each 1,000 registered people.
        officer_hours: officer-hours a year; part of the hours.
        powers: ids of the powers it takes.
        townships, categories: where it would be laid; everywhere if neither is given.
    """

    name: str = Field(min_length=1)
    hours: float = Field(strict=True, ge=0, le=1_000_000)
    hours_per_1000: float = Field(0.0, strict=True, ge=0, le=100_000)
    officer_hours: float = Field(0.0, strict=True, ge=0, le=1_000_000)
    powers: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()

    def laid_on(self, case: Case) -> list[str]:
        """Return the ids of the townships it would be laid on, in the order of the case."""
        towns = case.tables["townships"]
        if self.categories:
            return list(towns.index[towns["category"].isin([str(name) for name in self.categories])])
        return list(towns.index[towns.index.isin(self.townships)] if self.townships else towns.index)

    def faults(self, case: Case, file: str = "") -> list[Fault]:
        """Return what is wrong with it in this case."""
        found = []
        if self.officer_hours > self.hours:
            message = tr("is more than the hours, of which it is a part; correct one of them.")
            found.append(Fault(message, file=file, column="officer_hours", value=f"{self.officer_hours:g}"))
        for key in ("powers", "townships"):
            names = getattr(self, key)
            found += _unknown(names, case.tables[key].index, key, file)
            twice = [name for name, number in Counter(names).items() if number > 1]
            message = tr("stands twice; leave one out.")
            found += listed(
                twice,
                lambda name, key=key, message=message: Fault(message, file=file, column=key, value=name),  # type: ignore[misc]
            )
        for key in ("townships", "categories"):
            if key in self.model_fields_set and not getattr(self, key):
                message = tr("is empty; name some, or leave the key out for a duty that is laid everywhere.")
                found.append(Fault(message, file=file, column=key))
        if self.townships and self.categories:
            found.append(Fault(tr("stands beside townships; give one of the two."), file=file, column="categories"))
        elif not found and not self.laid_on(case):
            found.append(Fault(tr("no township of the case is of these; name others."), file=file, column="categories"))
        return found


def read_duty(path: str | Path, case: Case) -> ProposedDuty:
    """Read the file of a proposed duty (TOML: `name`, `hours` and, if wanted, the other attributes).

    Raises:
        InputError: listing every fault of the file, unknown powers and townships too.
    """
    path = Path(path)
    content, _ = read_toml(path, tr("the file of a duty"))
    try:
        duty = ProposedDuty(**content)
    except ValidationError as error:
        faults = settings_faults(ProposedDuty, error, file=path.name)
        for key in ("powers", "townships"):
            faults += _unknown(_words(content.get(key)), case.tables[key].index, key, path.name)
        raise InputError(faults) from None
    faults = duty.faults(case, path.name)
    if faults:
        raise InputError(faults)
    return duty


def _unknown(names: Iterable[str], known: Iterable[str], key: str, file: str) -> list[Fault]:
    words = {str(word): None for word in known}
    return listed(
        [name for name in names if name not in words],
        lambda name: Fault(
            tr("is no id of the table {key}.{near}", key=key, near=did_you_mean(name, words)),
            file=file, column=key, value=name,
        ),
    )  # fmt: skip


def _words(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
