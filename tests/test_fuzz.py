"""Broken, hostile and odd input: what is read is as it was written, all else is refused in words, and nothing hangs.

The generators and the judge are those of `python -m benchmarks fuzz`, which counts and tries many more.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from random import Random
from types import MappingProxyType

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depth import examples
from devolve_opt.errors import Fault, InputError

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import fuzz
from benchmarks.fuzz import summed
from benchmarks.fuzzing import trials
from benchmarks.fuzzing.campaign import tried
from benchmarks.fuzzing.guided import OfBytes
from benchmarks.fuzzing.meanings import NOTHING, comma_separated, meaning
from benchmarks.fuzzing.readers import READERS, shared_out
from benchmarks.fuzzing.trials import SOUND, Reader, Trial, judge
from benchmarks.process import measured
from devolve_opt.schema import schema

SECONDS = 10.0
"""What a reader may take for one input beside other tests; a campaign allows less."""
INPUT = (st.randoms(use_true_random=False), st.sampled_from(["en", "zh"]))


def about(inputs: int) -> settings:
    """Try a quarter of so many inputs every day, all of them with `--thorough`."""
    return settings(deadline=None, max_examples=examples(inputs), suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Return what draws an input for a reader and judges it; each reader's sound files are laid out once."""
    laid: dict[str, tuple[Reader, Path]] = {}

    def check(name: str, random: Random, language: str) -> None:
        if name not in laid:
            laid[name] = READERS[name](), tmp_path_factory.mktemp(name)
            laid[name][0].lay(laid[name][1])
        reader, place = laid[name]
        trial = reader.draw(random)
        verdict = judge(reader, trial, place, language, SECONDS)
        assert verdict.outcome in SOUND, f"{trial.kind}: {verdict.outcome}: {verdict.note}"

    return check


@about(480)
@given(*INPUT)
def test_a_case_folder_is_read_as_written_or_refused(check, random, language):
    check("folder", random, language)


@about(400)
@given(*INPUT)
def test_a_scenario_is_read_as_written_or_refused(check, random, language):
    check("scenario", random, language)


@about(800)
@given(*INPUT)
def test_a_proposed_duty_is_read_as_written_or_refused(check, random, language):
    check("duty", random, language)


@about(480)
@given(*INPUT)
def test_a_country_is_read_as_written_or_refused(check, random, language):
    check("country", random, language)


@about(400)
@given(*INPUT)
def test_a_workbook_is_read_as_written_or_refused(check, random, language):
    check("workbook", random, language)


@about(600)
@given(*INPUT)
def test_an_election_is_read_as_written_or_refused(check, random, language):
    pytest.importorskip("pabutools")
    check("election", random, language)


@about(160)
@given(*INPUT)
def test_a_run_is_read_back_as_written_or_refused(check, random, language):
    check("run", random, language)


@about(1200)
@given(*INPUT)
def test_a_kept_point_comes_back_as_it_was_kept_or_not_at_all(check, random, language):
    check("kept", random, language)


def test_every_reader_is_tried_above():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in READERS if f'check("{name}", random' not in text] == []


# The judge finds what is wrong


class Made(Reader):
    """A reader whose input is made up here."""

    name, share = "made", 1
    base = MappingProxyType({"input": b"sound"})

    def draw(self, random):
        raise NotImplementedError


def verdict_of(read, place: Path, seconds: float = 5.0, **more):
    reader = Made()
    reader.lay(place)
    verdict = judge(reader, Trial("by hand", {"input": b"other", "more": b""}, read, **more), place, "en", seconds)
    assert {path.name: path.read_bytes() for path in place.iterdir() if path.name != "new"} == reader.base
    return verdict


def refuse(*faults: Fault):
    raise InputError(faults)


def endless(place: Path):
    while True:
        pass


def test_what_is_sound_is_found_sound(tmp_path):
    assert verdict_of(lambda place: (place / "input").read_bytes(), tmp_path).outcome == "accepted"
    assert verdict_of(lambda place: refuse(Fault("is wrong.", "input", 1, "a", "b")), tmp_path).outcome == "refused"


@pytest.mark.parametrize(
    ("read", "outcome", "note"),
    [
        (lambda place: {}["key"], "crashed", "KeyError"),
        (lambda place: __import__("warnings").warn("look", RuntimeWarning, stacklevel=1), "crashed", "RuntimeWarning"),
        (lambda place: (place / "new").write_text("x"), "wrote", "opened"),
        (lambda place: __import__("subprocess").run(["true"], check=True), "wrote", "subprocess.Popen"),
        (lambda place: refuse(), "mute", "without a fault"),
        (lambda place: refuse(Fault(" ", "input")), "mute", "message of 1 characters"),
        (lambda place: refuse(Fault("is wrong.")), "mute", "without a place"),
        (lambda place: refuse(Fault("{name} is wrong.", "input")), "mute", "not filled in"),
        (lambda place: refuse(Fault("is wrong.", "input", 0)), "mute", "row 0"),
        (lambda place: refuse(*[Fault("is wrong.", "input")] * 5_000), "mute", "5000 faults"),
    ],
)
def test_what_is_wrong_is_found(tmp_path, read, outcome, note):
    verdict = verdict_of(read, tmp_path)
    assert verdict.outcome == outcome
    assert note in verdict.note


def test_what_is_misread_or_unsaid_or_takes_too_long_is_found(tmp_path):
    assert verdict_of(lambda place: 1, tmp_path, misread=lambda found: f"{found} is 2").note == "1 is 2"
    assert "not to be made out" in verdict_of(lambda place: 1, tmp_path, misread=lambda found: found.x).note
    told = verdict_of(lambda place: refuse(Fault("is wrong.", "input")), tmp_path, unsaid=lambda error: "where?")
    assert (told.outcome, told.note) == ("mute", "where?")
    began = time.monotonic()
    assert verdict_of(endless, tmp_path, seconds=0.1).outcome == "slow"
    assert time.monotonic() - began < 5
    assert trials._noted is None


