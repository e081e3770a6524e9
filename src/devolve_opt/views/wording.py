"""How far a plan is proven, and figures in words: said the same way in the summary and under every figure."""

from __future__ import annotations

import math
from typing import Any

from devolve_opt.case import Case
from devolve_opt.language import chosen, joined, language, tr
from devolve_opt.plan import Plan
from devolve_opt.policy_caps import NAMES
from devolve_opt.schema import Output, columns_named, result_words
from devolve_opt.studies.options import AGREEMENT
from devolve_opt.studies.ranges import DATA, PRICE
from devolve_opt.vocabulary import BASE_LIST, CHINESE, Method, Status, label

HOURS = "staff-hours a year"
"""The unit of every worth; shown as `tr(HOURS)`."""


def plan_name(plan: Plan) -> str:
    """Return what a plan is called beside others: `ratio rule` or `this plan`."""
    return tr("ratio rule") if plan.method is Method.RATIO else tr("this plan")


def own_name(plan: Plan) -> str:
    """Return what a plan is called in its own figures: `this plan`, which may be the ratio rule's."""
    return tr("ratio rule (this plan)") if plan.method is Method.RATIO else tr("this plan")


def rounded_up(value: float, digits: int = 0) -> float:
    """Round away from the better side, so that a stated bound or gap is never smaller than the true one."""
    scale = 10**digits
    return math.ceil(value * scale - 1e-6) / scale


def rounded_down(value: float, digits: int = 0) -> float:
    """Round away from the worse side, so that what is stated as proven at least is never more than is proven."""
    scale = 10**digits
    return math.floor(value * scale + 1e-6) / scale


def percent(share: float) -> str:
    """Return a share as a percentage with two digits, rounded up: a gap is never told smaller than it is."""
    return f"{rounded_up(100 * share, 2):.2f} %" if math.isfinite(share) else tr("unbounded")


def share(value: float) -> str:
    """Return a share as a whole percentage: `90 %`."""
    return f"{100 * value:.0f} %"


def count(number: float, noun: str, plural: str = "") -> str:
    """Return a whole number with its noun: `1 power`, `1,204 powers`; in Chinese by the noun's entry `{n} power`."""
    if language() == "zh":
        return tr("{n} " + noun, n=f"{number:,.0f}")
    return f"{number:,.0f} {noun if round(number) == 1 else plural or noun + 's'}"


def word_of(code: str) -> str | None:
    """Return a code of the results or of the vocabulary in words, in the language spoken here; None if it is none."""
    if code in result_words():
        return chosen(*result_words()[code])
    return label(code) if code in CHINESE else None


def heading_of(words: Output) -> str:
    """Return the heading of a column of results in the language spoken here; in English with its unit."""
    return chosen(words.chinese, f"{words.english} ({words.unit})" if words.unit else words.english)


def named(code: str) -> str:
    """Return a code of the results or of the vocabulary as it is, in Chinese by its name."""
    return str(code) if language() == "en" else word_of(code) or str(code)


def worded(code: str) -> str:
    """Return a code in words: in English as `label` does, in Chinese as `named` does."""
    return label(code) if language() == "en" else named(code)


def setting_named(setting: str) -> str:
    """Return what a cap, a price (hours) or a factor on a column of data is called: its key, in Chinese its words."""
    if setting.startswith(DATA):
        [column] = columns_named(setting.removeprefix(DATA))
        return f"{chosen(column.chinese, column.name)} ×"
    key = setting.removeprefix(PRICE)
    name = chosen(tr(NAMES[key]) if key in NAMES else worded(key), key)
    return tr("price of {name} (h)", name=name) if setting.startswith(PRICE) else name


def setting_in_text(setting: str) -> str:
    """Return a setting as a text names it: as it is asked for, in Chinese after its words."""
    return chosen(f"{setting_named(setting)}（{setting}）", setting)


def notice_lines(case: Case) -> list[str]:
    """Return the line that stands at the head of every text on invented data; nothing for real ones."""
    return [tr("*** {notice}: INVENTED PLACES AND FIGURES ***", notice=case.notice)] if case.notice else []


def list_named(name: str) -> str:
    """Return the name of a list, a category's, `base` or `guide`; in Chinese 中心镇清单, 基础清单 or 指导清单."""
    if language() != "zh":
        return name
    return {"guide": "指导清单", BASE_LIST: label(BASE_LIST)}.get(name, f"{label(name)}清单")


PHASES = {
    "start": "开始", "area teams": "片区执法队", "ratio rule": "按比例法", "build": "建立模型",
    "any solution": "初始解", "relaxation": "松弛", "rounding": "取整", "lists": "选定清单", "townships": "安排乡镇",
    "proof": "证明", "conflict": "最少放宽", "clashes": "冲突规则", "remedies": "可行调整",
    "audited": "已核验",
}  # fmt: skip
"""Phases of a run, as steps carry them, each with its name in Chinese."""


def phase_named(phase: str) -> str:
    """Return a phase of a run as it is told: the word that steps carry, in Chinese its name."""
    return chosen(PHASES.get(phase, phase), phase)


