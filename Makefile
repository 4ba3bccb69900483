# What a person types. `make` alone lists the targets.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
CLIENT := $(if $(wildcard clients/python/pyproject.toml),$(VENV)/.ready-client)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help setup

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.ready-dev $(CLIENT) ## make .venv with everything for work on the desk

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.txt | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.ready-client: clients/python/pyproject.toml $(VENV)/.ready
	$(PIP) install --quiet --no-deps --no-build-isolation -e clients/python
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
