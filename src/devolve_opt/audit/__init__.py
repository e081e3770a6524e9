"""Audit: an independent check of any plan, from the raw tables, without the model.

Nothing here knows of Pyomo, of the formulation or of the solver. Every figure is worked out anew in `ledger`, in
fractions of the numbers as they are written (`exact`), so that no rounding error of the check's own decides; every rule
is one small function in `lists`, `work`, `posts` or `officers`, and this page says which rules there are. A plan made by
hand, by the ratio rule or by the solver is judged alike.

A solver keeps limits of hours to a tolerance. One that is exceeded by no more than a millionth (`ledger.SLACK`) is no
breach, but it is told: `Audit.tolerated`. Counts (powers, posts, officers) are compared as they are. Whole posts of the
formula are spread by `rules.apportionment`, which the model uses too.

| rule | sentence | source |
|---|---|---|
| `well_formed` | Every table has its columns; ids are known; numbers are whole and not negative; no row stands twice. | `plan.Decisions` |
| `base_list_within_cap` | The base list holds at most `base_list_max` powers. | the city's report |
| `guide_list_within_cap` | All lists together hold at most `guide_list_max` different powers. | the city's report |
| `listing_hours_within_cap` | All listed powers together take the county at most `listing_hours_max` hours. | `Policy.listing_hours_max` |
| `category_list_within_cap` | The list of each category holds at most `category_list_max` powers. | `Policy.category_list_max` |
| `one_kind_of_list` | A power stands on the base list or on category lists, never on both nor twice on one; only categories of `own_list_categories` have a list. | the city's report |
| `eligible` | Every listed power may lawfully be handed down. | 处罚法 10, 18, 20-21, 24, 63; 强制法 17, 29, 47; 许可法 24 |
| `guide_list_kept` | Where the case has a guide list in force, the plan's is the same, as far as its powers are eligible and its lists exist. | table `guide_list` |
| `taken_only_if_listed` | A township takes a power only from the base list or from the list of its category. | the city's report |
| `no_interest` | A township takes only what it chose, has cases of, holds from earlier batches, needs for a duty or has pinned, and what that requires. | the city's report |
| `votes_only` | A subdistrict takes no power. | the city's report |
| `required_power_taken` | Who takes a power takes the power it requires. | 强制法 17 |
| `new_powers_within_cap` | A township takes at most `new_powers_max` powers. | `Policy.new_powers_max` |
| `taken_only_if_ready` | A township takes a power only if it is or becomes ready in its field. | 处罚法 24 |
| `new_fields_within_cap` | A township becomes ready in at most `new_fields_max` fields, not counting those that stations bring. | `Policy.new_fields_max` |
| `ready_is_new` | Readiness is made once, where there is none today, and in no subdistrict. | `plan.Decisions` |
| `overload_within_stop` | Where overload is priced, the hours needed (with those at risk) stay within the last overload step. | `Policy.overload_steps`, `Policy.uncertain_hours` |
| `workload_within_wall` | Where overload is a wall, the hours needed (with those at risk) stay within `wall_share` of the hours there. | `Policy.wall_share`, `Policy.uncertain_hours` |
| `base_posts_by_formula` | Base posts are those of the formula. | the city's report |
| `floating_spread` | The floating posts of a county add up to its floating pool. | the city's report |
| `revolving_spread` | The revolving posts of a county add up to its revolving pool. | the city's report |
| `revolving_within_cap` | A township holds at most `revolving_posts_max` revolving posts, or an even share of the pool if that is more. | `Policy.revolving_posts_max` |
| `posts_within_band` | Base and floating posts stay within `posts_band` of the fair share; the formula's own whole number is always allowed, and so are posts in force. | `Policy.posts_band` |
| `posts_moved_within_cap` | All townships together, but for posts in force, gain at most `posts_moved_max` posts. | the city's report |
| `posts_kept` | A township whose posts are in force has just so many. | table `posts_in_force` |
| `officers_at_least_minimum` | Every enforcement office, of subdistricts too, has at least `officers_min` officers. | 处罚法 42 |
| `officers_moved_within_county` | As many officers move into the townships of a county as move out. | the city's report |
| `moved_out_of_remaining` | Only officers who still hold a certificate after attrition move out. | `plan.Decisions` |
| `trained_from_staff` | Only staff in post without a certificate are trained. | `Policy.training_places_max` |
| `training_within_places` | All townships together get at most the certificates of those who pass: `exam_pass_share` of `training_places_max` candidates. | `Policy.training_places_max`, `Policy.exam_pass_share` |
| `officers_cover_fields` | An office of the minimum size works in `fields_at_minimum` fields with penalties; each further officer adds `fields_per_officer`. | `Policy.fields_at_minimum`, `Policy.fields_per_officer` |
| `penalty_field_has_officers` | An office that holds a power in a field with penalties has at least `officers_per_field` officers. | 处罚法 42 |
| `base_list_taken` | Where the policy says so, a township takes the powers of the base list that it chose, or all of them. | `Policy.take_up_floor` |
| `goal_reached` | A term of the objective that comes first reaches what its goal says. | `Policy.goals` |
| `pin_kept` | What is pinned stands: who takes a power, or which list holds it, or does not. | `Policy.pins` |
| `opened_within_cap` | A county opens at most `opened_max` powers to its townships. | `CountyOpening.opened_max` |
| `returned_of_lent` | Only staff still lent come back beyond the cap, and only where the policy lets them. | `LentReturns` |
| `returned_within_cap` | Beyond the cap's own returns, at most `returned_max` persons come back. | `LentReturns.returned_max` |
| `led_within_cap` | Leaders head at most `led_max` offices, and none where the policy has no leaders do so. | `OfficeHeads.led_max` |
| `unused_within_share` | At most `share_max` of a township's powers are likely to be withdrawn. | `Retention.share_max`, `Policy.use_min` |
| `managed_kind_allowed` | A township manages only stations of kinds that the policy lets it manage, and by some measure unless they are devolved; none where stations are off. | the city's report; 宪法 131, 136 |
| `devolved_kind_allowed` | Only a station of a kind that is not kept with the county is devolved. | the city's report; 宪法 131, 136 |
| `managed_within_cap` | Townships manage at most `managed_max` stations, devolved ones among them. | `Stations.managed_max` |
| `devolved_within_cap` | At most `devolved_max` stations are devolved. | `Stations.devolved_max` |
| `managed_per_township_within_cap` | A township manages at most `managed_per_township_max` stations, devolved ones among them. | `Stations.managed_per_township_max` |
| `duty_is_laid` | A township carries only duties that are laid on it, and only where the policy knows duties. | table `duties` |
| `matched_only_with_power` | A township carries a duty only if it takes, or holds by law, every power of the duty. | the city's report |
| `duty_load_within` | A township that carries duties needs at most `load_max` of the hours there. | the city's report, `Duties.load_max` |
| `matched_share_at_least` | A township carries at least `matched_share_min` of the duties laid on it that nothing bars. | `Duties.matched_share_min` |
| `held_stays` | What a township holds from earlier batches it goes on holding, unless a withdrawal is priced. | `Phases.withdrawal_price`, table `held` |
| `officer_hours_sufficient` | The enforcement hours (with those at risk) fit into `officer_hours_share` of the officers' time. | 处罚法 42 |
"""  # noqa: E501 - rows of a Markdown table cannot be broken

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from devolve_opt.audit import duties, instruments, lists, officers, posts, stations, work
from devolve_opt.audit.figures import field_figures, term_values, township_figures
from devolve_opt.audit.ledger import Ledger
from devolve_opt.audit.sound import sound_decisions
from devolve_opt.case import Case
from devolve_opt.plan import Audit, Breach, Decisions
from devolve_opt.policy import Policy

