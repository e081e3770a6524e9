"""Files of keys: scenarios, scenarios of a country with its table of cities, proposed duties."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from random import Random
from typing import Any

from benchmarks.fuzzing.folders import HAND, is_mostly_utf8, records_text, spoilt_records
from benchmarks.fuzzing.meanings import comma_separated, keys_misread, table_misread
from benchmarks.fuzzing.mutations import spoilt_bytes, spoilt_tree
from benchmarks.fuzzing.toml_text import toml_text
from benchmarks.fuzzing.trials import Reader, Trial
from devolve_opt.case import Case
from devolve_opt.country import Country
from devolve_opt.policy import Policy
from devolve_opt.proposed_duty import ProposedDuty, read_duty
from devolve_opt.reading.cities import FILE
from devolve_opt.scenario import Scenario
from devolve_opt.schema import country_schema

SCENARIO = """title = "试验 scenario"
case = "hand"

[policy]
base_list_max = 1
guide_list_max = 3
listing_hours_max = 1e6
own_list_categories = ["county_seat", "central"]
choice_floor = 0.5
hearing_powers_stay = false
take_up_floor = "chosen"
overload = "priced"
overload_steps = [{ until = 1.0, price = 0.5 }, { until = 1.2, price = 2 }]
posts_formula = "custom"
posts_weights = { population = 5, area_km2 = 1, equal = 2 }
base_posts_tilt = { county_seat = 1, central = 1, key = 1, characteristic = 1, general = 1, subdistrict = 1 }
goals = [{ term = "choices_met", tolerance = 0.1 }, { term = "posts_moved", at_least = -100.0 }]

[policy.prices]
choice_met = 35.5

[policy.county_opening]
price = 10

[policy.retention]
share_max = 0.9

[policy.stations]
never_managed = ["court", "procuratorate"]
hour_shares = { daily_management = 0.2 }

[policy.phases]
batches = 2
withdrawal_price = 40.0

[policy.offices]
per_township = true

[policy.area_teams]
mode = "area"

[[policy.pins]]
power = "P1"
township = "A"
reason = "agreed in May"

[[policy.pins]]
power = "P3"
list = "any"
holds = false
reason = "会议纪要"

