"""devolve_opt."""
