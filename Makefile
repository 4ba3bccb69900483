# What a person types; `make` alone lists it. A fresh Debian 12 needs python3.11, git and make, nothing else.
PYTHON ?= $(firstword $(shell command -v python3.11 python3) python3.11)
WORKERS ?= 2
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-header
# A test that cannot find its server or browser fails instead of being skipped.
PYTEST := HITL_TEST_COMPLETE=1 $(BIN)/python -m pytest -n $(WORKERS)
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test services coverage lint bench requirements screenshots messages lock clean

# $(call apt,packages): installs them where that needs no question, otherwise names them and fails.
define apt
	as_root=""; if [ "$$(id -u)" != 0 ]; then as_root="sudo -n"; fi; \
	if ! command -v apt-get >/dev/null || ! $$as_root true 2>/dev/null; then \
		echo "Please install, then try again: $(1)" >&2; exit 1; \
	fi; \
	echo "Installing $(1)"; \
	$$as_root apt-get update -qq; \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null
endef

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready-dev $(VENV)/.ready-client ## make .venv with all that work on the desk needs
	@:

demo: $(VENV)/.ready $(VENV)/.ready-client ## try the desk: an invented shop with agents, customers and reviewers
	@$(BIN)/python manage.py serve --demo $(ARGS)

serve: $(VENV)/.ready $(VENV)/.ready-client ## run the desk in one process, without services
	@$(BIN)/python manage.py serve $(ARGS)

# Status 5: none of the tests that ARGS chose is for PostgreSQL.
# Each process has a PostgreSQL of its own: an open transaction of another test would hold up the events, as it should.
test: setup services ## run every test, on SQLite and on PostgreSQL
	@failed=0; \
	$(PYTEST) $(ARGS) || failed=1; \
	HITL_TEST_DATABASE=postgres $(PYTEST) $(ARGS) || { [ $$? = 5 ] && [ -n "$(ARGS)" ]; } || failed=1; \
	exit $$failed

services: setup ## install PostgreSQL, Redis and Chromium for the tests where they are missing
	@missing="$$($(BIN)/python -m tests.services)"; \
	if [ -n "$$missing" ]; then $(call apt,$$missing); fi

# What changes the desk's state. The hundredth that no test reaches are races that another check forbids already.
STATE := reviewqueue/domain/*,reviewqueue/tasks.py,audit/*,hitl/api/*,hitl/webhooks/*

coverage: setup services ## run every test and say which lines no test reaches; of what changes state, 99 % must be
	@$(BIN)/coverage erase
	@$(PYTEST) --cov --cov-report= $(ARGS)
	@HITL_TEST_DATABASE=postgres $(PYTEST) -n 0 --cov --cov-append --cov-report= $(ARGS)
	@$(BIN)/coverage report
	@$(if $(ARGS),,$(BIN)/coverage report --include="$(STATE)" --fail-under=99)

lint: setup ## check style, types, layers and templates
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	HITL_DATA_DIR=.mypy_cache/desk $(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --lint --quiet .

bench: setup services ## measure the desk against its limits, on servers of its own
	@$(BIN)/python -m benchmarks $(ARGS)

requirements: setup ## print which tests show which requirement, and which are not shown
	@$(BIN)/python -m tests.covers

screenshots: setup services ## take the pictures of the documentation
	@$(BIN)/python -m tests.screenshots $(ARGS)

messages: setup ## bring the catalogue of translations up to date and compile it
	@$(BIN)/python -m tests.messages

lock: $(BIN)/uv ## write the lock files anew from requirements*.in (ARGS=--upgrade for newer versions)
	$(LOCK) $(ARGS) requirements.in -o requirements.txt
	$(LOCK) $(ARGS) -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean: ## remove what can be made again (never var/, the desk's data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name it with PYTHON=…" >&2; exit 1; }
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then $(call apt,$(notdir $(PYTHON))-venv); fi
	@$(PYTHON) -m venv --clear $(VENV)

# Alone, so that a lock which no longer installs can be written anew.
$(BIN)/uv: | $(BIN)/python
	@$(PIP) install --quiet uv

$(VENV)/.ready: requirements.txt | $(BIN)/python
	@echo "Installing what the desk runs on into $(VENV)"
	@$(PIP) install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.ready-client: clients/python/pyproject.toml $(VENV)/.ready
	@$(PIP) install --quiet --no-deps --no-build-isolation -e clients/python
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready
	@echo "Installing what its tests and checks need into $(VENV)"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
