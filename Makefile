# One command per task. `make` lists them. They use the active virtual environment; see
# CONTRIBUTING.md for making one.

PYTHON ?= python

# The allocator keeps freed memory: else NumPy's times move by up to five. One thread.
SETTLED = MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 \
	OMP_NUM_THREADS=1 HEATBATH_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help setup test statistics lint format types imports doctest docs bench report build ci nightly

help: ## list the tasks
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

setup: ## install heatbath, editable, with everything the tasks below need
	$(PYTHON) -m pip install -c constraints.txt -e '.[test,docs,bench]'

test: ## the fast tests
	$(PYTHON) -m pytest

statistics: ## the long statistical tests
	$(PYTHON) -m pytest -m statistics

lint: ## look for faults and for unformatted code
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check

format: ## format the code and mend what can be mended
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

types: ## check the types
	$(PYTHON) -m mypy

imports: ## check who imports whom
	lint-imports

doctest: ## run the examples in docstrings and pages
	$(PYTHON) -m pytest --doctest-modules --doctest-glob='*.md' src README.md docs

# Nearly as many processes as pages: the tutorials then run side by side.
docs: ## build the site with its tutorials into build/docs
	$(PYTHON) -m sphinx -W --keep-going -q -j 24 docs build/docs

bench: ## run the asv benchmarks once, in this environment
	cd asv_bench && asv machine --yes && env $(SETTLED) asv run --python=same --quick --show-stderr

report: ## compare with C and peers, store the ratios, write docs/benchmarks.md
	cd asv_bench && $(PYTHON) -m benchmarks.report

build: ## build sdist and wheel into dist/
	$(PYTHON) -m build

ci: ## all that the continuous integration runs, in fresh environments
	.ci/run

nightly: ## the suite on every Python, oldest and newest packages, odd machines, fresh seeds
	$(PYTHON) -m nox
