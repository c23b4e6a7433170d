"""Formulas: plain arithmetic recorded once, from which everything else is derived."""

from heatbath.formula.cliques import Clique, bond, site
from heatbath.formula.expression import Expression, FormulaError
from heatbath.formula.latex import latex
from heatbath.formula.program import Kind, Load, Program, folded, interaction_offsets, record
from heatbath.formula.source import written_out

__all__ = [
    "Clique",
    "Expression",
    "FormulaError",
    "Kind",
    "Load",
    "Program",
    "bond",
    "folded",
    "interaction_offsets",
    "latex",
    "record",
    "site",
    "written_out",
]
