"""A run as one page for an official: what was decided and why, who gains and loses, what binds, what is uncertain.

The page holds everything within itself: no script, nothing loaded from anywhere. Whatever stands in the data is shown
as text; figures are images, so that nothing in them can act.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.case import SYNTHETIC_DATA
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import Language, chosen, speaking, tr
from devolve_opt.language import language as spoken
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.prices import Prices
from devolve_opt.reading.json_files import read_json
from devolve_opt.schema import measured, output
from devolve_opt.studies.manifest import read_manifest
from devolve_opt.studies.runs import case_of_run, read_run, read_table
from devolve_opt.views import report_annexes
from devolve_opt.views.caps import MEANINGS, caps
from devolve_opt.views.files import svg_bytes, write_bytes, writing_to
from devolve_opt.views.plots import figures_of
from devolve_opt.views.report_parts import STYLE, assumed, figure, number, table
from devolve_opt.views.wording import heading_of, percent, rounded_up, word_of

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "microsoft-edge")
"""Names of programs that print a page."""
PRINT_SECONDS = 120
EXTREMES = 8
"""Townships named among those that gain or lose most."""


def write_report(run: str | Path, target: str | Path, language: Language | None = None) -> Path:
    """Write the report of a run; the file is complete or is not there.

    Args:
        run: folder of a finished run; studies beside it (`RUN-robust`, `RUN-sensitivity`, `RUN-discovery`) are taken
            up.
        target: the HTML file.
        language: `zh` or `en`; that which is spoken here if left out.

    Raises:
        InputError: if the folder holds no run that can be read, or the file cannot be written.
    """
    target = Path(target)
    text = report_html(run, language)
    with writing_to(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, text.encode())
    return target


def write_pdf(run: str | Path, target: str | Path, language: Language | None = None) -> Path:
    """Write the report of a run as PDF, printed by a browser that is installed.

    Raises:
        InputError: as `write_report`, or if no browser is found or it fails.
    """
    target = Path(target)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        message = tr(
            "no Chromium, Chrome or Edge is installed; write the report as .html and print that, or install one."
        )
        raise InputError([Fault(message, column="--out", value=str(target))])
    text = report_html(run, language)
    with tempfile.TemporaryDirectory() as place, writing_to(target):
        page, printed = Path(place) / "report.html", Path(place) / "report.pdf"
        page.write_text(text, encoding="utf-8")
        # The page holds no script and may load nothing, so that it may do without the sandbox, which root cannot have.
        try:
            failed = subprocess.run(
                [browser, "--headless", "--disable-gpu", "--no-sandbox", "--no-pdf-header-footer",
                 f"--user-data-dir={place}/profile", f"--print-to-pdf={printed}", page.as_uri()],
                capture_output=True, timeout=PRINT_SECONDS, check=False,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            failed = 1
        if failed or not printed.is_file():
            message = tr(
                "{browser} did not print it; write the report as .html and print that from a browser.", browser=browser
            )
            raise InputError([Fault(message, column="--out", value=str(target))])
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, printed.read_bytes())
    return target


def report_html(run: str | Path, language: Language | None = None, plan: Plan | None = None) -> str:
    """Return the report of a run as an HTML page; see `write_report`. A plan at hand is not read back from the run."""
    with speaking(language or spoken()):
        return _Page(Path(run), plan).html()


CAPTIONS = {
    "changes_against_ratio_rule": "Changes against the ratio rule",
    "guide_list_matrix": "The 1+4 list",
    "officers": "Officers",
    "posts_before_after": "Posts before and after",
    "progress": "The search: bound and plan",
    "take_up_map": "What townships take",
    "workload": "Workload",
}
"""Captions of the figures of a plan; shown as `tr(CAPTIONS[name])`. Others stand under their name."""


class _Page:
    """A report in the language spoken here."""

    def __init__(self, run: Path, plan: Plan | None = None):
        self.run, self.at_hand = run, plan
        self.manifest = read_manifest(run)

    @cached_property
    def audited(self) -> Plan | str:
        """The plan at hand, or read back and judged anew; or why it cannot be, such as a case that is not there."""
        if self.at_hand is not None:
            return self.at_hand
        try:
            return read_run(self.run, case_of_run(self.run))
        except InputError as error:
            return " ".join(fault.message for fault in error.faults)  # without places: a report is handed on

    @property
    def plan(self) -> Plan | None:
        """The plan read back, where the run speaks another language than the report; None where it need not or cannot.

        Runs of earlier versions do not say what they speak: it was English.
        """
        same = self.manifest.get("language", "en") == spoken()
        return None if same or isinstance(self.audited, str) else self.audited

    def html(self) -> str:
        title = str(self.manifest["title"])
        sections = [
            f"<h1>{escape(title)}</h1><p>{escape(tr('Report on the plan'))}</p>", self.notice(), self.proof(),
            self.decided(), self.why(), self.gains(), self.binds(), self.unmet(), self.excluded(), self.uncertain(),
            self.figures(), self.provenance(), self.annexes(),
        ]  # fmt: skip
        lang = chosen("zh-CN", "en")
        policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        return (
            f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
            f"<style>{STYLE}</style></head>\n<body>\n{chr(10).join(sections)}\n</body></html>\n"
        )

    def word(self, code: Any) -> str:
        """Return a code of the results in the language; what is no code as it is."""
        return escape(word_of(str(code)) or str(code))

    def read(self, name: str) -> pd.DataFrame:
        return read_table(self.run / "tables" / f"{name}.parquet")

    def heading(self, table: str, column: str) -> str:
        return escape(heading_of(output(table, column)))

    def notice(self) -> str:
        said = tr(
            "All places and figures in this report are invented (synthetic data); do not quote them as real."
        )  # fmt: skip
        marked = chosen("合成数据", SYNTHETIC_DATA) + tr(": ")
        shown = f'<p class="notice">{escape(marked + said)}</p>'
        return shown if self.manifest["synthetic"] else ""

    def proof(self) -> str:
        manifest, bound, gap = self.manifest, self.manifest["bound"], self.manifest["gap"]
        values = {}
        if bound is not None:
            values = {"bound": f"{rounded_up(bound):,.0f}", "gap": "–" if gap is None else percent(gap)}
        unknown = tr("No bound is known: how far it is from the best is not known.")
        status = manifest["status"]
        if manifest["method"] == "ratio":
            above = tr("No plan that keeps the rules is worth more than {bound} staff-hours a year.", **values)
            lines = [tr("This plan is made by the ratio rule and not optimised."), above if values else unknown]
        elif not values:
            lines = [unknown]
        elif status == "proven":
            within = tr(
                "Proven: under the same rules no plan is worth more than {gap} above this one, nor more than {bound} "
                "staff-hours a year.",
                **values,
            )
            lines = [within if gap else tr("Proven best: under the same rules no plan is worth more.")]
        else:
            broke_down = tr("The solver broke down on the way.")
            open_still = tr(
                "Plans worth up to {gap} more are NOT ruled out; none is worth more than {bound} staff-hours a year.",
                **values,
            )
            ended = broke_down if status == "solver_failed" else tr("Time was up or it was stopped.")
            lines = [ended, open_still]
        if manifest["policy"].get("goals"):
            lines.append(
                tr(
                    "This holds for plans that reach the goals of the policy; summary.txt says how far each goal is "
                    "proven."
                )
            )
        if added := manifest["options"].get("added_rules"):
            lines.append(tr("Rules added to those of the scenario hold as well: {names}.", names=", ".join(added)))
        if manifest["audit_breaches"]:
            lines += [tr("It breaks rules:"), *manifest["audit_breaches"][:10]]
        lines.append(
            tr("NOT audited anew for this report: {reason}", reason=self.audited)
            if isinstance(self.audited, str)
            else tr("Audited anew for this report: what is decided is worth what is said here.")
        )
        return f'<p class="proof">{"<br>".join(map(escape, lines))}</p>'

    def decided(self) -> str:
        measures, choices = self.manifest["measures"], self.read("choices")
        rule: dict[str, Any] = {"rounds_met": int(choices["rounds_met_ratio_rule"].sum())}
        if self.manifest["reference"] is not None:
            rule |= self.manifest["reference"].get("measures", {})
            rule["objective"] = self.manifest["reference"]["objective"]
        rows = [
            (escape(heading_of(words)), number(measures.get(name)), number(rule.get(name)))
            for name, words in measured().items()
        ]
        listed = self.read("guide_list")["list"].value_counts()
        lists = [(self.word(name), number(count)) for name, count in listed.items()]
        heads = _all(tr("Figure"), tr("This plan"), tr("Ratio rule"))
        counted = _all(tr("Powers on each list"), tr("Number"))
        return _headed(tr("1. What is decided")) + table(heads, rows) + table(counted, lists)

    def why(self) -> str:
        terms = self.read("terms")
        terms = terms[(terms[["plan", "ratio_rule"]] != 0).any(axis=1) | (terms["term"] == "total")]
        rows = [
            (chosen(escape(row["chinese"]), self.word(row["term"])), number(row["plan"]),
             number(row["ratio_rule"]), number(row["difference"], sign=True))
            for row in terms.to_dict("records")
        ]  # fmt: skip
        heads = [self.heading("terms", "term"), *_all(tr("This plan"), tr("Ratio rule"), tr("Difference"))]
        said = tr(
            "Everything is in staff-hours a year; costs are negative. The ratio rule is the practice so far: what a "
            "large enough share chose is listed. Fine revenue counts in nothing."
        )
        return _headed(tr("2. Where its worth comes from"), said) + table(heads, rows)

    def gains(self) -> str:
        choices = self.read("choices")
        gained = choices["rounds_gained"]
        said = tr(
            "Against the ratio rule {gain} townships have more rounds of their choices met, {lose} fewer, {same} as "
            "many.",
            gain=int((gained > 0).sum()), lose=int((gained < 0).sum()), same=int((gained == 0).sum()),
        )  # fmt: skip
        heads = [self.heading("choices", name) for name in ("name", "category", "rounds_met_ratio_rule", "rounds_met")]

        def extremes(title: str, rows: pd.DataFrame) -> str:
            shown = table(heads, [
                (escape(str(row["name"])), self.word(row["category"]), number(row["rounds_met_ratio_rule"]),
                 number(row["rounds_met"]))
                for row in rows.to_dict("records")
            ]) if len(rows) else f"<p>{escape(tr('None.'))}</p>"  # fmt: skip
            return f"<div><h3>{escape(title)}</h3>{shown}</div>"

        ordered = choices.sort_values("rounds_gained", kind="stable")
        most = ordered[ordered["rounds_gained"] > 0].tail(EXTREMES).iloc[::-1]
        least = ordered[ordered["rounds_gained"] < 0].head(EXTREMES)
        sides = extremes(tr("Those that gain most"), most) + extremes(tr("Those that lose most"), least)
        return _headed(tr("3. Who gains and who loses"), said) + f"<div class='two'>{sides}</div>"

    def binds(self) -> str:
        found = self.read("caps") if self.plan is None else pd.DataFrame(caps(self.plan))
        rows = [
            (f"{escape(row['cap'])}<br><span class='small'>{escape(_meaning(row))}</span>", number(row["limit"]),
             number(row["used"]), f"{number(row['reached'])} / {number(row['places'])}")
            for row in found[found["reached"] > 0].to_dict("records")
        ]  # fmt: skip
        heads = _all(tr("Cap"), tr("Value"), tr("Used"), tr("Places at it"))
        shown = table(heads, rows) if rows else f"<p>{escape(tr('No cap is reached.'))}</p>"
        return _headed(tr("4. Which caps hold it back")) + shown

    def unmet(self) -> str:
        reasons = self.read("declined")["reason"].value_counts()
        rows = [(self.word(name), number(count)) for name, count in reasons.items()]
        heads = _all(tr("Reason"), tr("Number"))
        return _headed(tr("5. Choices that are not met and the first reason")) + table(heads, rows)

    def excluded(self) -> str:
        kept = self.read("exclusions").groupby(["article", "basis"], sort=False).size().reset_index(name="count")
        rows = [
            (escape(tr(row["article"])), self.word(row["basis"]), number(row["count"]))
            for row in kept.to_dict("records")
        ]
        heads = [escape(tr("Article")), self.heading("exclusions", "basis"), escape(tr("Number"))]
        return _headed(tr("6. Powers kept out by law or policy")) + table(heads, rows)

    def uncertain(self) -> str:
        settings = self.manifest["policy"]
        rows = [
            (
                f"{escape(name)}<br><span class='small'>{escape(tr(meaning))}</span>",
                escape(str(value)),
                escape(tr(unit)),
            )
            for name, meaning, value, unit in [
                *assumed(settings, Policy),
                *assumed(settings.get("prices", {}), Prices, "prices."),
            ]
        ]
        studies = ""
        for key, caption in (
            ("robust", tr("How the lists stand up to other data (see {folder})", folder=self.study("robust").name)),
            ("sensitivity", tr("What the plan hangs on (see {folder})", folder=self.study("sensitivity").name)),
            ("discovery", tr("Where the lists do not hold (see {folder})", folder=self.study("discovery").name)),
        ):
            image = self.study(key) / f"{key}.png"
            if _is_of(image.with_suffix(".json"), self.manifest) and image.is_file():
                studies += figure(escape(caption), image.read_bytes(), "png")
        said = tr(
            "These settings are assumptions of this software, not figures of a document; with others the plan may be "
            "another."
        )
        heads = _all(tr("Setting"), tr("Value"), tr("Unit"))
        return _headed(tr("7. What is uncertain"), said) + table(heads, rows) + studies

    def study(self, key: str) -> Path:
        """Return the folder in which a study of this run stands, if there is one."""
        return self.run.with_name(f"{self.run.resolve().name}-{key}")

    def figures(self) -> str:
        """Return the figures of the run; where they speak another language, those that can be are drawn anew."""
        anew = {} if self.plan is None else {**figures_of(self.plan)}
        shown = ""
        for path in sorted((self.run / "figures").glob("*.svg")):
            name = path.stem
            caption = tr(CAPTIONS[name]) if name in CAPTIONS else name
            # Runs of earlier versions did not keep their steps: how the search went only they could draw.
            known = self.plan is not None and (name != "progress" or len(self.plan.steps))
            draw = anew.get(name) if known else None
            image = None if draw is None or self.plan is None else svg_bytes(draw(self.plan))
            shown += figure(escape(caption), image or path.read_bytes(), "svg+xml")
        return _headed(tr("8. Figures")) + shown

    def annexes(self) -> str:
        told = tr("plan.xlsx beside this report holds every take-up, every reason and every figure.")
        return (
            _headed(tr("10. Annexes"), told)
            + report_annexes.listed(self.read("guide_list"), self.word)
            + report_annexes.townships(self.read("choices"), self.read("posts"), self.read("officers"), self.word)
            + report_annexes.declined(self.read("declined"), self.word)
        )

    def provenance(self) -> str:
        manifest = self.manifest
        rows = [
            (tr("Case"), escape(str(manifest["case"]["title"]))),
            (tr("Source of the data"), escape(str(manifest["provenance"]))),
            (tr("Written"), escape(str(manifest["written"]))),
            (tr("Software"), escape(", ".join(f"{name} {each}" for name, each in manifest["versions"].items()))),
            (tr("Options"), escape(", ".join(f"{name}={value}" for name, value in manifest["options"].items()))),
            (tr("Input files (SHA-256)"), "<span class='small'>" + "<br>".join(
                f"{escape(name)}: {escape(digest)}" for name, digest in manifest["input_hashes"].items()
            ) + "</span>"),
        ]  # fmt: skip
        return _headed(tr("9. Where it comes from")) + table([], [(escape(name), cell) for name, cell in rows])


def _headed(title: str, text: str = "") -> str:
    """Return the heading of a section and, if there is one, its opening sentence."""
    return f"<h2>{escape(title)}</h2>" + (f"<p>{escape(text)}</p>" if text else "")


def _all(*texts: str) -> list[str]:
    """Return texts as HTML."""
    return [escape(text) for text in texts]


def _meaning(cap: Mapping[Any, Any]) -> str:
    """Return what a cap caps in the language of the report, whichever the run was written in."""
    return tr(MEANINGS[cap["cap"]]) if cap["cap"] in MEANINGS else str(cap["meaning"])


def _is_of(record: Path, manifest: Mapping[str, Any]) -> bool:
    """Tell whether a study was made of this very run."""
    try:
        found = read_json(record.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and all(found.get(key) == manifest[key] for key in ("title", "objective", "bound"))
