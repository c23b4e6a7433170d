"""CPU kernels of heatbath, for NumPy arrays and torch CPU tensors.

`header`, `primitives` and the `*_loops` files are source text: `modules` joins them with the
functions generated from a formula into one module, named by the hash of everything it contains,
so that numba's disk cache is never stale.  They import and run on their own as well (for the
free field), which keeps linters and readers at ease.
"""
