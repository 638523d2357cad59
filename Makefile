# `make help` lists the targets. Variables that may be set on the command line or in the
# environment: PYTHON (the interpreter that makes .venv), PIP (how to install), ARGS (for `make arc`
# and `make test`). pip reads its usual configuration: indexes, proxies, certificates.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP ?= $(BIN)/python -m pip
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help arc test lint docs wheel clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

arc: $(VENV)/.installed ## run expert iteration on ARC, as in: make arc ARGS="--minutes 3"
	$(BIN)/python -m examples.arc run $(ARGS)

test: $(VENV)/.installed-test ## run the tests, as in: make test ARGS="-k replay"
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.installed-test ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.installed-docs ## build the documentation into docs/_build
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

wheel: $(VENV)/.installed ## build the wheel into dist
	rm -rf dist
	$(PIP) wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove everything that the other targets made, but not runs
	rm -rf $(VENV) dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "exit_dsl needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another" \
	         "one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e ".[arc]"
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(VENV)/.installed
	$(PIP) install --quiet -c constraints.txt -e ".[arc,test,ray,dask,lora,accelerate,grammar,plots]"
	@touch $@

$(VENV)/.installed-docs: pyproject.toml constraints.txt | $(VENV)/.installed
	$(PIP) install --quiet -c constraints.txt -e ".[arc,test,docs]"
	@touch $@
