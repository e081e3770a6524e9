"""A run as one page for an official: what was decided and why, who gains and loses, what binds, what is uncertain.

The page holds everything within itself: no script, nothing loaded from anywhere. Whatever stands in the data is shown
as text; figures are images, so that nothing in them can act.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from devolve_opt.errors import Fault, InputError
from devolve_opt.policy import Policy
from devolve_opt.prices import Prices
from devolve_opt.schema import Output, measured, output, phrases, result_words
from devolve_opt.settings import ASSUMPTION
from devolve_opt.studies.comparing import read_manifest
from devolve_opt.views.files import write_bytes, writing_to
from devolve_opt.views.wording import percent, rounded_up
from devolve_opt.vocabulary import CHINESE, label

Language = Literal["zh", "en"]
LANGUAGES = ("zh", "en")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "microsoft-edge")
"""Names of programs that print a page."""
PRINT_SECONDS = 120
EXTREMES = 8
"""Townships named among those that gain or lose most."""
STYLE = """
body { font-family: "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Segoe UI", sans-serif; color: #222;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.55; }
h1 { color: #1B4F8A; border-bottom: 3px solid #1B4F8A; } h2 { color: #1B4F8A; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .8rem 0; width: 100%; font-size: .92rem; }
th { background: #1B4F8A; color: white; text-align: left; } .two td:nth-child(2) { white-space: nowrap; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #ddd; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.notice { background: #fbe9e9; color: #B2182B; border: 2px solid #B2182B; padding: .6rem 1rem; font-weight: bold; }
.proof { background: #eaf1f8; border-left: 5px solid #1B4F8A; padding: .6rem 1rem; }
.small { font-size: .8rem; color: #666; overflow-wrap: anywhere; } figure { margin: 1rem 0; break-inside: avoid; }
figure img { width: 100%; border: 1px solid #ddd; } .two { display: flex; gap: 1.5rem; } .two > div { flex: 1; }
@media print { body { max-width: none; margin: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def write_report(run: str | Path, target: str | Path, language: Language = "zh") -> Path:
    """Write the report of a run; the file is complete or is not there.

    Args:
        run: folder of a finished run; studies beside it (`RUN-robust`, `RUN-sensitivity`) are taken up.
        target: the HTML file.
        language: `zh` or `en`.

    Raises:
        InputError: if the folder holds no run that can be read, or the file cannot be written.
    """
    target = Path(target)
    text = report_html(run, language)
    with writing_to(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, text.encode())
    return target


def write_pdf(run: str | Path, target: str | Path, language: Language = "zh") -> Path:
    """Write the report of a run as PDF, printed by a browser that is installed.

    Raises:
        InputError: as `write_report`, or if no browser is found or it fails.
    """
    target = Path(target)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        message = "no Chromium, Chrome or Edge is installed; write the report as .html and print that, or install one."
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
            message = f"{browser} did not print it; write the report as .html and print that from a browser."
            raise InputError([Fault(message, column="--out", value=str(target))])
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, printed.read_bytes())
    return target


def report_html(run: str | Path, language: Language = "zh") -> str:
    """Return the report of a run as an HTML page; see `write_report`."""
    return _Page(Path(run), language).html()


class _Page:
    def __init__(self, run: Path, language: Language):
        self.run, self.place = run, LANGUAGES.index(language)
        self.manifest = read_manifest(run)
        self.language = language

    def html(self) -> str:
        title = str(self.manifest["title"])
        sections = [
            f"<h1>{escape(title)}</h1><p>{self.say('report_title')}</p>", self.notice(), self.proof(), self.decided(),
            self.why(), self.gains(), self.binds(), self.unmet(), self.excluded(), self.uncertain(), self.figures(),
            self.provenance(),
        ]  # fmt: skip
        lang = {"zh": "zh-CN", "en": "en"}[self.language]
        policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        return (
            f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
            f"<style>{STYLE}</style></head>\n<body>\n{chr(10).join(sections)}\n</body></html>\n"
        )

    def say(self, key: str, **values: Any) -> str:
        return escape(phrases()[key][self.place].format(**values))

    def word(self, code: Any) -> str:
        """Return a code of the results in the language; what is no code as it is."""
        text = str(code)
        if text in result_words():
            return escape(result_words()[text][self.place])
        if text in CHINESE:
            return escape(CHINESE[text] if self.place == 0 else label(text))
        return escape(text)

    def read(self, name: str) -> pd.DataFrame:
        path = self.run / "tables" / f"{name}.parquet"
        try:
            return pd.read_parquet(BytesIO(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise InputError([Fault(f"cannot be read ({error}); run it again.", file=str(path))]) from None

    def heading(self, table: str, column: str) -> str:
        return escape(_heading(output(table, column), self.place))

    def notice(self) -> str:
        return (
            f'<p class="notice">SYNTHETIC DATA (合成数据): {self.say("synthetic")}</p>'
            if self.manifest["synthetic"]
            else ""
        )

    def proof(self) -> str:
        manifest, bound, gap = self.manifest, self.manifest["bound"], self.manifest["gap"]
        values = {}
        if bound is not None:
            values = {"bound": f"{rounded_up(bound):,.0f}", "gap": "–" if gap is None else percent(gap)}
        status = manifest["status"]
        if manifest["method"] == "ratio":
            lines = [self.say("of_rule"), self.say("none_above", **values) if values else self.say("no_bound")]
        elif not values:
            lines = [self.say("no_bound")]
        elif status == "proven":
            lines = [self.say("proven", **values) if gap else self.say("proven_best")]
        else:
            lines = [self.say("broke_down" if status == "solver_failed" else "ended"), self.say("not_proven", **values)]
        if manifest["policy"].get("goals"):
            lines.append(self.say("goals"))
        if manifest["audit_breaches"]:
            lines += [self.say("breaks"), *map(escape, manifest["audit_breaches"][:10])]
        return f'<p class="proof">{"<br>".join(lines)}</p>'

    def decided(self) -> str:
        measures, choices = self.manifest["measures"], self.read("choices")
        rule = {"rounds_met": int(choices["rounds_met_ratio_rule"].sum())}
        if self.manifest["reference"] is not None:
            rule["objective"] = self.manifest["reference"]["objective"]
        rows = [
            (escape(_heading(words, self.place)), number(measures[name]), number(rule.get(name)))
            for name, words in measured().items()
        ]
        listed = self.read("guide_list")["list"].value_counts()
        lists = [(self.word(name), number(count)) for name, count in listed.items()]
        return (
            f"<h2>{self.say('decided')}</h2>"
            + table([self.say("measure"), self.say("this_plan"), self.say("ratio_rule")], rows)
            + table([self.say("lists"), self.say("count")], lists)
        )

    def why(self) -> str:
        terms = self.read("terms")
        terms = terms[(terms[["plan", "ratio_rule"]] != 0).any(axis=1) | (terms["term"] == "total")]
        rows = [
            (escape(row["chinese"]) if self.place == 0 else self.word(row["term"]), number(row["plan"]),
             number(row["ratio_rule"]), number(row["difference"], sign=True))
            for row in terms.to_dict("records")
        ]  # fmt: skip
        heads = [self.heading("terms", "term"), *map(self.say, ("this_plan", "ratio_rule", "difference"))]
        return f"<h2>{self.say('why')}</h2><p>{self.say('why_text')}</p>{table(heads, rows)}"

    def gains(self) -> str:
        choices = self.read("choices")
        gained = choices["rounds_gained"]
        text = self.say(
            "gains_text", gain=int((gained > 0).sum()), lose=int((gained < 0).sum()), same=int((gained == 0).sum())
        )
        heads = [self.heading("choices", name) for name in ("name", "category", "rounds_met_ratio_rule", "rounds_met")]

        def extremes(rows: pd.DataFrame) -> str:
            return table(heads, [
                (escape(str(row["name"])), self.word(row["category"]), number(row["rounds_met_ratio_rule"]),
                 number(row["rounds_met"]))
                for row in rows.to_dict("records")
            ])  # fmt: skip

        ordered = choices.sort_values("rounds_gained", kind="stable")
        most = ordered[ordered["rounds_gained"] > 0].tail(EXTREMES).iloc[::-1]
        least = ordered[ordered["rounds_gained"] < 0].head(EXTREMES)
        return (
            f"<h2>{self.say('gains')}</h2><p>{text}</p><div class='two'>"
            f"<div><h3>{self.say('most_gained')}</h3>{extremes(most)}</div>"
            f"<div><h3>{self.say('most_lost')}</h3>{extremes(least)}</div></div>"
        )

    def binds(self) -> str:
        caps = self.read("caps")
        rows = [
            (f"{escape(row['cap'])}<br><span class='small'>{escape(row['meaning'])}</span>", number(row["limit"]),
             number(row["used"]), f"{number(row['reached'])} / {number(row['places'])}")
            for row in caps[caps["reached"] > 0].to_dict("records")
        ]  # fmt: skip
        heads = [self.say("cap"), self.say("value"), self.say("used"), self.say("places")]
        return f"<h2>{self.say('binds')}</h2>" + (table(heads, rows) if rows else f"<p>{self.say('binds_none')}</p>")

    def unmet(self) -> str:
        reasons = self.read("declined")["reason"].value_counts()
        rows = [(self.word(name), number(count)) for name, count in reasons.items()]
        return f"<h2>{self.say('unmet')}</h2>{table([self.say('reason'), self.say('count')], rows)}"

    def excluded(self) -> str:
        kept = self.read("exclusions").groupby(["article", "basis"], sort=False).size().reset_index(name="count")
        rows = [
            (escape(row["article"]), self.word(row["basis"]), number(row["count"])) for row in kept.to_dict("records")
        ]
        heads = [self.say("article"), self.heading("exclusions", "basis"), self.say("count")]
        return f"<h2>{self.say('excluded')}</h2>{table(heads, rows)}"

    def uncertain(self) -> str:
        settings = self.manifest["policy"]
        rows = [
            (escape(name), escape(str(value)), escape(unit))
            for name, value, unit in [
                *_assumed(settings, Policy),
                *_assumed(settings.get("prices", {}), Prices, "prices."),
            ]
        ]
        studies = ""
        for key in ("robust", "sensitivity"):
            folder = self.run.with_name(f"{self.run.resolve().name}-{key}")
            if _is_of(folder / f"{key}.json", self.manifest) and (folder / f"{key}.png").is_file():
                studies += figure(self.say(key, folder=folder.name), folder / f"{key}.png", "png")
        heads = [self.say("setting"), self.say("value"), self.say("unit")]
        return f"<h2>{self.say('uncertain')}</h2><p>{self.say('uncertain_text')}</p>{table(heads, rows)}{studies}"

    def figures(self) -> str:
        found = sorted((self.run / "figures").glob("*.svg"))
        shown = [
            figure(self.say(path.stem) if path.stem in phrases() else escape(path.stem), path, "svg+xml")
            for path in found
        ]
        return f"<h2>{self.say('figures')}</h2>{''.join(shown)}"

    def provenance(self) -> str:
        manifest = self.manifest
        rows = [
            (self.say("case"), escape(str(manifest["case"]["title"]))),
            (self.say("source"), escape(str(manifest["provenance"]))),
            (self.say("written"), escape(str(manifest["written"]))),
            (self.say("software"), escape(", ".join(f"{name} {each}" for name, each in manifest["versions"].items()))),
            (self.say("options"), escape(", ".join(f"{name}={value}" for name, value in manifest["options"].items()))),
            (self.say("files"), "<span class='small'>" + "<br>".join(
                f"{escape(name)}: {escape(digest)}" for name, digest in manifest["input_hashes"].items()
            ) + "</span>"),
        ]  # fmt: skip
        return f"<h2>{self.say('provenance')}</h2>{table([], rows)}"


def _heading(words: Output, place: int) -> str:
    """Return the heading of a column in Chinese (place 0) or English, there with its unit."""
    unit = f" ({words.unit})" if words.unit and place == 1 else ""
    return (words.chinese, words.english + unit)[place]


def _is_of(record: Path, manifest: Mapping[str, Any]) -> bool:
    """Tell whether a study was made of this very run."""
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return all(found.get(key) == manifest[key] for key in ("title", "objective", "bound"))


def _assumed(given: Mapping[str, Any], settings: Any, prefix: str = "") -> Iterable[tuple[str, Any, str]]:
    """Return name, value and unit of the numbers among settings that are assumptions of this software."""
    for name, field in settings.model_fields.items():
        about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        value = given.get(name)
        # Where a user set another value, it is the user's to say what it rests on.
        own = value == field.get_default(call_default_factory=True)
        if own and about.get("source") == ASSUMPTION and isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", f"{value:,g}", str(about.get("unit", ""))


def number(value: Any, sign: bool = False) -> str:
    """Return a number for a cell of the report; a dash for what is not known."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    whole = abs(value - round(value)) < 1e-9 or abs(value) >= 100
    return f"{value:{'+' if sign else ''},.0f}" if whole else f"{value:{'+' if sign else ''},.2f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table; cells are HTML already, and columns of numbers stand to the right."""
    rows = list(rows)
    right = [_is_number(cell) for cell in rows[0]] if rows else []

    def cells(each: Sequence[str], tag: str) -> str:
        numbers = right or [False] * len(each)
        return "".join(
            f'<{tag} class="number">{cell}</{tag}>' if is_number else f"<{tag}>{cell}</{tag}>"
            for cell, is_number in zip(each, numbers, strict=True)
        )

    head = f"<tr>{cells(heads, 'th')}</tr>" if heads else ""
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table>{head}{body}</table>"


def _is_number(cell: str) -> bool:
    return bool(cell) and (cell == "–" or set(cell) <= set("+-0123456789,./ "))


def figure(caption: str, path: Path, kind: str) -> str:
    """Return a figure that holds its image within itself; the caption is HTML already."""
    data = b64encode(path.read_bytes()).decode()
    image = f'<img alt="{caption}" src="data:image/{kind};base64,{data}">'
    return f"<figure><figcaption>{caption}</figcaption>{image}</figure>"
