"""Stands in for what `formulas` generates where a loop file is read alone."""

from heatbath_numba import row_formulas, row_registers
from heatbath_numba.header import DTYPE

rows = row_registers.Rows(DTYPE, 0, 0, 0, 1, 4)
WRITTEN_OUT = False
drift_row = row_registers.drift_row(rows, masked=False)
copy_row_images = row_registers.copy_images(DTYPE, 1)
sum_scalars_of_row = row_registers.sum_scalars(rows, split=False)

_formula = row_formulas.RowFormula(
    rows, "energy", "def energy(phi):\n    return phi\n", (0,), (), 0, 0, 1
)
energy_row = _formula.store()
kick_row = _formula.add(masked=False)
kick_and_drift_row = _formula.add_and_drift(masked=False)
diffuse_row = _formula.diffuse()
update_row = _formula.update(split=True)
