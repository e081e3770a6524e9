"""Every kind of figure in both languages: its words, its letters, its room, and its picture.

The pictures are held against those in tests/baseline. After a change that is meant, draw them anew and look at each:
`make figures`, or `python tests/test_figures.py`. Chinese ones are compared where Noto Sans CJK is installed.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from PIL import Image
from scipy.ndimage import uniform_filter

from devolve_opt.language import LANGUAGES, Language, speaking
from devolve_opt.views import fonts, style
from devolve_opt.views.explanation import amount_in_words
from gallery import GALLERY, hand_plan
from two_languages import english_in

BASELINE = Path(__file__).parent / "baseline"
DOTS_PER_INCH = 45
TOLERANCE = 2.0
"""Root mean square of the differences of two pictures, of 255, drawn by the same minor version of matplotlib."""
BLURRED, BLUR, ODD_PIXELS = 10.0, 9, 2
"""The same where another version drew, over squares of so many pixels: letters are spaced otherwise then (up to 8.0
between 3.9 and 3.11), so that only coarse changes are found; sizes may differ by so many pixels.
"""
PICTURE_FONT = "Noto Sans CJK SC"
"""The font that the Chinese pictures are drawn with."""
ALLOWED = (
    "Hand case", "Four cities", "Sweep of the list", "this plan", "guide_list_max", "new_powers_max", "new_fields_max",
    "choice_met", "officers_min", "largest_remainder", "guide_list", "Duties", "Stations", "duties", "offices",
    "base-weighted-mobile", "three-thirds-equal", "three-thirds-indicators", "wisn", "PAV", "MB",
)  # fmt: skip
"""What is English in a Chinese figure: titles and names of the data, keys, codes, names of tables, units."""

EVERY = [(name, spoken) for name in GALLERY for spoken in LANGUAGES]
needs_chinese = pytest.mark.skipif(fonts.chinese_family() is None, reason="no font with Chinese is installed")


@cache
def drawn(name: str, spoken: Language) -> Figure:
    with speaking(spoken):
        figure = GALLERY[name]()
    FigureCanvasAgg(figure).draw()
    return figure


def unseen(figure: Figure) -> set[int]:
    """Return the labels of axes that are off, and of ticks beyond the ends of an axis."""
    found: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            room = 1e-6 * (high - low)
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not axes.axison or not low - room <= tick.get_loc() <= high + room:
                    found |= {id(tick.label1), id(tick.label2)}
            if not axes.axison:
                found.add(id(axis.label))
    return found


def shown(figure: Figure) -> list[Text]:
    hidden = unseen(figure)
    texts = figure.findobj(lambda each: isinstance(each, Text) and each.get_visible() and bool(each.get_text().strip()))
    return [text for text in texts if id(text) not in hidden]


def misplaced(figure: Figure) -> Iterator[str]:
    """Tell what is cut off at the edge of a figure, and which words lie over one another."""
    width, height = figure.bbox.size
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown(figure)]
    for number, (text, box) in enumerate(boxes):
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height:
            yield f"cut off: {text}"
        for other, beside in boxes[number + 1 :]:
            across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            if across > 1 and min(box.y1, beside.y1) - max(box.y0, beside.y0) > 1:
                yield f"{text} lies over {other}"


@pytest.mark.parametrize(("name", "spoken"), EVERY)
def test_words_have_room_and_their_font_every_letter(name, spoken):
    figure = drawn(name, spoken)
    assert list(misplaced(figure)) == []
    for text in shown(figure):
        files = [fonts.get_font(findfont(family)) for family in text.get_fontfamily()]
        letters = text.get_text().replace("\n", "").replace("\N{MINUS SIGN}", "-")
        lacking = [each for each in letters if not any(font.get_char_index(ord(each)) for font in files)]
        assert lacking == [], text.get_text()


def wait_for_levers(name: str, spoken: Language) -> None:
    """Pass over the figures of explanations as long as what is changed in them has no Chinese words."""
    with speaking("zh"):
        told = amount_in_words("posts", 1)
    if spoken == "zh" and told.isascii() and name in {"explanation_of_pair", "explanation_of_township"}:
        pytest.skip("the changes of an explanation are told in English only")


@needs_chinese
@pytest.mark.parametrize("name", GALLERY)
def test_in_chinese_no_word_is_english(name):
    wait_for_levers(name, "zh")
    english = [word for text in shown(drawn(name, "zh")) for word in words_in(text.get_text())]
    assert english == []
    assert any(re.search("[\u4e00-\u9fff]", text.get_text()) for text in shown(drawn(name, "zh")))


def words_in(text: str) -> list[str]:
    """Return the English words of a text, a single one too, without those that may stand there."""
    found = english_in(text, ALLOWED)
    for phrase in sorted(ALLOWED, key=len, reverse=True):
        text = text.replace(phrase, "")
    return found or re.findall("[A-Za-z]{2,}", text)


@pytest.mark.parametrize("name", GALLERY)
def test_in_english_no_word_is_chinese(name):
    texts = " ".join(text.get_text() for text in shown(drawn(name, "en")))
    assert set(re.findall("[\u4e00-\u9fff]+", texts)) <= {
        "按比例法", "甲镇", "乱倒垃圾处罚", "农村人居环境巡查",
        "机构整合", "党政办", "综治办", "应急办", "规建办", "经发办", "便民服务中心",
    }  # fmt: skip


def test_the_checks_find_what_is_wrong():
    figure = style.canvas("A title", "", "", "", (3, 2)).figure
    for place in (0.5, 0.51, 0.99):
        figure.text(place, 0.5, "words over words", fontfamily=style.font())
    FigureCanvasAgg(figure).draw()
    assert set(misplaced(figure)) >= {"words over words lies over words over words", "cut off: words over words"}
    assert words_in("方案 plan 的 guide_list") == ["plan"]


def picture(figure: Figure, folder: Path, name: str) -> Path:
    path = folder / f"{name}.png"
    figure.savefig(path, dpi=DOTS_PER_INCH)
    return path


def version_of(path: Path) -> str:
    """Return the minor version of matplotlib that drew a picture, as the file tells: `3.11`."""
    with Image.open(path) as image:
        found = re.search(r"version ?(\d+\.\d+)", image.info["Software"])
    assert found is not None
    return found[1]


def difference(expected: Path, now: Path) -> str | None:
    """Return how a picture differs from another one by more than it may, None if it does not."""
    if version_of(expected) == version_of(now):
        return compare_images(expected, now, TOLERANCE)
    was, there = (np.asarray(Image.open(path).convert("RGB"), float) for path in (expected, now))
    if np.abs(np.subtract(was.shape, there.shape)).max() > ODD_PIXELS:
        return f"sizes {was.shape} and {there.shape}"
    height, width = np.minimum(was.shape, there.shape)[:2]
    was, there = (uniform_filter(each[:height, :width], (BLUR, BLUR, 0)) for each in (was, there))
    rms = float(np.sqrt(np.mean((was - there) ** 2)))
    return f"RMS Value: {rms}" if rms > BLURRED else None


@pytest.mark.parametrize(("name", "spoken"), EVERY)
def test_the_picture_is_as_it_was(name, spoken, tmp_path):
    if (spoken == "zh" or needs_that_font(name)) and fonts.chinese_family() != PICTURE_FONT:
        pytest.skip(f"what is Chinese is drawn with {PICTURE_FONT}, which is not what is found here")
    wait_for_levers(name, spoken)
    now = picture(drawn(name, spoken), tmp_path, f"{name}-{spoken}")
    assert difference(BASELINE / now.name, now) is None


def needs_that_font(name: str) -> bool:
    """Return whether Chinese names of the data stand in the English figure too."""
    return name in {"admission", "office_flow", "side_by_side"}


def test_a_picture_that_differs_is_told(tmp_path):
    expected = BASELINE / "sweep-en.png"
    assert difference(expected, picture(GALLERY["sweep"](), tmp_path, "same")) is None
    without = GALLERY["sweep"]()
    without.axes[3].lines[0].remove()  # one thin line
    changed = picture(without, tmp_path, "changed")
    if version_of(expected) == version_of(changed):
        assert "RMS Value" in difference(expected, changed)
    for axes in without.axes[1:]:
        axes.remove()
    assert "RMS Value" in difference(expected, picture(without, tmp_path, "changed more"))


def test_there_is_a_picture_of_every_kind_and_no_other():
    assert {path.stem for path in BASELINE.glob("*.png")} == {f"{name}-{spoken}" for name, spoken in EVERY}
    assert sum(path.stat().st_size for path in BASELINE.iterdir()) < 3_000_000


def test_every_module_of_figures_is_drawn_and_takes_its_colours_from_the_one_home():
    folder = Path(style.__file__).parent / "plots"
    modules = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.py") if path.stem != "__init__"}
    drawing = {name for name, text in modules.items() if "@style.drawing" in text}
    assert drawing == set(modules)
    assert [name for name, text in modules.items() if re.search(r"[\"']#[0-9A-Fa-f]{3,8}[\"']|colormaps", text)] == []
    kinds = sum(text.count("@style.drawing\n") for text in modules.values())
    assert kinds == 26, "a new kind of figure belongs into tests/gallery.py"


# Fonts


@pytest.fixture
def no_chinese(monkeypatch):
    monkeypatch.delenv(fonts.VARIABLE, raising=False)
    monkeypatch.setattr(fonts, "_installed", lambda: None)


def test_without_a_font_figures_are_english_and_one_message_says_what_to_install(no_chinese):
    with speaking("zh"):
        figure = GALLERY["sweep"]()
        told = fonts.missing_font()
        words = [text.get_text() for text in figure.findobj(Text)]
    assert "Value of the plan" in words
    assert "SYNTHETIC DATA" in words
    assert not re.search("[\u2e80-\uffff]", " ".join(words))
    assert told is not None and len(told.splitlines()) == 1
    for name in ("fonts-noto-cjk", "google-noto-sans-cjk-fonts", "macOS", "Windows", fonts.VARIABLE):
        assert name in told
    assert fonts.missing_font() is None  # In English nothing is amiss.


def test_without_a_font_names_of_the_data_become_words(no_chinese):
    assert style.short_name("基准") == "scenario"
    assert style.drawable_ids(["T1", "甲镇"], "township") == ["T1", "township 2"]


@needs_chinese
def test_names_of_the_data_are_drawn_in_either_language():
    for spoken in LANGUAGES:
        with speaking(spoken):
            assert style.short_name("基准情景") == "基准情景"
            assert style.drawable_ids(["甲镇"], "township") == ["甲镇"]
            assert style.drawable("\U00012000", "?") == "?"
    assert style.short_name("长" * 40) == "长" * 28 + "..."


@needs_chinese
def test_the_variable_names_a_family_or_a_file(monkeypatch):
    family = fonts.chinese_family()
    monkeypatch.setenv(fonts.VARIABLE, family)
    assert fonts.chinese_family() == family
    monkeypatch.setenv(fonts.VARIABLE, str(findfont(family)))
    assert fonts.writable("乡镇") and fonts.missing_font() is None


@pytest.mark.parametrize("wrong", ["No Such Font", "DejaVu Sans", __file__])
def test_a_variable_that_names_no_font_with_chinese_is_told(monkeypatch, wrong):
    found = fonts.chinese_family()
    monkeypatch.setenv(fonts.VARIABLE, wrong)
    assert f"{fonts.VARIABLE} names {wrong}" in fonts.missing_font()
    assert fonts.chinese_family() == found


def test_the_search_for_fonts_is_cheap_and_done_once(monkeypatch):
    fonts.chinese_family()
    monkeypatch.setattr(fonts, "_holds_chinese", lambda family: pytest.fail("looked again"))
    fonts.chinese_family()
    with speaking("zh"):
        assert fonts.families()[-1] == fonts.LATIN


@needs_chinese
def test_a_font_that_matplotlib_has_not_listed_yet_is_found():
    """As right after a font was installed: matplotlib keeps its list between runs."""
    code = (
        "from matplotlib.font_manager import fontManager as known\n"
        "known.ttflist = [each for each in known.ttflist if each.name.startswith('DejaVu')]\n"
        "from devolve_opt.views import fonts\n"
        "assert fonts.chinese_family() is not None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, fonts.VARIABLE: ""})


def test_a_figure_is_drawn_the_same_in_svg_and_after_its_language_is_left():
    with speaking("zh"):
        figure = GALLERY["workload"]()
    figure.savefig(io.BytesIO(), format="svg")
    assert hand_plan().gap == 0


def redraw() -> None:
    """Draw every picture anew into tests/baseline."""
    if fonts.chinese_family() != PICTURE_FONT:
        raise SystemExit(f"{PICTURE_FONT} is not installed: its pictures cannot be drawn.")
    BASELINE.mkdir(exist_ok=True)
    for old in BASELINE.glob("*.png"):
        old.unlink()
    for name, spoken in EVERY:
        picture(drawn(name, spoken), BASELINE, f"{name}-{spoken}")


if __name__ == "__main__":
    redraw()