def signed(value: float) -> str:
    """Return a whole number with its sign, 0 without: `+1,204`, `-3`, `0`."""
    return "0" if round(value) == 0 else f"{value:+,.0f}"


def worth_line(plan: Plan) -> str:
    """Return what a plan is worth, its bound and its gap, as they stand in its record."""
    bound = f"{rounded_up(plan.bound):,.0f}" if math.isfinite(plan.bound) else tr("not known")
    return tr(
        "worth {worth:,.0f} staff-hours a year (bound {bound}, gap {gap}).",
        worth=plan.objective, bound=bound, gap=percent(plan.gap),
    )  # fmt: skip


def proof_record(plan: Plan) -> dict[str, Any]:
    """Return method, status, objective, bound and gap for a record; None for what is not known."""
    return {
        "method": str(plan.method),
        "status": str(plan.status),
        "objective": plan.objective,
        "bound": plan.bound if math.isfinite(plan.bound) else None,
        "gap": plan.gap if math.isfinite(plan.gap) else None,
    }


def short_status(plan: Plan) -> str:
    """Return status and gap in a few words, for the foot of a figure; added rules belong to what is proven."""
    added = plan.options.get("added_rules")
    return (
        tr("{status} (with added rules: {names})", status=_state(plan), names=joined(added)) if added else _state(plan)
    )


def _state(plan: Plan) -> str:
    if plan.bound == -math.inf:
        return tr("no plan can keep every rule")
    if plan.audit.breaches:
        return tr("breaks rules")
    if not math.isfinite(plan.bound):
        return tr("nothing is proven: no bound is known")
    goals = tr("; its goals are NOT proven") if goals_not_proven(plan) else ""
    if plan.status is Status.PROVEN or (goals and plan.gap <= plan.options.get("gap", 0.0) + AGREEMENT):
        best = tr("proven best") if plan.gap == 0 else tr("proven within {gap}", gap=percent(plan.gap))
        return best + goals
    return tr("{state}; {gap} NOT proven away", state=tr(STATES[plan.status]), gap=_gap(plan)) + goals


def goals_not_proven(plan: Plan) -> list[str]:
    """Return the goals that may reach more than what the plan was held to, by their terms."""
    return [goal["term"] for goal in plan.options.get("goals", []) if not goal["proven"]]


def status_lines(plan: Plan) -> list[str]:
    """Return status, bound and gap as sentences that claim no more than is proven."""
    opening = tr(STATES[plan.status])
    opening = opening[0].upper() + opening[1:]
    if plan.bound == -math.inf:
        return [tr("{opening}. It is proven that no plan can keep every rule of this scenario.", opening=opening)]
    if not math.isfinite(plan.bound):
        return [
            tr("{opening}. Nothing is proven: no bound is known, and a much better plan may exist.", opening=opening)
        ]
    said = {
        "opening": opening,
        "gap": _gap(plan),
        "bound": f"{rounded_up(plan.bound):,.0f}",
        "more": f"{rounded_up(max(0.0, plan.bound - plan.objective)):,.0f}",
    }
    if plan.audit.breaches:
        broken = tr(
            "{opening}. It breaks rules; no plan that keeps them is worth more than {bound} staff-hours a year.", **said
        )
        return [broken]
    said["those"] = tr("plan that reaches its goals") if plan.scenario.policy.goals else tr("plan of this scenario")
    if plan.options.get("added_rules"):
        said["those"] = tr("plan that keeps the added rules as well")
    goals = [tr("That {term} cannot reach more is NOT proven.", term=named(term)) for term in goals_not_proven(plan)]
    # Where the goals alone are open, the rest of the worth is proven all the same.
    if plan.status is Status.PROVEN or (goals and plan.gap <= plan.options.get("gap", 0.0) + AGREEMENT):
        if plan.gap == 0:
            return [tr("Proven best: no {those} is worth more.", **said), *goals]
        said["gap"] = percent(plan.gap)
        return [
            tr("Proven within {gap}: no {those} is worth more than {bound} staff-hours a year.", **said),
            tr("That is at most {more} more than this plan.", **said),
            *goals,
        ]
    may = tr("A plan worth up to {more} more may exist; none is worth more than {bound} staff-hours a year.", **said)
    if plan.status is Status.RULE:
        return [f"{tr('{opening}.', **said)} {may}"]
    return [tr("{opening}: {gap} is NOT proven away.", **said), may, *goals]


STATES = {
    Status.PROVEN: "proven",
    Status.TIME_LIMIT: "time was up",
    Status.INTERRUPTED: "stopped by the user",
    Status.SOLVER_FAILED: "the solver broke down",
    Status.RULE: "made by the ratio rule, not optimised",
}
"""How each status is told; shown as `tr(STATES[status])`."""


def _gap(plan: Plan) -> str:
    # Of a plan that is worth nothing, no gap is a percentage.
    return tr("a gap of {gap}", gap=percent(plan.gap)) if math.isfinite(plan.gap) else tr("the gap")
