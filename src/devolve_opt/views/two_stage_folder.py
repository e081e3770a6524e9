"""Guide lists over futures as files beside those of a study of robustness."""

from __future__ import annotations

import math
from pathlib import Path

from devolve_opt.language import joined, tr
from devolve_opt.plan import relative_gap
from devolve_opt.studies.two_stage import MEASURES, PLAN, TwoStage, list_called, list_in_words
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.two_stage import two_stage_figure
from devolve_opt.views.wording import count, percent, rounded_down, rounded_up


def write_two_stage(found: TwoStage, folder: str | Path) -> Path:
    """Write guide lists over futures; each file is complete or is not there.

    Args:
        found: what `two_stage` returned.
        folder: where; `lists`, `list_values` and, by measure, `best_list_mean` and `best_list_cvar` (which go into a
            case as its `guide_list`), where posts are held `best_posts_mean` and `best_posts_cvar` (its
            `posts_in_force`), as CSV and Parquet, `lists.txt`, `lists.png` and `lists.svg` are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = two_stage_text(found), two_stage_figure(found)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "lists", found.lists)
        write_table(folder / "list_values", found.values)
        for measure in MEASURES:
            for old in (*folder.glob(f"best_list_{measure}.*"), *folder.glob(f"best_posts_{measure}.*")):
                old.unlink()
            if (best := found.best(measure)) is not None:
                write_table(folder / f"best_list_{measure}", found.guide_lists[best])
                if best in found.posts:
                    write_table(folder / f"best_posts_{measure}", found.posts[best])
        write_bytes(folder / "lists.txt", text.encode())
        write_figure(folder / "lists", figure)
    return folder


def two_stage_text(found: TwoStage) -> str:
    """Return which list is worth most by each measure, what it gains on the plan's, and how far that is proven."""
    study = found.robustness
    futures, wanted = int(found.values["future"].nunique()), study.wanted
    lines = [study.scenario.title, *([study.scenario.case.notice] if study.scenario.case.notice else []), ""]
    lines.append(
        tr(
            "Which list to decide now: {lists} (the plan's and the futures' own) in {known} of {futures}, seed {seed}.",
            lists=count(len(found.guide_lists), "list"), known=futures, futures=count(wanted, "future"),
            seed=study.seed,
        )
    )  # fmt: skip
    if found.posts:
        lines.append(tr("With each list its posts are decided now and held; officers and take-up follow the future."))
    if not found.finished:
        lines.append(tr("Not complete: some list has not been solved in every future; none is ranked."))
        return "\n".join(lines) + "\n"
    for measure, words in MEASURES.items():
        best, bound = found.best(measure), found.bounds[measure]
        when = tr(words).capitalize()
        if best is None:
            lines.append(tr("{when}: no list is known to have a plan in every future.", when=when))
            continue
        worth = float(found.lists.set_index("list")[f"{measure}_worth"][best])
        said = {"when": when, "list": list_in_words(best), "worth": worth}
        lines.append(tr("{when}: {list} is worth most of those tried, {worth:,.0f} staff-hours a year;", **said))
        most = {"bound": rounded_up(bound), "more": percent(relative_gap(worth, bound)) if worth > 0 else ""}
        lines.append(
            tr("  no guide list is worth more than {bound:,.0f} over these futures ({more} more).", **most)
            if worth > 0
            else tr("  no guide list is worth more than {bound:,.0f} over these futures.", **most)
        )
        if best != PLAN:
            lines.append(f"  {_against_the_plan(found, measure)}")
    left_out = found.lists[found.lists["mean_worth"].isna()]["list"].tolist()
    if left_out:
        names = joined(list_called(name) for name in left_out)
        lines.append(tr("Without a plan or a bound in some future, and so not ranked: {lists}.", lists=names))
    return "\n".join(lines) + "\n"


def _against_the_plan(found: TwoStage, measure: str) -> str:
    least, most = found.gain(measure)
    if not math.isfinite(most):
        return tr("The plan's own list has no plan or no bound in some future.")
    ends = {"least": rounded_down(least), "most": rounded_up(most)}
    if ends["least"] > 0:
        return tr("That is {least:,.0f} to {most:,.0f} more than the plan's own list.", **ends)
    return tr("That is at most {most:,.0f} more than the plan's own list; not proven that it is more.", **ends)
