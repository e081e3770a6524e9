"""Elections in PabuLib's format (`.pb`): read as scenarios, and a scenario's choices written as one.

A project is a power, a voter a township without a category list, a project's cost the hours of a listed power, the
budget the cap on these. Every voter of a listed project is served, so that a plan is worth the approvals of what it
lists, at one staff-hour each; nothing else counts. The ratio rule's plan is then the greedy rule of most approvals
first. Files are written with pabutools (`pip install 'devolve-opt[elections]'`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError, listed
from devolve_opt.language import tr
from devolve_opt.policy import Policy
from devolve_opt.reading.pabulib import SECTIONS, SEPARATING, Project, read_pabulib
from devolve_opt.rules.legality import eligible_powers
from devolve_opt.scenario import Scenario
from devolve_opt.vocabulary import Category

ENDING = ".pb"
_EVEN = dict.fromkeys(map(str, Category), 1.0)


def _pabutools() -> Any:
    try:
        return import_module("pabutools.election")
    except ImportError as error:
        message = tr("writing .pb takes pabutools: pip install 'devolve-opt[elections]'.")
        raise InputError([Fault(message)]) from error


def read_election(path: str | Path) -> Scenario:
    """Read a PabuLib file with approval ballots as a scenario.

    Its best plan lists the projects that get most approvals within the budget; `objective` is their number.

    Raises:
        InputError: if the file is no PabuLib file, its ballots are no approvals, or it names what it does not hold.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        message = tr("cannot be read ({error}).", error=error.strerror or error)
        raise InputError([Fault(message, file=str(path))]) from error
    election, faults = read_pabulib(content, path.name)
    if faults:
        raise InputError(faults)
    approvals = Counter(project for ballot in election.ballots.values() for project in ballot)
    projects = sorted(election.projects.values(), key=lambda project: (-approvals[project.id], project.id))
    description = election.meta.get("description", "").strip() or path.stem
    provenance = f"An election in PabuLib's format, {path.name}: {description}"
    try:
        tables = _tables(projects, election.ballots)
        case = Case.from_tables(tables, title=description, provenance=provenance, synthetic=False)
        policy = _policy(len(projects), float(election.budget))
    except InputError as error:
        # Such as an id of more characters than an id may have.
        raise InputError([
            replace(fault, file=f"{path.name}: {fault.file}" if fault.file else path.name) for fault in error.faults
        ]) from None  # fmt: skip
    return Scenario(case, policy, description, {}, str(path), {path.name: sha256(content).hexdigest()})


def _tables(projects: Sequence[Project], ballots: Mapping[str, list[str]]) -> dict[str, pd.DataFrame]:
    ids, voters = [project.id for project in projects], list(ballots)
    chosen = [
        {"township": voter, "power": project, "round_1": False, "round_2": False, "round_3": True}
        for voter, ballot in ballots.items() for project in sorted(ballot)
    ]  # fmt: skip
    town: dict[str, Any] = {
        "county": "C", "category": str(Category.GENERAL), "population": 1, "area_km2": 1.0, "gdp": 1.0,
        "fiscal_revenue": 1.0, "posts": 1, "staff_in_post": 1, "certified_officers": 0, "statutory_hours": 0.0,
        "joint_cases": 0.0,
    }  # fmt: skip
    power: dict[str, Any] = {
        "type": "other", "field": "F", "in_directory": True, "simple_hours": 0.0, "ordinary_hours": 0.0,
        "upkeep_hours": 0.0,
    }  # fmt: skip
    names, costs = [project.name for project in projects], [float(project.cost) for project in projects]
    powers = pd.DataFrame({"id": ids, "name": names, "listing_hours": costs}).assign(**power)
    columns = ["township", "power", "round_1", "round_2", "round_3"]
    return {
        "counties": pd.DataFrame({"id": ["C"], "name": ["C"]}),
        "townships": pd.DataFrame({"id": voters, "name": voters}).assign(**town).set_index("id"),
        "fields": pd.DataFrame(
            {"id": ["F"], "name": ["F"], "readiness_hours": [0.0], "needs_officers": [False]}
        ).set_index("id"),
        "powers": powers.set_index("id"),
        "votes": pd.DataFrame(chosen, columns=columns),
        "cases": pd.DataFrame(columns=["township", "power", "cases"]),
        "readiness": pd.DataFrame({"township": voters, "field": "F"}),
    }


