# The verbs of this repository. CI calls the same ones; `make` alone lists them.
# Give a verb more to say with ARGS: make test ARGS="tests/fake_sge -k qstat"
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup up down test check lint types imports spelling fix bench conformance docs campaign lock

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/installed ## make .venv and install everything into it

.venv/installed: locks/dev.txt locks/installer.txt tools/setup
	@tools/setup
	@touch $@

up: setup ## bring up a hub on a fake cluster; prints its address, a user and the password
	@$(BIN)/hubstack up $(ARGS)

down: setup ## take that hub down again
	@$(BIN)/hubstack down $(ARGS)

.venv/clients/installed: .venv/installed locks/clients.txt
	@$(BIN)/python -m venv --without-pip .venv/clients
	@$(BIN)/uv pip install --quiet --python .venv/clients/bin/python --require-hashes -r locks/clients.txt || \
		$(BIN)/python -m pip --python .venv/clients/bin/python install --quiet --require-hashes -r locks/clients.txt
	@touch $@

test: setup .venv/clients/installed ## run the tests
	@tools/test $(ARGS)

check: lint types imports spelling ## what must hold of the source: style, types, imports, spelling

lint: setup
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { echo "Run 'make fix': these files aren't formatted."; exit 1; }

types: setup
	@$(BIN)/mypy

imports: setup
	@$(BIN)/lint-imports --no-logo --no-cache

spelling: setup
	@$(BIN)/codespell

fix: setup ## mend what tools can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: setup ## measure speed, as ratios
	@$(BIN)/python -m pytest tests/benchmarks --timeout 900 --benchmark-columns min,median,iqr,rounds $(ARGS)

conformance: setup ## play the recordings of a real cluster against fake_sge
	@$(BIN)/python -m fake_sge check tests/transcripts $(ARGS) || echo "tests/conformance/deviations.yaml has the reasons"
	@$(BIN)/python -m pytest -q tests/conformance

docs: setup ## build the documentation into docs/_build/html
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs docs/_build/html
	@echo "docs/_build/html/index.html"

campaign: setup ## hours of checking, resumable; evidence goes to docs/evidence
	@$(BIN)/python tools/campaign $(ARGS)

lock: setup
	@tools/lock
