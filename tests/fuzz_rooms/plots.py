"""Rows of plot."""

from fuzz_rows import pending

pending("plot.*")
