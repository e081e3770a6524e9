"""The extension of Sphinx: pages made from the code, formulas without a script, search in two languages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

from devolve_opt.case import Case
from devolve_opt.language import Language, speaking
from devolve_opt.scenario import Scenario
from devolve_opt.schema.dictionary import data_dictionary
from devolve_opt.studies.solving import solve
from devolve_opt.views.policy_page import policy_page
from devolve_opt.views.run_folder import write_run
from pages.commands import commands_page
from pages.following import policy_of
from pages.messages import with_messages
from pages.model import apart_page, rules_page, symbols_page
from pages.policy import assumptions_page
from pages.results import results_page

ROOT = Path(__file__).parents[2]
MADE = re.compile(r"^<!-- made: (\w+) -->$", re.MULTILINE)
MATHML = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", MATHML)
BROKEN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef”])\n(?=[\u3000-\u9fff\uff00-\uffef“])")
"""Where a line of Chinese is broken, which is no place for a blank."""
FIGURES = ("take_up_map", "posts_before_after")
"""Figures that the tutorial shows."""


def without_title(page: str) -> str:
    """Return a page without its first heading and without the note on how it is made."""
    return re.sub(r"^<!--.*?-->\n", "", page.partition("\n")[2], flags=re.MULTILINE | re.DOTALL)


PARTS: dict[str, Callable[[], str]] = {
    "symbols": symbols_page,
    "rules": rules_page,
    "apart": apart_page,
    "commands": commands_page,
    "results": results_page,
    "assumptions": assumptions_page,
    "data": lambda: without_title(data_dictionary()).replace("\n# ", "\n## "),
    "policy": lambda: without_title(policy_page()).partition("writes it anew. ")[2],
}
"""What stands in the place of `<!-- made: NAME -->` in a page."""


def fill_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Put what is made from the code, and the messages of the code, in their places in a page."""
    language: Language = "zh" if name.startswith("zh/") else "en"
    with speaking(language):
        filled = MADE.sub(lambda found: PARTS[found[1]]().strip(), source[0])
    source[0] = with_messages(BROKEN.sub("", filled) if language == "zh" else filled, language)


def make_figures(app: Sphinx) -> None:
    """Solve the tutorial's case, unless its run is handed over, and put the figures of its run beside the pages."""
    made = Path(app.srcdir) / "_made"
    made.mkdir(exist_ok=True)
    run = Path(app.config.run_of_tutorial) if app.config.run_of_tutorial else made / "run"
    if not app.config.run_of_tutorial:
        policy = policy_of((Path(app.srcdir) / "tutorial.md").read_text(encoding="utf-8"))
        write_run(solve(Scenario(Case.read(ROOT / "models" / "hand"), policy)), run)
    for name in FIGURES:
        shutil.copyfile(run / "figures" / f"{name}.png", made / f"{name}.png")


def mathml(formula: str, block: bool) -> str:
    """Return a formula of LaTeX as MathML, which browsers show by themselves."""
    tree = ElementTree.fromstring(re.sub(r"\n *", "", tex2mathml(formula, as_block=block)))
    for parent in list(tree.iter()):
        for place, node in enumerate(parent):
            # A letter with a bar and an index: the converter would set the index beneath the letter.
            if node.tag == f"{{{MATHML}}}munderover" and node[2].get("stretchy") == "false":
                letter, index, bar = node
                accented = ElementTree.Element(f"{{{MATHML}}}mover", accent="true")
                accented.extend([letter, bar])
                parent[place] = ElementTree.Element(f"{{{MATHML}}}msub")
                parent[place].extend([accented, index])
    if not block:
        tree.set("displaystyle", "true")
    return ElementTree.tostring(tree, encoding="unicode")


def visit_math(writer: Any, node: nodes.math) -> None:
    """Write a formula within a sentence."""
    writer.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def visit_math_block(writer: Any, node: nodes.math_block) -> None:
    """Write a formula that stands by itself."""
    writer.body.append(mathml(node.astext(), block=True))
    raise nodes.SkipNode


class SearchBoth(SearchEnglish):
    """English by words, Chinese by pairs of signs, in the index and in what is typed alike."""

    lang = "en-zh"
    # Sphinx names the stemmer of the browser after it.
    language_name = "English"
    pieces: ClassVar[re.Pattern[str]] = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")
    js_splitter_code = r"""
function splitQuery(query) {
  const pieces = query.match(/[\u3400-\u9fff]+|[\p{Letter}\p{Number}_]+/gu) || [];
  return pieces.flatMap((piece) => piece.match(/[\u3400-\u9fff]+|[^\u3400-\u9fff]+/gu)).flatMap((piece) => {
    if (!/[\u3400-\u9fff]/u.test(piece) || piece.length < 2) return [piece];
    return Array.from({ length: piece.length - 1 }, (_, place) => piece.slice(place, place + 2));
  });
}
"""

    def split(self, input: str) -> list[str]:
        """Return the words of a text, and of Chinese every two signs that stand side by side."""
        found = []
        for piece in self.pieces.findall(input):
            chinese = piece[0] >= "\u3400" and piece[0] <= "\u9fff" and len(piece) > 1
            found += [piece[place : place + 2] for place in range(len(piece) - 1)] if chinese else [piece]
        return found


def without_substitutions(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Keep the bars of an absolute value, which would stand for a substitution."""
    lines[:] = [re.sub(r"\|(\w+)\|", r"\\|\1\\|", line) for line in lines]


def speak_of_page(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Say in a page which language it is in: browsers choose the shapes of signs by that."""
    context["language"] = "zh-CN" if name.startswith("zh/") else "en"


def setup(app: Sphinx) -> dict[str, Any]:
    """Tie all this to Sphinx."""
    app.add_config_value("run_of_tutorial", "", "env")
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.add_search_language(SearchBoth)
    app.connect("builder-inited", make_figures)
    app.connect("source-read", fill_page)
    app.connect("autodoc-process-docstring", without_substitutions)
    app.connect("html-page-context", speak_of_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
