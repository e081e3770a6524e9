"""The side of the page: choose a case that is there, or upload a workbook; what is wrong with it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import streamlit as st

from devolve_opt.app.session import Session
from devolve_opt.app.shown import plain
from devolve_opt.app.sources import sources
from devolve_opt.app.uploads import MEGABYTE, faults_table
from devolve_opt.language import tr
from devolve_opt.views.template import write_template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHOOSE, UPLOAD = "choose", "upload"


def choose_case(session: Session) -> None:
    """Let the user choose a case or upload one; the session takes what is chosen."""
    st.subheader(tr("1. The case"))
    way = st.radio(
        tr("Where the data come from"), (CHOOSE, UPLOAD), key="way", label_visibility="collapsed",
        format_func=lambda each: tr("Choose a case that is there") if each == CHOOSE else tr("Upload a workbook"),
    )  # fmt: skip
    if way == CHOOSE:
        known = sources()
        number = st.selectbox(
            tr("Case"), range(len(known)), format_func=lambda each: known[each].name, key="source"
        )  # fmt: skip
        with st.spinner(tr("Reading ...")):
            session.choose(known[number])
    else:
        _upload(session)


def _upload(session: Session) -> None:
    most = int(st.get_option("server.maxUploadSize"))
    given = st.file_uploader(
        tr("Workbook (.xlsx), at most {most} MB", most=most), type=["xlsx"], key="upload"
    )  # fmt: skip
    st.caption(tr("It is read in a private folder of this session and removed at once; nobody else sees it."))
    if given is None:
        # Else the case chosen before would be taken for the one that is to be uploaded.
        session.leave()
    else:
        with st.spinner(tr("Checking ...")):
            session.take(given.file_id, given.name, given.getvalue(), most * MEGABYTE)
        if session.upload is not None and session.upload.scenario is not None:
            st.success(tr("No fault found in {file}.", file=plain(session.upload.name)))
    st.download_button(
        tr("Blank workbook to fill in"), _template(), file_name="template.xlsx", mime=XLSX, on_click="ignore"
    )  # fmt: skip


@cache
def _template() -> bytes:
    """Return the blank workbook, which is the same for everybody and in both languages."""
    with tempfile.TemporaryDirectory() as folder:
        return write_template(Path(folder) / "template.xlsx").read_bytes()


def show_faults(session: Session) -> None:
    """Show what is wrong with what was chosen, and offer the copy with the marks."""
    if not session.faults:
        return
    upload = session.upload
    st.error(tr("Faults in the data: {n}. Mend them all and upload the workbook again.", n=len(session.faults)))
    st.dataframe(
        faults_table(session.faults, "" if upload is None else upload.name), hide_index=True, width="stretch"
    )  # fmt: skip
    if upload is not None and upload.marked is not None:
        name, content = upload.marked
        st.download_button(
            tr("Copy with the bad cells marked (.xlsx)"), content, file_name=name, mime=XLSX, on_click="ignore",
            type="primary",
        )  # fmt: skip
