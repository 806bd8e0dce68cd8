# Two targets do everything: `make report` and `make test`. Each sets up .venv first, when it must.
#
#   PYTHON=python3.12   the interpreter .venv is made with (3.11 to 3.13)
#   UV=                 set it empty to install with pip although uv is there
#   ARGS="..."          passed on to `leadsmart run` or pytest

SHELL := bash
PYTHON ?=
UV ?= $(shell uv --version >/dev/null 2>&1 && command -v uv)
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Numeric libraries start a thread per core in each of the test processes unless told not to.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest
CHECK_PYTHON := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.DELETE_ON_ERROR:
.PHONY: help report test test-slow lint docs screenshots notebooks lock audit sbom clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

report: $(STAMP)  ## run the notebooks of every market and build outputs/site/index.html
	$(BIN)/leadsmart run $(ARGS)

test: $(STAMP)  ## every test but the long ones, browser included
	$(PYTEST) -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: $(STAMP)  ## the long tests; their output is kept in tests/slow-output.txt
	set -o pipefail; $(PYTEST) -m slow -v --no-header --color=no $(ARGS) | tee tests/slow-output.txt

screenshots: $(STAMP)  ## pictures of the report's main pages in both themes, in outputs/screenshots/
	$(BIN)/python docs/screenshots.py $(ARGS)

lint: $(STAMP)  ## check style, formatting, imports, docstrings and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/numpydoc lint $$(find src -name '*.py' | sort)
	$(BIN)/mypy

docs: $(STAMP)  ## write the passages of pages that are made from the code
	$(BIN)/python docs/generate.py

notebooks: $(STAMP)  ## open the notebooks in Jupyter
	$(BIN)/jupyter lab notebooks/

lock:  ## make requirements.lock from pyproject.toml, versions kept; ARGS=--upgrade renews them (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --quiet $(ARGS) --output-file requirements.lock

# Tools of their own environment: what they need is nothing of the report's.
.audit/.installed:
	$(or $(PYTHON),python3) -m venv --clear .audit
	.audit/bin/python -m pip install --quiet pip-audit cyclonedx-bom
	touch $@

audit: .audit/.installed  ## look up advisories of the locked packages; ARGS=--strict fails where that was not possible
	.audit/bin/python docs/audit.py .audit/bin/pip-audit $(ARGS)

sbom: .audit/.installed  ## list the locked packages as CycloneDX, to go with a release
	mkdir -p dist
	.audit/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible \
		--output-file dist/leadsmart.cdx.json

clean:  ## remove .venv and caches; outputs/ and data/ stay
	rm -rf $(VENV) .audit dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .quarto
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv compiles nothing unless asked to, and without compiled files every import takes several times as long.
$(STAMP): requirements.lock pyproject.toml
ifneq ($(UV),)
	test -x $(BIN)/python || $(UV) venv --quiet $(addprefix --python ,$(PYTHON)) $(VENV)
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
else
	@$(or $(PYTHON),python3) -c '$(CHECK_PYTHON)' || \
		{ echo "LeadSmart needs Python 3.11 to 3.13: run make PYTHON=python3.12, for example." >&2; exit 1; }
	$(or $(PYTHON),python3) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endif
	touch $@
