"""The shell in Chinese: help, usage errors, messages; `--lang` before the system's language and the policy's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from devolve_opt.cli import app
from devolve_opt.cli.spoken import usage_error
from devolve_opt.language import language, set_language, speaking

RUNNER = CliRunner()


def invoke(words):
    return RUNNER.invoke(app, words, prog_name="devolve-opt", terminal_width=100)


COMMANDS = tuple(typer.main.get_command(app).commands)
ENGLISH = re.compile(r"[A-Za-z][a-z]+(?: [a-z]+)+")
"""Two English words in a row."""
CLICKS_KINDS = re.compile(r"devolve-opt \S+|<[^>]*>|\[OPTIONS\]|COMMAND \[ARGS\]\.\.\.")


@pytest.mark.parametrize("words", [["--lang", "zh", "--help"], ["--help", "--lang=zh"],
                                   *([command, "--help", "--lang", "zh"] for command in COMMANDS)])  # fmt: skip
def test_help_is_chinese_and_leaves_nothing_out(words):
    chinese = invoke(words)
    assert chinese.exit_code == 0
    assert ENGLISH.findall(CLICKS_KINDS.sub("", chinese.stdout)) == []
    assert "…" not in chinese.stdout
    english = invoke([word for word in words if "lang" not in word and word != "zh"] + ["--lang", "en"])
    option = re.compile(r"(?<=\s)--[a-z-]+")
    assert sorted(set(option.findall(chinese.stdout))) == sorted(set(option.findall(english.stdout)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["robus"], "没有命令 robus。您是否想用 'robust'？"),
        (["robust", "--futures", "x", "RUN"], "--futures 取值无效：应为整数。"),
        (["check"], "CASE 是必填项，请给出。"),
        (["check", "a", "b"], "多给了参数：b。"),
        (["check", "a", "--no-such"], "没有选项 --no-such。"),
        (["run", "--gap"], "选项 --gap 需要给出取值。"),
        (["run", "a.toml", "--method", "best"], "--method 取值无效：'best' 不在可选值之列：'optimal', 'ratio'。"),
    ],
)
def test_wrong_usage_is_told_in_chinese(words, said):
    told = invoke(["--lang", "zh", *words])
    assert told.exit_code == 2
    assert said in told.stderr
    assert "用法：" in told.stderr or "--gap" in words
    assert ENGLISH.findall(CLICKS_KINDS.sub("", told.stderr)) == []


def test_what_is_not_known_of_click_stays_as_it_is():
    with speaking("zh"):
        assert usage_error("Something new.") == "Something new."


def test_a_language_that_is_none_is_refused():
    told = invoke(["check", "models/hand", "--lang", "fr"])
    assert told.exit_code == 2 and "'fr'" in told.stderr


def test_the_command_line_speaks_before_the_policy_and_the_policy_before_the_system(tmp_path):
    scenario = tmp_path / "s.toml"
    case = str((Path(__file__).parent.parent / "models" / "hand").resolve())
    scenario.write_text(f"title = 'S'\ncase = {case!r}\n[policy]\nlanguage = 'zh'\n", encoding="utf-8")
    set_language("en")
    told = invoke(["run", str(scenario), "--export-model", str(tmp_path / "a.lp")])
    assert (told.exit_code, language()) == (0, "zh")
    assert "模型：" in told.stdout
    set_language("en")
    told = invoke(["run", str(scenario), "--export-model", str(tmp_path / "b.lp"), "--lang", "en"])
    assert "Model:" in told.stdout and language() == "en"