@pytest.mark.parametrize(
    ("column", "text", "meant"),
    [
        ("population", " １２,３４５ ", 12345), ("population", "1e3", 1000), ("population", "1.5", NOTHING),
        ("population", "", NOTHING), ("population", "１，０００", 1000), ("population", "1,00", NOTHING),
        ("area_km2", "−1", NOTHING), ("area_km2", "1'000.5", 1000.5), ("area_km2", "1e400", NOTHING),
        ("area_km2", "٣", NOTHING),
        ("lent", " ", 0), ("category", "县城驻地镇", "county_seat"), ("category", "town", NOTHING),
        ("name", " a\tb ", "a\tb"),
        ("name", "a\x07", NOTHING), ("id", "x" * 65, NOTHING),
    ],
)  # fmt: skip
def test_what_a_cell_means_is_worked_out_by_itself(column, text, meant):
    found = meaning(schema()["townships"][column], text)
    assert found is meant or found == meant


def test_comma_separated_text_is_taken_apart_by_itself():
    assert comma_separated('a,"b,""c""\r\nd"\r"",e') == [["a", 'b,"c"\r\nd'], ["", "e"]]


# The campaign


def test_an_input_hangs_on_seed_and_number_alone(tmp_path):
    reader = READERS["duty"]()
    reader.lay(tmp_path)
    one, other = (tried(reader, 7, 3, tmp_path, SECONDS)[0] for _ in range(2))
    assert (one.kind, one.files) == (other.kind, other.files)
    assert tried(reader, 8, 3, tmp_path, SECONDS)[0].files != one.files


def test_choices_are_made_by_bytes_and_go_on_where_these_end():
    assert [OfBytes(bytes([number])).getrandbits(8) for number in (0, 1, 255)] == [0, 1, 255]
    chosen = [OfBytes(b"abc").sample(range(100), 10) for _ in range(2)]
    assert chosen[0] == chosen[1]
    assert 0 <= OfBytes(b"\xff" * 9).random() < 1


def test_inputs_are_shared_out_and_counted():
    shares = shared_out(1_000, list(READERS))
    assert abs(sum(shares.values()) - 1_000) < len(shares)
    assert min(shares.values()) >= 1
    counts = {"accepted": 2, "refused": 3, "slow": 1}
    report = {"counts": counts, "slowest": 0.5, "seconds": 2.0, "defects": [{"number": 4}]}
    row = summed([report, report], [{"number": 9}])
    assert (row["inputs"], row["accepted"], row["slow"], row["crashed"]) == (13, 4, 2, 1)
    assert len(row["defects"]) == 3


def test_a_process_that_dies_is_a_defect_and_the_others_are_tried_all_the_same(tmp_path, monkeypatch):
    asked = []

    def dies_at_seven(runner, request, seconds):
        asked.append((request["start"], request["stop"]))
        Path(request["progress"]).write_text("7", encoding="utf-8")
        if request["start"] <= 7 < request["stop"]:
            return {"status": "crashed", "note": "Segmentation fault"}
        tried = request["stop"] - request["start"]
        return {"status": "done", "counts": {"refused": tried}, "slowest": 0.1, "seconds": 1.0, "defects": []}

    monkeypatch.setattr(fuzz, "measured", dies_at_seven)
    row = fuzz.campaign("duty", 10, 1, SECONDS, tmp_path)
    assert asked == [(0, 10), (0, 7), (8, 10)]
    assert (row["inputs"], row["refused"], row["crashed"]) == (10, 9, 1)
    assert [(each["number"], each["note"]) for each in row["defects"]] == [(7, "Segmentation fault")]


def test_a_defect_is_kept_and_fails_the_command(tmp_path, monkeypatch, capsys):
    defect = {"number": 3, "kind": "by hand", "outcome": "misread", "note": "1 is 2"}
    report = {"counts": {"misread": 1, "refused": 2}, "slowest": 0.1, "seconds": 1.0, "defects": [defect]}
    monkeypatch.setattr(fuzz, "campaign", lambda *arguments: summed([report], []))
    with pytest.raises(typer.Exit) as ended:
        fuzz.main(inputs=3, readers="duty", folder=tmp_path)
    assert ended.value.exit_code == 1
    said = capsys.readouterr().out
    assert "duty 3: misread: 1 is 2 (by hand)" in said
    assert "inputs=3 accepted=0 refused=2 defects=1" in said


def test_wrong_options_are_told(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="Did you mean 'folder'"):
        fuzz.main(readers="folders", folder=tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="takes atheris"):
        fuzz.main(guided=True, folder=tmp_path)


def test_what_the_runner_reports_is_counted(tmp_path):
    asked = {
        "reader": "duty",
        "seed": 1,
        "start": 0,
        "stop": 20,
        "seconds": SECONDS,
        "progress": str(tmp_path / "number"),
    }
    report = measured("fuzz", {**asked, "folder": str(tmp_path)}, 120)
    assert report["status"] == "done", report["note"]
    assert sum(report["counts"].values()) == 20
    assert (tmp_path / "number").read_text(encoding="utf-8").strip() == "19"


@pytest.mark.slow
def test_libfuzzer_chooses_for_the_same_readers(tmp_path):
    pytest.importorskip("atheris")
    row = fuzz.guided_reader("duty", 60, 1, SECONDS, tmp_path)
    assert row["inputs"] >= 60
    assert row["defects"] == []
