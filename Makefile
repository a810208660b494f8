# thermobench: two commands, `make perf` and `make test`; what they need is set up on the way.

PYTHON ?= python3
PYTEST_ARGS ?=
TOX_ARGS ?=
SETUP_ARGS ?=

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup perf cost check test images clean

help:  ## show this text
	@echo 'make TARGET [VARIABLE="…"]'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-7s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  PYTEST_ARGS  options for pytest in perf, cost and check, as in  make perf PYTEST_ARGS="-m kafka --test-time 10"'
	@echo '  TOX_ARGS     options for tox in test, as in  make test TOX_ARGS="-e lint,types"'
	@echo '  SETUP_ARGS   options for the set-up, as in  make setup SETUP_ARGS=--no-system  (--help lists them)'
	@echo '  PYTHON       the Python (3.11 or later) that .venv is made with; now: $(PYTHON)'

setup:  ## install what is missing: system packages through apt (root or sudo), Python packages into .venv
	@$(PYTHON) -B -m tools.setup $(SETUP_ARGS)

perf: SETUP_ARGS += --baselines
perf: setup  ## the main job: measure every backend that can run on this machine; results go to .benchmarks/
	@$(BIN)/pytest perf --baselines $(PYTEST_ARGS)

cost: SETUP_ARGS += --cost
cost: setup  ## what measuring costs: our loop against the bare client and each server's own load tool; takes an hour
	@$(BIN)/pytest perf/test_harness_cost.py $(PYTEST_ARGS)

check: SETUP_ARGS += --tests
check: setup  ## the quick tests: style, types, and every test that is not marked slow
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy tools
	@$(BIN)/pytest tests -m "not slow" $(PYTEST_ARGS)

images: setup  ## container images of the servers, built from Debian packages: where no registry is, and for arm boards
	@$(BIN)/python -m tools.images

test: SETUP_ARGS += --cost --baselines --tests
test: setup  ## all tests, each in a clean environment of its own (tox), on real servers
	@$(BIN)/tox run $(TOX_ARGS)

clean:  ## delete what was built and installed in this checkout; results and downloads are kept
	rm -rf .venv .tox build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