__all__ = ["audit", "describe"]

_RULES: tuple[Callable[[Ledger], Iterator[Breach]], ...] = (
    lists.base_list_within_cap,
    lists.guide_list_within_cap,
    lists.listing_hours_within_cap,
    lists.category_list_within_cap,
    lists.one_kind_of_list,
    lists.eligible,
    lists.guide_list_kept,
    work.taken_only_if_listed,
    work.no_interest,
    work.votes_only,
    work.required_power_taken,
    work.new_powers_within_cap,
    work.taken_only_if_ready,
    work.new_fields_within_cap,
    work.ready_is_new,
    work.overload_within_stop,
    work.workload_within_wall,
    posts.base_posts_by_formula,
    posts.floating_spread,
    posts.revolving_spread,
    posts.revolving_within_cap,
    posts.posts_within_band,
    posts.posts_moved_within_cap,
    posts.posts_kept,
    officers.officers_at_least_minimum,
    officers.officers_moved_within_county,
    officers.moved_out_of_remaining,
    officers.trained_from_staff,
    officers.training_within_places,
    officers.officers_cover_fields,
    officers.penalty_field_has_officers,
    instruments.base_list_taken,
    instruments.goal_reached,
    instruments.pin_kept,
    instruments.opened_within_cap,
    instruments.returned_of_lent,
    instruments.returned_within_cap,
    instruments.led_within_cap,
    instruments.unused_within_share,
    stations.managed_kind_allowed,
    stations.devolved_kind_allowed,
    stations.managed_within_cap,
    stations.devolved_within_cap,
    stations.managed_per_township_within_cap,
    duties.duty_is_laid,
    duties.matched_only_with_power,
    duties.duty_load_within,
    duties.matched_share_at_least,
    instruments.held_stays,
    officers.officer_hours_sufficient,
)