def _policy(projects: int, budget: float) -> Policy:
    """Return a policy in which nothing but the budget binds, and an approval is worth one staff-hour."""
    nothing = dict.fromkeys(
        ("case_near_home", "choice_shortfall", "readiness", "county_support", "post_moved", "officer_trained",
         "officer_moved"), 0.0,
    )  # fmt: skip
    return Policy(
        base_list_max=projects, guide_list_max=projects, new_powers_max=projects, own_list_categories=(),
        listing_hours_max=budget, base_share_min=1e-12, hearing_powers_stay=False, choice_floor=0.0, officers_min=0,
        officers_per_field=0, attrition_share=0.0, posts_moved_max=0, base_posts_share=1.0, base_posts_tilt=_EVEN,
        revolving_posts_share=0.0, prices={"choice_met": 1.0, **nothing},
    )  # fmt: skip


def election_text(scenario: Scenario) -> str:
    """Return a scenario's choices of the last round as an election in PabuLib's format, with approval ballots.

    The projects are the powers that may be handed down. They cost the hours of a listed power, and the budget is the
    cap on these; without a cap each costs 1, and the budget is the number of powers on the guide list. Townships that
    chose none of them have no ballot.

    Raises:
        InputError: if pabutools is not installed, or the format cannot hold an id.
    """
    pabutools = _pabutools()
    case, policy = scenario.data, scenario.policy
    powers = case.tables["powers"].loc[eligible_powers(case, policy)]
    _refuse_separating({"powers": powers.index, "townships": case.voting_townships})
    most = policy.listing_hours_max
    projects = {
        str(power): pabutools.Project(str(power), 1 if most is None else _exactly(hours))
        for power, hours in powers["listing_hours"].items()
    }
    budget = Fraction(policy.guide_list_max) if most is None else _exactly(most)
    instance = pabutools.Instance(projects.values(), budget_limit=budget)
    votes = case.tables["votes"]
    votes = votes[votes["round_3"] & votes["power"].isin(projects) & votes["township"].isin(case.voting_townships)]
    ballots = [
        pabutools.ApprovalBallot([projects[power] for power in group["power"]], meta={"voter_id": str(township)})
        for township, group in votes.groupby("township", sort=False)
    ]
    notice = f" {case.notice}" if case.notice else ""
    title, unit = _in_a_cell(scenario.title), _in_a_cell(case.title)
    instance.meta = {
        "description": f"{title}{notice}", "country": "China", "unit": unit, "instance": title,
        "num_projects": str(len(projects)), "num_votes": str(len(ballots)), "budget": str(float(budget)),
        "vote_type": "approval", "rule": "unknown",
    }  # fmt: skip
    return str(pabutools.pabulib.election_as_pabulib_string(instance, pabutools.ApprovalProfile(ballots)))


def _refuse_separating(ids: Mapping[str, pd.Index]) -> None:
    """Refuse ids that would be read as several, or as the begin of a section."""
    words = (*SECTIONS, "none")
    wrong = [
        (table, str(name)) for table, names in ids.items() for name in names
        if set(str(name)) & set(SEPARATING) or str(name).lower() in words
    ]  # fmt: skip
    if wrong:
        message = tr("cannot stand in PabuLib's format, where it would be read as something else; give another id.")
        raise InputError(listed(wrong, lambda each: Fault(message, file=each[0], column="id", value=each[1])))


def _in_a_cell(text: str) -> str:
    """Return a text without what would end its cell."""
    return " ".join("".join(" " if mark in SEPARATING else mark for mark in text).split())


def _exactly(number: float) -> Fraction:
    """Return the decimal number that was meant."""
    return Fraction(str(number))
