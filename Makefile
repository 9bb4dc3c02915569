# Wardlight. `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin
# Tests and demos start hundreds of processes: each reads what the first one has compiled.
export PYTHONDONTWRITEBYTECODE :=
ARGS ?=
# Test files are shared out to one process more than there are cores, each with servers of its
# own: some tests wait for processes rather than work.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# How often `make faults` kills the API at a random point (REL-01).
KILLS ?= 200

.PHONY: help setup setup-dev check check-types check-rest test fix demo bench faults screens migrate lock conformance \
	audit sbom licences fuzz
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.runtime app/static/.built ## make .venv, install the locked requirements, build the front-end assets

setup-dev: .venv/.dev node_modules/.dev app/static/.built

demo: setup ## show it: a synthetic cohort, its readings over HTTP, alerts in the inbox
	$(BIN)/wardlight demo $(ARGS)

test: setup-dev ## run every test (ARGS="-k name" narrows it)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

faults: setup-dev ## run every fault, write what it cost into docs/reliability.md (ARGS="-k ft_08" runs one)
	WARDLIGHT_KILLS=$(KILLS) $(BIN)/python -m pytest -p tests.faults.table -m "" $(ARGS)

screens: setup-dev ## take the pictures of the pages that the docs show
	WARDLIGHT_SCREENS=docs/screens $(BIN)/python -m pytest -q tests/browser/test_screens.py $(ARGS)

check: setup-dev ## linters, types, import layers, templates
	@$(MAKE) -j2 --output-sync=line --no-print-directory check-types check-rest

check-types: setup-dev
	$(BIN)/mypy .

# That every test can be read is seen here: what is compiled for it, `make test` finds.
check-rest: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/bandit -q -r core fhir ingest monitoring alerts reports app lab -c pyproject.toml
	$(BIN)/python -m pytest --collect-only -q | tail -n 20

audit: setup-dev ## ask whether an advisory is known for a locked package (needs the network)
	$(BIN)/python -m tests.supply.audit

fuzz: setup-dev ## let bytes grow against the FHIR reader for ten minutes (FUZZ_SECONDS=60 for one)
	@mkdir -p .wardlight/corpus
	$(BIN)/python -m tests.fuzz.guided -max_total_time=$(or $(FUZZ_SECONDS),600) .wardlight/corpus

sbom: setup-dev ## write what a release is made of, as CycloneDX, into dist/
	$(BIN)/python -m tests.supply.bill

licences: setup-dev ## write under which licence each part stands into docs/licences.md
	$(BIN)/python -m tests.supply.licences

fix: setup-dev ## mend what the linters can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev ## measure speed; ratios against ceilings of the same run
	$(BIN)/python -m bench $(ARGS)

conformance: setup-dev ## write into the docs which test proves what
	$(BIN)/python -m tests.conformance

migrate: setup ## bring the database schema to its newest revision
	$(BIN)/wardlight migrate

lock: setup-dev ## renew the hash-locked requirements from pyproject.toml
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--extra dev pyproject.toml -c requirements/runtime.txt -o requirements/dev.txt

.venv/.build: requirements/build.txt
	@test -n "$(PYTHON)" || { echo "Wardlight needs Python 3.11 or newer, with venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt
	@touch $@

.venv/.runtime: .venv/.build requirements/runtime.txt pyproject.toml
	$(BIN)/uv pip install -q --require-hashes -r requirements/runtime.txt
	$(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements/dev.txt
	$(BIN)/uv pip install -q --require-hashes -r requirements/dev.txt
	@touch $@

# Where the machine has no npm, Node comes from a wheel.
.venv/.node: .venv/.runtime requirements/node.txt
	@command -v npm >/dev/null || $(BIN)/uv pip install -q --require-hashes -r requirements/node.txt
	@touch $@

app/static/.built: .venv/.node package.json package-lock.json app/frontend.py $(wildcard app/assets/*)
	$(BIN)/python -m app.frontend
	@touch $@

# The packages of the tests: the FHIR oracle, a FHIR client, the accessibility check.
node_modules/.dev: .venv/.node package.json package-lock.json
	$(BIN)/python -m app.frontend --dev
	@touch $@
