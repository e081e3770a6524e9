"""The middle of the page: set the caps, solve in the background, watch bound, plan and gap, stop."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any

import streamlit as st

from devolve_opt.app.jobs import Job, State
from devolve_opt.app.session import Session
from devolve_opt.app.shown import failure_text, plain
from devolve_opt.errors import InputError
from devolve_opt.language import Language, speaking, tr
from devolve_opt.policy_caps import FINE, FIRST, Cap, caps_of, changed
from devolve_opt.scenario import Scenario
from devolve_opt.views.wording import percent, phase_named, rounded_up

COLUMNS = 3
MOST_SECONDS = 3600
"""Time limit that may be asked for at most: others wait for the place."""
GAPS = (0.0, 0.001, 0.005, 0.01, 0.05)
EVERY_SECONDS = 1.0
"""How often what is under way is looked at."""


def show_solve(session: Session, scenario: Scenario, wanted: Language) -> None:
    """Show the caps with the button that solves, or how far a solve is."""
    st.subheader(tr("2. Caps"), divider="blue")
    with st.form("caps", border=False):
        with st.expander(tr("Caps of the policy"), expanded=session.run is None):
            values = _caps(session, scenario)
        left, middle, right = st.columns(3, vertical_alignment="bottom")
        gap = left.selectbox(
            tr("Prove to a gap of"), GAPS, index=1, key="gap", format_func=percent
        )  # fmt: skip
        seconds = middle.number_input(
            tr("Time limit (seconds)"), min_value=5, max_value=MOST_SECONDS, value=180, step=30, key="seconds"
        )  # fmt: skip
        pressed = right.form_submit_button(tr("Solve"), type="primary", width="stretch", disabled=session.busy)
    if pressed and not session.busy:
        session.caps[session.place] = values
        try:
            asked = scenario.replace(policy=changed(scenario.policy, values))
        except InputError as error:
            st.error(plain(error))
        else:
            session.solve(asked, gap, float(seconds))
    if session.solving is not None:
        show_job(session.solving, wanted)


def _caps(session: Session, scenario: Scenario) -> dict[str, float]:
    st.caption(
        tr(
            "Defaults marked as assumptions are this software's, not figures of the law or of a report. "
            "Rest the pointer on a question mark for what a cap means."
        )
    )
    caps = caps_of(scenario.policy)
    values = _grid(session, caps[: len(FIRST)])
    with st.expander(tr("Further settings")):
        values |= _grid(session, caps[len(FIRST) :])
    return values


def _grid(session: Session, caps: list[Cap]) -> dict[str, float]:
    values, asked = {}, session.caps.get(session.place, {})
    for start in range(0, len(caps), COLUMNS):
        for column, cap in zip(st.columns(COLUMNS), caps[start : start + COLUMNS], strict=False):
            with column:
                values[cap.key] = _input(cap, asked.get(cap.key, cap.given), f"cap-{session.place}-{cap.key}")
    return values


def _input(cap: Cap, first: float, key: str) -> float:
    """Show one cap and return its value; `first` is what it shows as long as the user has not set another."""
    label = plain(tr("{what} ({unit})", what=cap.name, unit=cap.unit))
    about: dict[str, Any] = {"key": key, "help": plain(f"{cap.meaning} [{cap.key}]")}
    if cap.is_share:
        value = float(st.slider(label, cap.least, cap.most, first, FINE, format="%.3f", **about))
    elif cap.whole:
        value = float(st.number_input(label, int(cap.least), int(cap.most), int(first), 1, **about))
    else:
        most = cap.most if isfinite(cap.most) else None
        value = float(st.number_input(label, cap.least, most, first, **about))
    said = {"default": f"{cap.default:,g}", "source": cap.source}
    st.caption(
        plain(tr("default {default}: an assumption", **said) if cap.assumed else
              tr("default {default}; source: {source}", **said))
    )  # fmt: skip
    return value


def show_job(job: Job[Any], wanted: Language, search: bool = True) -> None:
    """Show how far a job is, or why it came to nothing; what it made is collected as the page is shown anew.

    Args:
        job: what was begun.
        wanted: the language.
        search: whether it is a search with a bound and a plan.
    """
    if job.view().state is State.DONE:  # since this page was begun
        st.rerun()
    elif job.ended:
        show_failure(job)
    else:
        live(job, wanted, search)


def show_failure(job: Job[Any]) -> None:
    """Show why a job came to nothing."""
    if job.view().state is State.GIVEN_UP:
        st.warning(tr("Stopped before it had begun."))
    elif job.error is not None:
        st.error(plain(failure_text(job.error)))


@st.fragment(run_every=EVERY_SECONDS)
def live(job: Job[Any], wanted: Language, search: bool = True) -> None:
    """Show how far a job is, again and again, with a button that stops it; the page is shown anew once it has ended.

    Args:
        job: what is under way.
        wanted: the language; a part that is run by itself has none yet.
        search: whether it is a search with a bound and a plan.
    """
    # Everything within one block, so that what stands there is replaced and not added to.
    with speaking(wanted), st.container(border=True, key="live"):
        view = job.view()
        if job.ended:
            st.rerun()
        if view.state is State.WAITING:
            st.info(tr("Waiting for a place: {ahead} before you. It begins by itself.", ahead=view.ahead))
        elif search:
            _figures(view.step.phase, view.seconds, view.step.objective, view.step.bound, view.step.gap)
        else:
            st.info(tr("Solving it otherwise: {seconds:.0f} s so far.", seconds=view.seconds))
        known = isfinite(view.step.objective)
        words = tr("Stop and keep the best plan so far") if search and known else tr("Stop")
        if st.button(words, key="stop", disabled=view.stopping, type="primary"):
            job.stop()
        if view.stopping:
            st.caption(tr("Stopping ..."))


def _figures(phase: str, seconds: float, plan: float, bound: float, gap: float) -> None:
    unknown = "–"
    st.caption(tr("{phase}, {seconds:.0f} s", phase=phase_named(phase), seconds=seconds))
    shown = (
        (tr("Bound (staff-hours a year)"), f"{rounded_up(bound):,.0f}" if isfinite(bound) else unknown),
        (tr("Best plan so far (staff-hours a year)"), f"{plan:,.0f}" if isfinite(plan) else unknown),
        (tr("Gap"), percent(gap) if gap < inf else unknown),
    )
    for column, (label, value) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value)