[changes]
population = { scale = 1.1 }
"townships.posts" = { add = 2, where = { category = ["general", "central"] } }
statutory_hours = { set = 9000.5, where = { id = "A" } }
"""
PLAIN = 'title = "Hand case"\ncase = "hand"\n[policy]\nbase_list_max = 1\nposts_band = 0.1\n'
DUTY = """name = "巡查 inspections"
hours = 120.0
hours_per_1000 = 1.5
officer_hours = 20
powers = ["P1", "P3"]
townships = ["A", "B"]
"""
COUNTRY = """title = "Land"
country = "land"
seed = 7
[pool]
posts = 4
lot = 2
lots_max = 1
[policy]
posts_band = 0.1
[policy.retention]
price = 3
"""
CITIES = "id,name,province,counties,townships,subdistricts\n1,甲市,东省,1,2,0\n2,乙市,东省,1,4,1\n3,丙市,西省,2,6,2\n"
KEYS = (
    *Policy.model_fields, "case", "changes", "policy", "scale", "add", "set", "where", "country", "province", "self",
)  # fmt: skip


def spoilt_toml(random: Random, text: str) -> tuple[str, bytes]:
    """Return what was done to a file of keys, and its bytes then."""
    kind = random.randrange(10)
    if kind < 2:
        return spoilt_bytes(random, text.encode())
    if kind == 2:
        levels = random.choice((100, 100, 3_000, 3_000, 20_000))
        key = random.choice(("title", "policy", "x", "hours", "changes"))
        line = random.choice(
            (f"{key}{'.a' * levels} = 1", f"{key} = {'[' * levels}{']' * levels}",
             f"{key} = {'{a=' * levels}1{'}' * levels}", f"[{key}{'.a' * levels}]", f"{key} = {'9' * levels}",
             f"{key} = 0x{'f' * levels}", f"{key} = 1e{levels}",
             "\n".join(f"{key}{number} = 1" for number in range(levels)),
             f"{key} = [{', '.join(['7'] * levels)}]", f"{key} = {[f'P{number}' for number in range(levels)]}")
        )  # fmt: skip
        lines = [each for each in text.splitlines() if not each.startswith((f"{key} ", f"{key}.", f"[{key}"))]
        lines.insert(0 if random.random() < 0.7 else len(lines), line)
        return f"{line[:30]} ... of {levels} put in", "\n".join(lines).encode()
    said, tree = spoilt_tree(random, tomllib.loads(text), KEYS)
    return said, toml_text(random, tree).encode("utf-8", "replace")


def keys_in(content: bytes) -> dict[str, Any]:
    """Return the keys of a file that was accepted."""
    return tomllib.loads(content.decode("utf-8-sig"))


class Scenarios(Reader):
    """A scenario file beside the hand case."""

    name, share = "scenario", 20

    def __init__(self) -> None:
        self.base = {**{f"hand/{path.name}": path.read_bytes() for path in HAND.iterdir()}, "plan.toml": PLAIN.encode()}
        self.case = Case.read(HAND)

    def draw(self, random: Random) -> Trial:
        """Return a scenario that is spoilt."""
        said, content = spoilt_toml(random, random.choice((SCENARIO, SCENARIO, PLAIN)))

        def misread(found: Scenario) -> str:
            return self.misread(found, keys_in(content))

        return Trial(said, {"plan.toml": content}, lambda place: Scenario.read(place / "plan.toml"), misread)

    def misread(self, found: Scenario, keys: Mapping[str, Any]) -> str:
        """Return what a scenario that was accepted holds otherwise than its keys say."""
        if found.title != keys.get("title", "plan"):
            return f"title: {keys.get('title')!r:.60} given, {found.title!r:.60} read"
        wrong = keys_misread(found.policy, keys.get("policy", {}), "policy")
        if wrong:
            return wrong
        changes = keys.get("changes", {})
        if set(changes) != set(found.changes):
            return f"changes: {sorted(changes)} given, {sorted(found.changes)} read"
        wrong = next(filter(None, (keys_misread(found.changes[key], changes[key], key) for key in changes)), "")
        if wrong or changes:
            return wrong
        return "" if found.data.digest == self.case.digest else "another case than that of the folder"


class Duties(Reader):
    """The file of a proposed duty, checked against the hand case."""

    name, share = "duty", 8

    def __init__(self) -> None:
        self.base = {"duty.toml": DUTY.encode()}
        self.case = Case.read(HAND)

    def draw(self, random: Random) -> Trial:
        """Return the file of a duty that is spoilt."""
        said, content = spoilt_toml(random, DUTY)

        def misread(found: ProposedDuty) -> str:
            return keys_misread(found, keys_in(content))

        return Trial(said, {"duty.toml": content}, lambda place: read_duty(place / "duty.toml", self.case), misread)


class Countries(Reader):
    """The scenario of a country and its table of cities."""

    name, share = "country", 8

    def __init__(self) -> None:
        self.base = {"land.toml": COUNTRY.encode(), f"land/{FILE}": CITIES.encode()}

    def draw(self, random: Random) -> Trial:
        """Return the scenario of a country; it or the table of its cities is spoilt."""
        content, cities = COUNTRY.encode(), CITIES.encode()
        kind = random.randrange(6)
        if kind < 3:
            province = COUNTRY.replace("seed", 'province = "东省"\nseed')
            said, content = spoilt_toml(random, province if kind == 0 else COUNTRY)
        elif kind == 3:
            said, cities = spoilt_bytes(random, cities)
        else:
            records = comma_separated(CITIES.rstrip("\n"))
            said, _ = spoilt_records(random, records, country_schema()["cities"], FILE)
            cities = records_text(random, records).encode("utf-8", "surrogatepass")
        changed: dict[str, bytes | None] = {"land.toml": content, f"land/{FILE}": cities}

        def misread(found: Country) -> str:
            return country_misread(found, keys_in(content), cities, "another encoding" in said)

        return Trial(said, changed, lambda place: Country.read(place / "land.toml"), misread)


def country_misread(found: Country, keys: Mapping[str, Any], cities: bytes, gb18030: bool) -> str:
    """Return what a country that was accepted holds otherwise than its files say."""
    try:
        text = cities.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not gb18030 and is_mostly_utf8(cities):
            return f"{FILE} is damaged UTF-8, accepted as GB18030"
        text = cities.decode("gb18030").removeprefix("\ufeff")
    records = comma_separated(text)
    if "province" in keys:
        filled = [record for record in records if any(cell.strip() for cell in record)]
        names = [name.strip() for name in filled[0]]
        at = next(place for place, name in enumerate(names) if name in ("province", "省份"))
        records = [filled[0], *(record for record in filled[1:] if record[at].strip() == keys["province"])]
    for name in ("title", "seed"):
        if name in keys and (getattr(found, name) != keys[name] or type(getattr(found, name)) is not type(keys[name])):
            return f"{name}: {keys[name]!r:.60} given, {getattr(found, name)!r:.60} read"
    if (found.pool is None) is not (keys.get("pool") is None):
        return "pool: there or not"
    pool = "" if found.pool is None else keys_misread(found.pool, keys["pool"], "pool")
    return (
        pool or keys_misread(found.policy, keys.get("policy", {}), "policy")
        or table_misread(country_schema()["cities"], records, found.cities, FILE)
    )  # fmt: skip
