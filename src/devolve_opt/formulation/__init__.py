"""The model: one file for each policy instrument, every constraint its own function.

`model.py` is the contents page. Symbols: $t$ township, $p$ power, $c$ category, $f$ field, $k$ county, $s$ step of
overload.
"""

from devolve_opt.formulation.model import build_model
from devolve_opt.formulation.readout import read_decisions, set_start

__all__ = ["build_model", "read_decisions", "set_start"]
