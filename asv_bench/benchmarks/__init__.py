"""Benchmarks of heatbath: ratios within one process, since machines drift by a factor of two."""
