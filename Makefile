# `make` alone lists what there is. Everything runs from the project's own folder; nothing is left running.
SHELL := /bin/bash
STACK := deploy/local/stack

# make demo MARRIAGES=45000 SEED=7 DIR=myfiles OUT=demo-out TODAY=1404-08-01
MARRIAGES ?=
SEED ?=
DIR ?=
OUT ?= demo-out
TODAY ?=
ONLY ?=
# make simulate SEEDS=100000
SEEDS ?= 100000
DEMO_FLAGS = $(if $(MARRIAGES),--marriages '$(MARRIAGES)') $(if $(SEED),--seed '$(SEED)') $(if $(DIR),--dir '$(DIR)') \
	--out '$(OUT)' $(if $(TODAY),--today '$(TODAY)')

# make chaos MINUTES=5 SEED=7 CLUSTER=3 SERVICES=4 MARRIAGES=800 FAULTS='kill,zombie' EVIDENCE=.local/chaos; HORIZON=1; STARVE=1
MINUTES ?=
CLUSTER ?=
SERVICES ?=
FAULTS ?=
EVIDENCE ?=
HORIZON ?=
STARVE ?=
CHAOS_FLAGS = $(if $(HORIZON),--horizon) $(foreach flag,minutes seed cluster services marriages faults evidence starve,\
	$(if $($(call upper,$(flag))),--$(flag) '$($(call upper,$(flag)))'))
upper = $(shell echo '$1' | tr a-z A-Z)

.DEFAULT_GOAL := help
.PHONY: help needs build demo test check up down bench lint check-compose mutants relay-mutants chaos sabotage simulate fuzz chaos-total

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

needs: ## install what is missing (Debian, as root), or say what is
	@$(STACK) needs

build: needs
	cargo build --release --locked

demo: build ## a month from start to summary (MARRIAGES=, SEED=, DIR=, OUT=, TODAY=)
	@$(STACK) run target/release/peyvand demo $(DEMO_FLAGS)

# tests/run says which tests run alone, and lists the slowest.
test: needs ## every test, on a private Kafka and PostgreSQL
	@tests/outside/setup
	@next=$$(tests/next/build) && $(STACK) run env OUTSIDE_PYTHON="$(CURDIR)/.venv/bin/python" NEXT_PEYVAND="$$next" tests/run

# Slow to build, a hundred times as fast to run.
simulate: ## the protocol over a simulated log and database (SEEDS=100000; SEED= repeats one)
	@SIMULATION_SEEDS='$(SEEDS)' $(if $(SEED),SIMULATION_SEED='$(SEED)') \
		cargo test --release --locked --test it simulation::no_seed -- --nocapture

fuzz: ## fuzz every reader, so long each (MINUTES=1, or SECONDS=); wants a nightly toolchain
	@fuzz/run $(if $(SECONDS),'$(SECONDS)',$$(( $(or $(MINUTES),1) * 60 )))

up: needs ## leave Kafka and PostgreSQL running, and print their settings
	@$(STACK) up

down: ## end what `make up` started, with its data
	@$(STACK) down

check: ## do what `make demo` or `make up` left keep every promise? (OUT=, DIR= as for the demo)
	@tests/checker/check left '$(OUT)' $(if $(DIR),'$(DIR)')

chaos: build ## breaks everything for MINUTES= under load, then the checker speaks (SEED=, CLUSTER=3, STARVE=1, EVIDENCE=)
	@tests/outside/setup
	@tests/chaos/run --peyvand target/release/peyvand $(CHAOS_FLAGS)

chaos-total: ## adds up what the runs of `make chaos` left (EVIDENCE=)
	@tests/outside/setup
	@tests/chaos/run --total $(if $(EVIDENCE),--evidence '$(EVIDENCE)')

sabotage: needs ## plant defects in a copy of the tree; is each caught by the test that it names? (ONLY=name, MINUTES=)
	@tests/outside/setup
	@$(STACK) run env OUTSIDE_PYTHON="$(CURDIR)/.venv/bin/python" TEST_PATIENCE_S=30 \
		python3 tests/sabotage/run.py --only '$(ONLY)' $(if $(MINUTES),--minutes '$(MINUTES)')

bench: build ## intake beside the raw floor, on a private Kafka and PostgreSQL
	@$(STACK) run cargo bench --locked

# The second time for the points of src/boundary.rs; with the tests beside the library, so that the dependencies are the same.
lint: ## format, clippy
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo clippy --lib --test it --features failpoints --locked -- -D warnings

mutants: ## every small change of a rule is noticed by a test (an hour; ARGS= for cargo mutants)
	@tests/mutants/run $(ARGS)

relay-mutants: needs ## the same of the relay, on a private Kafka and PostgreSQL (an hour; ARGS=)
	@$(STACK) run tests/mutants/relay $(ARGS)

check-compose: ## is docker-compose.yml a valid Compose file?
	@deploy/check-compose
