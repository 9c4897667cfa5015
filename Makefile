# Every target sets up what it needs by itself. `make` alone lists the targets.
PYTHON := .venv/bin/python

.PHONY: help setup demo test test-unit test-all site prove-github prove-rehearsal prove-deploy prove-lineage prove-service prove-menagerie prove-newcomer prove-hostile prove-pulls bench bench-idle bench-deploy bench-lineage bench-observe bench-tests house lint format docs lock up down backup restore upgrade clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the virtual environment .venv from the lock
	@scripts/setup

demo: setup ## the sample app from a commit to a verified deployment; ONCE=1 ends by itself
	@ONCE=$(ONCE) $(PYTHON) -m examples.demo

# Two workers on two cores, four at most: each has a registry and a server of its own.
PYTEST := $(PYTHON) -m pytest -n logical --maxprocesses 4 --durations=15

test: setup lint ## lint, type check, unit tests, and integration tests on real parts; ARGS="-k name" is passed to pytest
	@variables=$$($(PYTHON) -m tests.testbed present) && eval "$$variables" && $(PYTHON) -m tests.testbed prepare && \
	  $(PYTEST) --dist loadfile --no-loadscope-reorder -m "not thorough" $(ARGS)

test-unit: setup ## the unit tests, those of the documentation among them; no Docker Engine is needed
	@$(PYTEST) tests/unit $(ARGS)

# What touches the Engine, registry, Compose, SSH, Caddy and PostgreSQL is tested on this machine's own Docker too, which may be older.
OWN_DOCKER := tests/integration/engine $(addprefix tests/integration/test_,registry.py builders.py retention.py housekeeping.py in_place.py blue_green.py \
  procedures.py database_ready.py database_round_trip.py restoring.py end_to_end.py ssh.py server_logins.py forks.py)

test-all: setup lint ## all tests, also those that are marked `thorough`; before landing what touches what they prove
	@variables=$$($(PYTHON) -m tests.testbed present) && eval "$$variables" && $(PYTHON) -m tests.testbed prepare && \
	  $(PYTEST) --dist loadfile --no-loadscope-reorder $(ARGS)
	@$(PYTHON) -m tests.testbed prepare
	@$(PYTEST) --dist loadfile --no-loadscope-reorder -m "not thorough" $(ARGS) $(OWN_DOCKER)

prove-github: setup ## what is claimed of GitHub, measured at full size; PARTS="merges latency" measures these alone
	@PARTS="$(PARTS)" $(PYTHON) -m benchmarks.github

prove-rehearsal: setup ## what is claimed of the rehearsal, measured at full size; PARTS="order load kills bad" chooses
	@PARTS="$(PARTS)" $(PYTHON) -m benchmarks.rehearsal

prove-deploy: setup ## what is claimed of deployments, measured at full size; PARTS="row kills together crash fleet" chooses
	@PARTS="$(PARTS)" $(PYTHON) -m benchmarks.deploy

prove-lineage: setup ## what is claimed of the lineage after years; STORAGE=sqlite or postgres, PARTS="speed traces metrics docs" choose
	@STORAGE="$(STORAGE)" PARTS="$(PARTS)" $(PYTHON) -m benchmarks.lineage

prove-service: setup ## what is claimed of the service, measured at full size; PARTS="kills merges soak images" choose
	@PARTS="$(PARTS)" $(PYTHON) -m benchmarks.service

prove-menagerie: setup ## what is claimed of ordinary compose files and failures; PARTS="refused lives walks", APPS="single routed" choose
	@PARTS="$(PARTS)" APPS="$(APPS)" $(PYTHON) -m benchmarks.menagerie

prove-newcomer: setup ## what it takes to ship five apps that nobody here wrote, and what is said of mistakes; PARTS="apps mistakes", APPS="flask_quotes" choose
	@PARTS="$(PARTS)" APPS="$(APPS)" $(PYTHON) -m benchmarks.newcomer

prove-hostile: setup ## what is claimed of secrets, hostile names and outside text; PARTS="host_keys faults" chooses, MINUTES for each reader
	@PARTS="$(PARTS)" MINUTES="$(MINUTES)" $(PYTHON) -m benchmarks.hostile

bench: setup ## how fast it is, in one row; PARTS="lineage deliveries promotion nothing hosts deploy idle memory" chooses, ROUNDS and RUNS make it shorter
	@PARTS="$(PARTS)" ROUNDS="$(ROUNDS)" RUNS="$(RUNS)" STORAGE="$(STORAGE)" $(PYTHON) -m benchmarks.summary

prove-pulls: setup ## what is claimed of pull requests that are rehearsed before the merge; PULLS=10 is how many there are
	@PARTS="$(PARTS)" PULLS="$(PULLS)" $(PYTHON) -m benchmarks.pulls

bench-idle: setup ## what 1, 10, 50 and 100 idle apps cost, and how soon a moved branch is noticed; APPS="1 100" chooses
	@APPS="$(APPS)" $(PYTHON) -m benchmarks.idle

bench-deploy: setup ## how long a deployment takes, beside a hand-written script, under load
	@$(PYTHON) -m benchmarks.deploy.bench

bench-lineage: setup ## how long status, history and trace take after years, in both storages
	@STORAGE=sqlite PARTS=speed $(PYTHON) -m benchmarks.lineage
	@STORAGE=postgres PARTS=speed $(PYTHON) -m benchmarks.lineage

bench-tests: setup ## how long the tests take, what they cover, and which planted faults they find; PARTS="unit faults" chooses
	@PARTS="$(PARTS)" $(PYTHON) -m benchmarks.tests

house: setup ## how large the project is, and which way its imports point
	@$(PYTHON) -m benchmarks.house

bench-observe: setup ## what a scrape of the metrics costs after years; STORAGE=sqlite or postgres, DEPLOYMENTS=10000
	@STORAGE="$(STORAGE)" DEPLOYMENTS="$(DEPLOYMENTS)" $(PYTHON) -m benchmarks.observing

lint: setup ## ruff (rules and format) and mypy
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

format: setup ## format the code and fix what ruff can fix
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m ruff format

docs: setup ## write the tables of docs/configuration.md and docs/commands.md from the code
	@$(PYTHON) -m docs.reference
	@$(PYTHON) -m docs.commands

site: setup ## the documentation as web pages, in .shipline/site
	@NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict --quiet
	@echo "site: in .shipline/site; to read it: python3 -m http.server --bind 127.0.0.1 --directory .shipline/site 8000"

lock: setup ## pin the newest allowed dependencies, with hashes, in requirements.txt
	@scripts/lock

up: setup ## start Shipline as a service in containers, for a team; in this checkout alone it is `shipline up`
	@scripts/service up

down: ## end that service: runs undo what is not final first, data stays; VOLUMES=1 removes its database too
	@scripts/service down $(if $(VOLUMES),--volumes)

backup: setup ## that service as one file, also while it runs; FILE= names it, else the newest ones stay in its folder
	@scripts/service backup "$(FILE)"

restore: setup ## that service from a backup, on any machine: FILE=shipline.tar.gz; REPLACE=1 puts it in the place of one that is there
	@scripts/service restore "$(FILE)" $(if $(REPLACE),replace)

upgrade: setup ## that service to this version of Shipline: backup, migration, start; if it fails, all is as it was
	@scripts/service upgrade

clean: ## remove containers, images and state that were made here, and .venv
	@scripts/clean
