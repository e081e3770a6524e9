"""The page of the app as a whole: the language, what is chosen, the notice, and the parts below."""

from __future__ import annotations

import streamlit as st

from devolve_opt.app.page_case import choose_case, show_faults
from devolve_opt.app.page_plan import show_plan, show_proof
from devolve_opt.app.page_solve import show_solve
from devolve_opt.app.session import Session
from devolve_opt.app.shown import plain
from devolve_opt.language import LANGUAGES, Language, language, speaking, tr

SESSION, LANGUAGE = "session", "language"
"""Keys of what Streamlit keeps of a session: nothing of it is shared with another one."""
NAMES: dict[Language, str] = {"zh": "中文", "en": "English"}
STYLE = """<style>
div:has(> .st-key-proof) { position: sticky; top: 3.75rem; z-index: 90; }
.st-key-proof { background: white; }
[data-testid="stMainBlockContainer"] { padding: 4rem 2rem 3rem; }
@media (min-width: 1500px) { [data-testid="stSidebar"][data-collapsed="false"] { min-width: 24rem; } }
</style>"""
"""How the page differs from Streamlit's own look; it holds no data."""
UPLOADER_STYLE = """<style>
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
[data-testid="stFileUploaderDropzone"] button p { font-size: 0; }
[data-testid="stFileUploaderDropzone"] button p::after { content: "选择文件"; font-size: 1rem; }
</style>"""
"""Chinese for the words that Streamlit has in English only."""


def show() -> None:
    """Show the page in the session's language."""
    first = language()
    wanted: Language = st.session_state.get(LANGUAGE) or first
    if SESSION not in st.session_state:
        st.session_state[SESSION] = Session()
    session: Session = st.session_state[SESSION]
    with speaking(wanted):
        st.set_page_config(page_title=tr("Powers to townships"), layout="wide", menu_items={})
        st.html(STYLE + (UPLOADER_STYLE if wanted == "zh" else ""))
        session.collect()
        with st.sidebar:
            st.radio(
                "语言 Language", sorted(LANGUAGES, key=lambda each: each != first), format_func=NAMES.__getitem__,
                horizontal=True, key=LANGUAGE,
            )  # fmt: skip
            choose_case(session)
        st.header(tr("Powers to townships"))
        # Each part has its place, shown or not: else what stands below would be there twice while the page is made.
        notice, proof, faults = st.container(), st.container(key="proof"), st.container()
        asked, plan = st.container(), st.container()
        with notice:
            _notice(session)
        with proof:
            if session.run is not None:
                show_proof(session.run, session.run.place == session.place)
        with faults:
            show_faults(session)
        with asked:
            if session.scenario is not None:
                show_solve(session, session.scenario, wanted)
        with plan:
            if session.run is not None:
                show_plan(session, session.run, wanted)


def _notice(session: Session) -> None:
    scenario = session.scenario
    if scenario is None:
        return
    st.markdown(f"**{plain(scenario.title)}**")
    if scenario.case.synthetic:
        st.error(tr("SYNTHETIC DATA (合成数据): all places and figures of this case are invented."))
