"""Updates of the sites of one colour, compiled for each formula.

class_row, start, count, step, random_at: as in `metropolis.Runs`.
"""

from heatbath_numba.calls import whole_at
from heatbath_numba.formula_signature import copy_row_images, update_row
from heatbath_numba.header import kernel


@kernel
def update(
    counts, q, uniform, limit, width, class_row, start, count, step, random_at, first, last, lead,
    stride, classes, images, n_images, table, size, loads, scalars,
):  # fmt: skip
    """The runs first … last − 1, and then what lies around their rows."""
    for k in range(first, last):
        row = whole_at(class_row, k)
        update_row(
            counts, width, uniform, limit, whole_at(random_at, k), whole_at(start, k),
            whole_at(count, k), whole_at(step, k), q, table, row, size, loads, scalars,
        )  # fmt: skip
        row = row // classes
        if k + 1 == last or whole_at(class_row, k + 1) // classes != row:
            copy_row_images(q, lead + row * classes * stride, images, n_images)
