"""What a rerun says: whether the same plan came out, and whether both can be right."""

from __future__ import annotations

from devolve_opt.language import tr
from devolve_opt.studies.rerunning import Rerun
from devolve_opt.views.wording import count, notice_lines, worth_line


def rerun_text(found: Rerun) -> str:
    """Return whether a run came out the same, what differs, and with which software."""
    lines = [found.plan.scenario.title, *notice_lines(found.plan.scenario.case), ""]
    lines += [tr("Then: {worth}", worth=worth_line(found.before)), tr("Now: {worth}", worth=worth_line(found.plan)), ""]
    if found.same:
        lines.append(tr("The same: every decision is as it was."))
    elif found.agrees:
        lines.append(
            tr("Another plan, and both can be right: neither is worth more than what the other run proved possible.")
        )
    else:
        lines.append(
            tr("THE RUNS CONTRADICT EACH OTHER: a plan is worth more than what the other run proved possible.")
        )
        lines.append(tr("Please report this, with both folders."))
    for row in found.differences.to_dict("records"):
        rows = {"before": count(row["before"], "row"), "now": count(row["now"], "row")}
        lines.append(tr("  {part}: {before} only then, {now} only now", part=row["part"], **rows))
    if not found.same and found.agrees:
        lines.append(
            tr("The search ends at a gap, keeps several processes busy and minds the clock; plans may differ.")
        )
    lines.append("")
    if found.versions:
        lines.append(tr("Software that is another one now:"))
        lines += [
            tr("  {name}: {then} then, {now} now", name=name, then=then, now=now)
            for name, (then, now) in found.versions.items()
        ]
    else:
        lines.append(tr("The software is the same."))
    return "\n".join(lines) + "\n"
