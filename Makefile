# Every target installs what it needs into .venv by itself; Python 3.11 or newer, make and a package index are all
# it asks for. A stamp remembers each installation, and a lock or pyproject.toml newer than it installs again.

.DEFAULT_GOAL := help
.PHONY: help setup run demo serve test fuzz check fmt docs fixtures lock

# The first interpreter that is new enough: python3 itself, else a versioned one beside it.
PYTHON ?= $(firstword $(foreach p,python3 python3.11 python3.12 python3.13 python3.14,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(p))))
UV ?= uv

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL_CHECKOUT := $(PIP) install --no-build-isolation --no-deps --editable .
COMPILE := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: .venv/dev.stamp ## install the service, the tests' and the checks' tools into .venv

run: ## serve for real if there are settings for it, else the demo (KEEP=1 keeps the demo's data)
	@if [ -e config/gateway.toml ] || [ -n "$$GATEWAY_CALCOM__API_KEY" ]; \
		then $(MAKE) --no-print-directory serve; else $(MAKE) --no-print-directory demo; fi

demo: .venv/runtime.stamp ## a rehearsal with a stand-in Cal.com: no account, no settings (KEEP=1 keeps its data)
	@exec $(BIN)/gateway demo $(if $(KEEP),--keep)

serve: .venv/runtime.stamp ## the service, with config/gateway.toml and the environment
	@exec $(BIN)/gateway serve

test: .venv/dev.stamp ## run the tests
	$(BIN)/pytest -q

fuzz: .venv/dev.stamp ## put the API's description to the service for longer than the tests do (SEEDS=5 for each caller)
	SEEDS=$(or $(SEEDS),5) $(BIN)/pytest -q tests/web/test_schemathesis.py

check: .venv/dev.stamp ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fmt: .venv/dev.stamp ## format, and repair what lint can repair
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/dev.stamp ## draw the README's picture anew from the table of states
	@$(BIN)/python -c 'import re, pathlib; from gateway.domain.states import diagram; \
	p = pathlib.Path("README.md"); p.write_text(re.sub(r"(?s)(```mermaid\n).*?(\n```)", lambda m: m[1] + diagram() + m[2], p.read_text()))'

fixtures: .venv/runtime.stamp ## record anew what the sandbox sends, one pair of files for each webhook of each scenario
	$(BIN)/python -m gateway.sandbox.recorder tests/fixtures/webhooks

lock: ## resolve the dependencies anew into both lock files (needs uv; UPGRADE=1 takes newer versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group build --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/runtime.stamp: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --requirement requirements.lock
	$(INSTALL_CHECKOUT)
	@touch $@

# The development lock holds everything the runtime lock does, at the same versions.
.venv/dev.stamp: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(PIP) install --requirement requirements-dev.lock
	$(INSTALL_CHECKOUT)
	@touch $@ .venv/runtime.stamp
