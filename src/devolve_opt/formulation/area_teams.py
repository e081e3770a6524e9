r"""Area teams of one county: the siting problem of `siting.py` with a county's teams, townships and journeys.

A site is a team $s$ at a base $b$, or a team of a township's own; a customer is a township's calls in a field. Each
team is a kind of which one may be open. Service is from one team alone. The cost of a pair is that of its journeys;
what it takes of the team's hours is the called-in work and the journeys:

$c_{ij} = \pi\, 2\, h_{bt}\, n_{tf}\, e$ and $d_{ij} = H_{tf} + 2\, h_{bt}\, n_{tf}\, e$

with $h$ hours one way, $n$ calls, $H$ called-in hours, $e$ `officers_per_call`, $\pi$ `travel_price`; allowed where
$h_{bt} \le$ `travel_hours_max` and the team is for the field or for every field. A team of a township's own makes no
journeys. Unit: staff-hours a year. Source: `Policy.area_teams`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyomo.environ import Constraint, NonNegativeIntegers, Var

from devolve_opt.case import Case
from devolve_opt.formulation.siting import Siting, build_siting, read_siting
from devolve_opt.instruments import AreaTeams, TeamMode
from devolve_opt.rules.area_teams import calls, journey_hours, own_officers, travel_hours
from devolve_opt.team_plan import TeamDecisions


@dataclass(frozen=True, eq=False)
class CountyTeams:
    """The siting problem of one county, and what its sites and customers stand for.

    Attributes:
        siting: the problem; sites in the order of `sites`, customers in that of `calls`.
        sites: columns `team` (blank for a team of a township's own), `base`, `officers`.
        calls: columns `township, field, hours, calls`.
        hours: hours one way from each site to each customer, shape (n, m).
        officers: officers of the county's teams (persons).
    """

    siting: Siting
    sites: pd.DataFrame
    calls: pd.DataFrame
    hours: np.ndarray
    officers: int


def county_teams(case: Case, settings: AreaTeams, county: str, mode: TeamMode) -> CountyTeams:
    """Return the siting problem of a county under a mode."""
    wanted = calls(case, settings, county)
    travel = travel_hours(case, county)
    teams = case.tables["teams"]
    teams = teams[teams["county"] == county]
    blocks = []
    if mode is not TeamMode.ONE_TO_ONE:
        for team, facts in teams.iterrows():
            blocks.append(pd.DataFrame({"base": travel.index, "team": str(team), "officers": int(facts["officers"])}))
    if mode is not TeamMode.AREA:
        own = own_officers(case, settings, county)
        blocks.append(pd.DataFrame({"base": own.index, "team": "", "officers": own.to_numpy()}))
    columns = ["team", "base", "officers"]
    sites = pd.concat(blocks, ignore_index=True)[columns] if blocks else pd.DataFrame(columns=columns)

    at = travel.index.get_indexer(pd.Index(sites["base"]))
    to = travel.index.get_indexer(pd.Index(wanted["township"]))
    hours = travel.to_numpy()[at][:, to]
    own_site = (sites["team"] == "").to_numpy(bool)
    field = np.array([teams["field"].get(team, "") for team in sites["team"]], dtype=str)
    in_field = (field[:, None] == "") | (field[:, None] == wanted["field"].to_numpy(str)[None, :])
    at_home = at[:, None] == to[None, :]
    allowed = np.where(own_site[:, None], at_home, in_field & (hours <= settings.travel_hours_max))
    journeys = journey_hours(settings, wanted["calls"].to_numpy(), np.where(allowed, hours, 0.0))
    each = np.array([teams["hours"].get(team, 0.0) for team in sites["team"]], dtype=float)
    siting = Siting(
        cost=np.where(allowed, settings.travel_price * journeys, np.inf),
        demand=journeys + wanted["hours"].to_numpy(),
        capacity=np.where(own_site, np.inf, sites["officers"].to_numpy(float) * each),
        opening=np.full(len(sites), float(settings.base_opening)),
        kind=_kinds(sites),
        kind_max=np.ones(len(teams) * (mode is not TeamMode.ONE_TO_ONE) + int(own_site.sum()), dtype=np.int64),
    )
    return CountyTeams(siting, sites, wanted, hours, int(teams["officers"].sum()))


def _kinds(sites: pd.DataFrame) -> np.ndarray:
    """Return a number for each team, and one for each team of a township's own."""
    names = sites["team"].where(sites["team"] != "", "\n" + sites["base"].astype("str"))
    return np.asarray(pd.factorize(names)[0], dtype=np.int64)


def build_area_teams(problem: CountyTeams, settings: AreaTeams, mode: TeamMode):
    """Build the model of a county: `build_siting`, the mode, and `added` officers where townships may have own teams.

    The model carries `problem` and `settings`; the objective is the cost in staff-hours a year, to be minimised.
    """
    model = build_siting(problem.siting)
    model.problem, model.settings = problem, settings
    model.own_sites = np.flatnonzero(problem.sites["team"] == "").tolist()
    if mode is TeamMode.ONE_TO_ONE:
        model.own_team_everywhere = Constraint(model.own_sites, rule=own_team_everywhere)
    if model.own_sites:
        most = int(problem.sites["officers"].iloc[model.own_sites].sum())
        model.added = Var(domain=NonNegativeIntegers, bounds=(0, most))
        model.officers_there = Constraint(rule=officers_there)
        model.total_cost.expr = model.total_cost.expr + settings.officer_added * model.added
    return model


def own_team_everywhere(model, site):
    r"""One-to-one, every township has a team of its own: $y_i = 1$ for every such site.

    Unit: teams. Source: `AreaTeams.mode`; the city's report (一对一).
    """
    return model.opened[site] == 1


def officers_there(model):
    r"""Stationed teams and teams of the townships' own have no more officers than the county's teams and those added.

    $\sum_i e_i y_i \le \bar e + a$

    Unit: persons. Source: posts and their holders belong to the county; `AreaTeams.officer_added`.
    """
    officers = model.problem.sites["officers"].tolist()
    needed = sum(officers[site] * model.opened[site] for site in model.sites)
    return needed <= model.problem.officers + model.added


def read_area_teams(model) -> TeamDecisions:
    """Return what a solved model of a county decides.

    What changes no cost is settled here: a township with a team of its own is served by it in every field; calls that
    take no hours go to the stationed team that is nearest; a team that then serves nobody is not stationed.
    """
    problem = model.problem
    opened, served = read_siting(model)
    sites, wanted = problem.sites, problem.calls
    teams = (sites["team"] != "").to_numpy(bool)
    own = sites.loc[(opened > 0) & ~teams, ["base", "officers"]].rename(columns={"base": "township"})
    site = served.argmax(axis=0)
    within = np.isfinite(problem.siting.cost) & ((opened > 0) & teams)[:, None]
    idle = ((wanted["hours"] + wanted["calls"]) == 0).to_numpy(bool) & within.any(axis=0)
    site = np.where(idle, np.where(within, problem.hours, np.inf).argmin(axis=0), site)
    rows = wanted[["township", "field"]].assign(team=sites["team"].to_numpy()[site])
    rows = rows[~rows["township"].isin(own["township"])]
    bases = sites.loc[(opened > 0) & teams & sites["team"].isin(rows["team"]).to_numpy(), ["team", "base"]]
    text = {"bases": bases, "served": rows}
    frames = {name: frame.reset_index(drop=True).astype("str") for name, frame in text.items()}
    own = own.reset_index(drop=True).astype({"township": "str", "officers": "int64"})
    return TeamDecisions(**frames, own=own)
