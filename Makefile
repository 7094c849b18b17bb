# Förderweg: `make` alone lists what it can do. Paths are relative, so that the folder may lie anywhere.
.DEFAULT_GOAL := help
.PHONY: help install job demo test check format bench growth size chaos screens messages lock
.DELETE_ON_ERROR:

PORT ?= 8000
SEED ?= 7
APPLICATIONS ?= 1000
CASES ?= 1000 100000
BIN := .venv/bin

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '%-16s %s\n' "$$target" "$$text"; done

install: .venv/installed web/static/packages/installed ## make .venv with everything in it (the other targets do this themselves)

job: install ## take one application the whole way on throw-away servers, and say each step
	@exec $(BIN)/python -m web.cli.main job

demo: install ## start everything with made-up data and stay (PORT=8000, DATA=var/demo-8000, LIVE=1); Ctrl-C ends it
	@exec $(BIN)/python -m web.cli.main demo --port $(PORT) $(if $(DATA),--data "$(DATA)") $(if $(LIVE),--live)

test: install ## run every test on throw-away servers (ARGS= goes to pytest)
	@exec $(BIN)/python -m pytest -n 2 --dist load --maxschedchunk 1 $(ARGS)

check: install ## style, types, import contracts, and migrations against the tables
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m web.cli.main check-migrations

format: install ## write the code in the common style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: install ## how fast the core is, beside peers and the limit; writes var/bench/core.json (ARGS=timers: one room)
	@exec $(BIN)/python -m tests.bench $(ARGS)

growth: install ## the same pages over more and more cases (CASES="1000 100000"); writes var/bench/growth.json
	@exec $(BIN)/python -m tests.bench.growth --cases $(CASES)

size: install ## requests a second of the web server and what people meet (ARGS=web: one room); writes var/bench
	@exec $(BIN)/python -m tests.bench.size $(ARGS)

chaos: install ## 1,000 applications over HTTP while everything is killed; races and random routes by the thousand (SEED=7)
	@$(BIN)/python -m tests.chaos.storm --seed $(SEED) --applications $(APPLICATIONS)
	@FOERDERWEG_RANDOM_ROUTES=10000 FOERDERWEG_RACES=500 FOERDERWEG_WORLDS=100 exec $(BIN)/python -m pytest -n 2 \
		tests/unit/engine/test_random_routes.py tests/integration/test_races.py tests/integration/test_state_machine.py

screens: install ## take the pictures of docs/screens anew, with the Chromium of this machine
	@exec $(BIN)/python -m tests.e2e.screens

messages: install ## bring the German texts of code and pages into the catalogues of workflow/translations
	@mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml --no-location -o build/messages.pot workflow web tasks
	for file in workflow/translations/*.po; do $(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete \
		--omit-header -w 110 -i build/messages.pot -o $$file -l $$(basename $$file .po); done

lock: ## pin what runs in requirements.lock, what development needs in requirements-dev.lock, and web/package.json
	python3 -m venv build/uv
	build/uv/bin/pip install -q --disable-pip-version-check uv
	build/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url -o requirements.lock pyproject.toml
	build/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra dev \
		--no-header --no-emit-index-url -c requirements.lock -o requirements-dev.lock pyproject.toml
	PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error

.venv/installed: requirements-dev.lock pyproject.toml .venv/bin/python
	@echo "Installing into .venv"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

web/static/packages/installed: web/package.json web/package-lock.json .venv/installed
	@echo "Installing what pages use of others' scripts into web/static/packages"
	@rm -rf $(@D)
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web ci --loglevel=error --ignore-scripts --no-audit --no-fund
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web run --silent copy
	@touch $@

.venv/bin/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$($$python --version)"; \
			$$python -m venv .venv || { rm -rf .venv; echo "Install Python's venv module first" \
				"(on Debian and Ubuntu: apt-get install python3-venv)."; exit 1; }; \
			exit 0; \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed, and none was found."; exit 1
