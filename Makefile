# Foyer on one machine. Nothing has to be installed but Python 3.11 and make; everything stays in this folder.
.DEFAULT_GOAL := help
.PHONY: help run stop test test-fast chaos bench lint types contracts migrate venv clean

PYTHON ?= python3
# Arguments for pytest: make test T="tests/billing -k credit"
T ?=
BIN := .venv/bin
LOCAL := $(BIN)/python -m deploy.local
PYTEST := $(BIN)/python -m pytest

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

run: venv ## Start everything with demo data and print the address; Ctrl-C stops it
	@exec $(LOCAL) run

stop: venv ## Stop what `make run` started; its data stays
	@exec $(LOCAL) stop

test: venv ## All tests, on throw-away servers; T="…" for pytest
	@exec $(LOCAL) with-servers -- $(PYTEST) -n 2 --dist loadgroup -m "not chaos" $(T)

test-fast: venv ## The tests that need no servers, in seconds
	@exec $(PYTEST) -n 2 -m "not servers and not chaos" $(T)

chaos: venv ## The long kill and soak runs
	@exec $(LOCAL) with-servers -- $(PYTEST) -m chaos --timeout 0 $(T)

bench: venv ## Measure the goals of speed; T="…" names some
	@exec $(LOCAL) with-servers --durable -- $(BIN)/python -m tests.bench $(T)

lint: venv ## Style, form, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: venv ## Types
	$(BIN)/mypy services gateway foyer deploy

contracts: venv ## Write the published schemas anew from the contracts
	$(BIN)/python -m foyer contracts

migrate: venv ## Bring the tables of the running stack up to date
	@test -f .foyer/env || { echo "Nothing runs here: start it with \`make run\`." >&2; exit 1; }
	@. ./.foyer/env && exec $(BIN)/python -m foyer migrate

venv:
	@exec $(PYTHON) deploy/local/bootstrap.py

clean: ## Stop what runs, and remove data, servers, environment and caches
	@if [ -x $(BIN)/python ]; then $(LOCAL) clean; fi
	rm -rf .foyer .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