def audit(case: Case, policy: Policy, decisions: Decisions) -> Audit:
    """Check a plan against every rule and work out what it is worth, from the raw tables alone.

    Odd decisions never raise: each oddity is a `well_formed` breach, and the rest is judged on what is sound. There, a
    row that names something unknown is left out, a number that is missing or no number counts as 0, a negative or
    fractional number counts as it stands.

    Args:
        case: the data with the scenario's changes applied (`Scenario.data`); its tables must be checked.
        policy: the caps and prices.
        decisions: the plan, from whatever source.

    Returns:
        The breaches in the order of the rules above, none for a sound plan; the terms in the order of `Term`
        (staff-hours a year, costs negative); and two tables.

        `townships`, indexed by township in the order of the case:

        - `county`, `category`: as in the case.
        - `hours_needed`: statutory load, joint cases, upkeep and cases of the powers taken, own work of stations that
          are devolved, duties carried (staff-hours a year).
        - `hours_at_risk`, `officer_hours_at_risk`: by how much the powers taken may take more than expected at most,
          under `uncertain_hours`; 0 without it (staff-hours and officer-hours a year).
        - `hours_there`: working hours of `staff` (staff-hours a year).
        - `load`: hours needed / hours there (share); infinite where there are none but some are needed.
        - `overload_hours`: hours needed above `overload_free_share` of those there, priced or not (staff-hours a year).
        - `posts_before`: posts today (posts).
        - `posts`: `base_posts` + `floating_posts` + `revolving_posts`, as the plan has them (posts).
        - `fair_share`: what the formula gives before rounding: base posts and exact floating posts (posts).
        - `staff_before`: staff in post today - lent + stationed (persons).
        - `staff`: the same under the plan; a post that moves brings its county's average filling, a managed station
          the share of its staff's time that the township directs, a devolved one all of it (persons).
        - `lent_returned`: lent staff above the cap, who come back (persons).
        - `officers_before`: certified officers today (persons).
        - `officers_remaining`: those left after a year's attrition (persons).
        - `trained`, `moved_in`, `moved_out`: as the plan has them (persons).
        - `from_stations`: certified staff of devolved stations (persons).
        - `officers`: remaining + trained + moved in - moved out + from stations (persons).
        - `officer_hours_needed`: own enforcement, joint cases, heading the office, cases of the enforcement powers
          taken, duties carried, and what officers of devolved stations keep of their own work (officer-hours a year).
        - `officer_hours_there`: the share of the officers' time that goes to enforcement (officer-hours a year).
        - `rounds_asked`: rounds in which it chose an eligible power (rounds).
        - `rounds_met`: rounds in which it chose a power it takes (rounds).
        - `powers_taken`: powers it takes (powers).
        - `fields_ready`: fields it is ready in, today's and new (fields).

        `fields`, a row for each township and field that is ready: `township`, `field`, `new` (whether the plan makes it
        ready), `brought` (whether a station that the township manages brings it, so that it costs nothing), `powers`
        (powers of the field it takes), `cases` (cases a year of those).
    """
    sound, breaches = sound_decisions(case, decisions)
    ledger = Ledger(case, policy, sound)
    for rule in _RULES:
        breaches.extend(rule(ledger))
    figures = term_values(ledger), township_figures(ledger), field_figures(ledger)
    return Audit(tuple(breaches), *figures, tuple(ledger.tolerated))


def describe(breaches: Iterable[Breach], limit: int = 10) -> str:
    """Return the breaches as text for a message: one line each with rule, place and amount.

    Args:
        breaches: what an audit found.
        limit: lines to show; the breaches beyond it are counted by rule.
    """
    found: Sequence[Breach] = tuple(breaches)
    if not found:
        return "no rule is broken"
    shown, rest = found[: max(0, limit)], found[max(0, limit) :]
    title = "1 breach:" if len(found) == 1 else f"{len(found)} breaches:"
    lines = [title, *(f"  {breach}" for breach in shown)]
    if rest:
        counted = ", ".join(f"{count} x {rule}" for rule, count in Counter(breach.rule for breach in rest).items())
        lines.append(f"  and {len(rest)} more: {counted}")
    return "\n".join(lines)
