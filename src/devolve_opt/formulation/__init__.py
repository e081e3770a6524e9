r"""The model: one file for each policy instrument, every constraint its own function.

`model.py` is the contents page. Every constraint is a function whose docstring gives the sentence, the formula, the unit
and the source.

Indices: $t$ township, $p$ power, $c$ category, $f$ field, $k$ county, $s$ step of overload; $c(t)$, $k(t)$, $f(p)$ those
of a township or power; $r(p)$ the power that $p$ requires.

| variable | name | unit |
|---|---|---|
| $b_p$, $s_{cp}$, $l_p$ | `base`, `special`, `listed` | 0 or 1 |
| $x_{tp}$, $y_{tf}$ | `taken`, `ready` | 0 or 1 |
| $g_t$, $v_t$, $n_t$, $m_t$ | `floating`, `revolving`, `posts`, `posts_gained` | posts |
| $\tau_t$, $i_t$, $u_t$, $e_t$ | `trained`, `moved_in`, `moved_out`, `officers` | persons |
| $H_t$, $A_t$, $o_{ts}$ | `hours_needed`, `hours_there`, `overload` | staff-hours a year |
| $z_t$ | `shortfall` | rounds |
| $\gamma_{gt}$ | `goal_part` | staff-hours a year |
| $\zeta_t$, $\xi_{tp}$, $\Delta_t$, $\Delta^e_t$ | `risk_each`, `risk_beyond`, `hours_at_risk`, `officer_hours_at_risk` | hours a year |
| $m_a$, $d_a$, $z_{tf}$ | `managed`, `devolved`, `brought` | 0 or 1 |
| $m_{td}$, $k_t$ | `matched`, `carries` (duties $d$) | 0 or 1 |

| number | from | unit |
|---|---|---|
| $r_{tp}$, $n_{tp}$ | rounds chosen; cases of a power | rounds; cases a year |
| $h_{tp}$, $\rho_{tp}$ | hours to hold and use a power; those only officers may work | hours a year |
| $\bar H_t$, $\bar P_t$ | statutory load; statutory officer-hours | hours a year |
| $\bar q_t$, $\phi_k$ | staff while posts stay; staff in post for each post of the county | persons |
| $h_{td}$, $\rho_{td}$ | hours of a duty; those only officers may work | hours a year |
| $\bar n_t$, $\check n_t$, $\hat n_t$, $\bar b_t$, $G_k$, $V_k$ | posts today; posts in force; fair share; base posts; pools of the county | posts |
| $\ell_g$, $c_{gj}$ | `Goal.at_least`; coefficients of the term in the objective | staff-hours a year |
| $\Gamma$, $\delta$ | `UncertainHours.budget`, `UncertainHours.deviation` | powers, share |
| $\bar e_t$, $\bar y_t$ | officers left after attrition; fields with penalties ready today | persons; fields |
| $a$, $\eta$ | `available_hours` of the case; `officer_hours_share` | hours a year; share |
| $B$, $G$, $S$, $N$, $F$ | `base_list_max`, `guide_list_max`, `category_list_max`, `new_powers_max`, `new_fields_max` | powers, fields |
| $E$, $K$, $\phi$, $\delta$ | `officers_min`, `fields_at_minimum`, `fields_per_officer`, `officers_per_field` | persons, fields |
| $T$, $\kappa$ | `training_places_max`, `exam_pass_share` | candidates, share |
| $M$, $\beta$, $\gamma$, $\omega$ | `posts_moved_max`, `posts_band`, `choice_floor`, `wall_share` or ends of `overload_steps` | posts, shares |
| $\pi$, $\pi_s$, $R_f$, $c_p$ | the term's price; prices of `overload_steps`; readiness hours of a field; support hours of a power | hours |
"""  # noqa: E501 - rows of a Markdown table cannot be broken

from devolve_opt.formulation.added_rules import AddedRules, AddRules
from devolve_opt.formulation.changing import Changed, change_policy, reason_to_rebuild
from devolve_opt.formulation.levels import Levels
from devolve_opt.formulation.model import build_model
from devolve_opt.formulation.readout import read_decisions, set_start

__all__ = [
    "AddRules",
    "AddedRules",
    "Changed",
    "Levels",
    "build_model",
    "change_policy",
    "read_decisions",
    "reason_to_rebuild",
    "set_start",
]
