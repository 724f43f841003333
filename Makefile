# make demo      install what is needed into .venv and show what Sensorium does
# make check     ruff and mypy
# make test      check, then all tests but the slow ones
# make test-all  check, then all tests
# make clean     remove .venv, caches and build products
#
# PYTHON=python3.12 picks another Python (3.11 or newer), VENV=path another virtual environment.

PYTHON ?= python3
VENV ?= .venv

BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-to-run
DEV_READY := $(VENV)/.ready-to-develop

.PHONY: demo check test test-all clean
.DELETE_ON_ERROR:

demo: $(RUN_READY)
	$(BIN)/sensorium demo

check: $(DEV_READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: check
	$(BIN)/pytest

test-all: check
	$(BIN)/pytest -m "slow or not slow"

clean:
	rm -rf .venv build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN_READY): EXTRAS :=
$(DEV_READY): EXTRAS := [dev]
$(RUN_READY) $(DEV_READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else f"Got Python {sys.version.split()[0]}, expected 3.11 or newer. Name one: make PYTHON=python3.11")'
	@echo "Installing into $(VENV); the first time this takes a few minutes."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.$(EXTRAS)'
	@touch $@
