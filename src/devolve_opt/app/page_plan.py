"""The lower part of the page: a plan with its proof, tables, figures, the run before it, why, what to take."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pandas as pd
import streamlit as st

from devolve_opt.app.jobs import Job, State
from devolve_opt.app.page_case import XLSX
from devolve_opt.app.page_solve import show_failure, show_job
from devolve_opt.app.session import Papers, Run, Session
from devolve_opt.app.shown import (
    asked_otherwise,
    figures_compared,
    lists_changed,
    names_of,
    plain,
    readable,
    townships_changed,
    verdict,
)
from devolve_opt.errors import InputError
from devolve_opt.language import Language, chosen, speaking, tr
from devolve_opt.views.explanation import explanation_text
from devolve_opt.views.fonts import missing_font
from devolve_opt.views.plan_workbook import PLAN_WORKBOOK, SHEETS
from devolve_opt.views.report import CAPTIONS
from devolve_opt.views.wording import short_status, status_lines, worth_line

REPORT = "report.html"
FORMATS = {"whole": "localized", "number": "localized", "share": "percent"}
"""How Streamlit shows the numbers of a column."""
EVERY_SECONDS = 1.0


def show_proof(run: Run, of_what_is_chosen: bool = True) -> None:
    """Show what the plan is, how far it is proven, and whether its data are invented; it stays in sight."""
    plan = run.plan
    if not of_what_is_chosen:
        st.warning(tr("This plan is of another case than the one that is chosen now, which is not solved yet."))
    with st.container(border=True):
        notice = plan.scenario.case.notice
        told = f":red[**{plain(notice)}**]  " if notice else ""
        title = plain(tr("Run {number} of this session: {title}", number=run.number, title=plan.scenario.title))
        st.markdown(f"{told}**{title}**  \n{plain(' '.join([worth_line(plan), *status_lines(plan)]))}")


def show_plan(session: Session, run: Run, wanted: Language) -> None:
    """Show a plan in parts."""
    st.subheader(tr("3. The plan"), divider="blue")
    parts: dict[str, Callable[[], None]] = {
        tr("Lists"): lambda: _tables(run, "guide_list", "list_changes", "exclusions"),
        tr("Take-up"): lambda: _tables(run, "choices", "take_up", "declined"),
        tr("Posts"): lambda: _tables(run, "posts"),
        tr("Officers"): lambda: _tables(run, "officers", "readiness", "workload"),
        tr("Worth and caps"): lambda: _tables(run, "terms", "caps", "stations", "duties"),
        tr("Figures"): lambda: _figures(session, run, wanted),
        tr("Compare"): lambda: _compared(session),
        tr("Why?"): lambda: _why(session, run, wanted),
        tr("Take along"): lambda: _downloads(session, run, wanted),
    }
    for tab, part in zip(st.tabs(list(parts)), parts.values(), strict=True):
        with tab:
            part()


def _tables(run: Run, *names: str) -> None:
    for name in names:
        frame = run.tables.get(name)
        if frame is None or frame.empty:
            continue
        st.markdown(f"**{plain(chosen(SHEETS[name][0], SHEETS[name][1].capitalize()))}**")
        shown, formats = readable(name, frame)
        _frame(shown, formats)
    _foot(run)


def _frame(shown: pd.DataFrame, formats: dict[str, str] | None = None) -> None:
    columns = {
        head: st.column_config.NumberColumn(format=FORMATS[kind])
        for head, kind in (formats or {}).items() if kind in FORMATS and pd.api.types.is_numeric_dtype(shown[head])
    }  # fmt: skip
    st.dataframe(shown, hide_index=True, width="stretch", column_config=columns)


def _foot(run: Run) -> None:
    notice = run.plan.scenario.case.notice
    st.caption(plain("; ".join(filter(None, [notice, short_status(run.plan)]))))


def _papers(session: Session, run: Run, wanted: Language) -> Papers | None:
    """Return what is written of a run; None while it is being written, or where that failed, which is shown."""
    job = session.papers(run)
    if job.view().state is State.DONE:
        return job.result
    if job.ended:
        show_failure(job)
        if st.button(tr("Try again"), key=f"papers-{run.number}-{wanted}"):
            session.papers(run, anew=True)
            st.rerun()
        return None
    _until_written(job, wanted)
    return None


@st.fragment(run_every=EVERY_SECONDS)
def _until_written(job: Job[Papers], wanted: Language) -> None:
    with speaking(wanted):
        if job.ended:
            st.rerun()
        st.info(tr("Tables, figures and the report are being written ..."))


def _figures(session: Session, run: Run, wanted: Language) -> None:
    papers = _papers(session, run, wanted)
    if told := missing_font():
        st.warning(told)
    for name, picture in ({} if papers is None else papers.figures).items():
        title = tr(CAPTIONS[name]) if name in CAPTIONS else name.replace("_", " ")
        st.image(BytesIO(picture), caption=plain(title), width="stretch")
    _foot(run)


def _downloads(session: Session, run: Run, wanted: Language) -> None:
    papers = _papers(session, run, wanted)
    if papers is not None:
        st.download_button(
            tr("Plan as a workbook (plan.xlsx)"), papers.workbook, file_name=PLAN_WORKBOOK, mime=XLSX,
            on_click="ignore", type="primary",
        )  # fmt: skip
        st.download_button(
            tr("Report as one page (report.html)"), papers.report, file_name=REPORT, mime="text/html",
            on_click="ignore", type="primary",
        )  # fmt: skip
        st.caption(tr("The report holds everything within itself and loads nothing; any browser opens and prints it."))
    _foot(run)


def _compared(session: Session) -> None:
    if len(session.runs) < 2:
        st.info(tr("Solve once more, with other caps, and the two runs stand side by side here."))
        return
    previous, last = session.runs
    st.markdown(f"**{plain(verdict(previous, last))}**")
    for words, run in ((tr("previous run"), previous), (tr("this run"), last)):
        st.caption(plain(f"{words}: {run.plan.scenario.title}; {worth_line(run.plan)} {short_status(run.plan)}"))
    _frame(figures_compared(previous, last))
    try:
        parts = (
            (tr("What was asked otherwise"), asked_otherwise(previous, last)),
            (tr("Powers on other lists"), lists_changed(previous, last)),
            (tr("Townships that gain or lose (this run against the previous one)"), townships_changed(previous, last)),
        )
    except InputError:
        st.info(tr("The runs are of different places: nothing can be held against each other."))
        return
    for title, frame in parts:
        st.markdown(f"**{plain(title)}**")
        if frame.empty:
            st.caption(tr("no difference"))
        else:
            _frame(frame)
    _foot(last)


def _why(session: Session, run: Run, wanted: Language) -> None:
    st.caption(
        tr(
            "Choose a township and a power: why it takes the power or not, and what would turn that. A township alone: "
            "its posts and officers; a power alone: its lists. The answer is solved, not guessed."
        )
    )
    case = run.plan.scenario.data
    left, right = st.columns(2)
    towns, powers = names_of(case.townships), names_of(case.powers)
    none = tr("Choose, or type a name")
    town = left.selectbox(
        tr("Township"), list(towns), index=None, format_func=towns.__getitem__, placeholder=none,
        key=f"town-{run.place}",
    )  # fmt: skip
    power = right.selectbox(
        tr("Power"), list(powers), index=None, format_func=powers.__getitem__, placeholder=none,
        key=f"power-{run.place}",
    )  # fmt: skip
    question = (town, power)
    if st.button(tr("Ask why"), disabled=session.busy or question == (None, None), type="primary"):
        session.ask(run, question)
    if session.asking is not None:
        show_job(session.asking, wanted, search=False)
    answer = run.answers.get(question)
    if answer is not None:
        st.code(explanation_text(answer), language=None, wrap_lines=True)
    _foot(run)
