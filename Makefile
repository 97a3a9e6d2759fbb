SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HISTORIES ?= 1000
WORKERS ?= 2
PORT ?= 8000
AUDITS := tests/conformance
CLIENT := examples/client

.PHONY: help install demo test check format bench lock clean

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(VENV)/installed: requirements.lock pyproject.toml
	@bash scripts/system-packages.sh "$(PYTHON) -c 'import ensurepip, venv'":python3-venv
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(VENV)/installed ## the environment, from the lock file

demo: install ## the main job: the real Catena-X file and a short story, a trace, the service on 127.0.0.1:8000 (DEMO_EXIT=1 stops after printing)
	@$(BIN)/voltrace demo --port $(PORT) $(if $(DEMO_EXIT),--exit)

$(AUDITS)/node_modules/.package-lock.json: $(AUDITS)/package-lock.json
	@bash scripts/system-packages.sh "node --version":nodejs "npm --version":npm
	@cd $(AUDITS) && npm ci --silent
	@touch $@

$(CLIENT)/.venv/installed: $(CLIENT)/requirements.lock
	@test -x $(CLIENT)/.venv/bin/python || $(PYTHON) -m venv $(CLIENT)/.venv
	@$(CLIENT)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

test: install $(AUDITS)/node_modules/.package-lock.json $(CLIENT)/.venv/installed ## all tests, on a real Neo4j too; HISTORIES=20000 for more random histories
	@bash scripts/system-packages.sh "chromium --version":chromium
	@bash scripts/system-packages.sh "javac -version":openjdk-17-jdk-headless "mvn -version":maven
	VOLTRACE_TEST_HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: install ## style, types, import directions, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/typos

format: install ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install ## measure: a JSON and a Markdown report in benchmarks/results
	@bash scripts/system-packages.sh "chromium --version":chromium
	$(BIN)/python -m benchmarks

lock: install ## renew the lock files, from pyproject.toml and examples/client/requirements.in
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-find-links --extra dev --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-find-links --extra scan --build-deps-for wheel --constraint requirements.lock --output-file requirements.image.lock pyproject.toml
	cd $(CLIENT) && $(CURDIR)/$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-find-links --output-file requirements.lock requirements.in

clean: ## remove what was built
	rm -rf $(VENV) $(CLIENT)/.venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
