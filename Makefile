# `make` lists the targets. Everything runs from the project folder, and no target except `make up` leaves a process
# running.
SHELL := /bin/bash
STACK := deploy/local/stack
# What tests/outside/setup installs, for the tests.
OUTSIDE := OUTSIDE_PYTHON="$(CURDIR)/.venv/bin/python" OUTSIDE_NODE="$(CURDIR)/tests/outside/node"

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

# make chaos MINUTES=5 SEED=7 CLUSTER=3 SERVICES=4 MARRIAGES=800 FAULTS='kill,zombie' EVIDENCE=.local/chaos
# make chaos HORIZON=1; make chaos STARVE=1
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
.PHONY: help needs build demo test check up down bench bench-pages lint check-compose check-deploy mutants relay-mutants chaos sabotage simulate fuzz chaos-total

help: ## print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

needs: ## install missing packages (on Debian as root), or list them
	@$(STACK) needs

build: needs
	cargo build --release --locked

demo: build ## run a month from start to summary (MARRIAGES=, SEED=, DIR=, OUT=, TODAY=)
	@$(STACK) run target/release/peyvand demo $(DEMO_FLAGS)

# tests/run defines which tests run alone, and lists the slowest.
test: needs ## run every test, on a private Kafka and PostgreSQL
	@tests/outside/setup
	@next=$$(tests/next/build) && $(STACK) run env $(OUTSIDE) NEXT_PEYVAND="$$next" tests/run

# A release build: slow to build, but it runs a hundred times as fast.
simulate: ## run the protocol over a simulated log and database (SEEDS=100000; SEED= repeats one)
	@SIMULATION_SEEDS='$(SEEDS)' $(if $(SEED),SIMULATION_SEED='$(SEED)') \
		cargo test --release --locked --test it simulation::no_seed -- --nocapture

fuzz: ## fuzz every reader for MINUTES=1 or SECONDS= each; needs a nightly toolchain
	@fuzz/run $(if $(SECONDS),'$(SECONDS)',$$(( $(or $(MINUTES),1) * 60 )))

up: build ## start everything on an invented month, leave it running, and print who can sign in (MARRIAGES=, SEED=, TODAY=)
	@deploy/local/oidc/setup
	@$(STACK) trial target/release/peyvand --marriages '$(or $(MARRIAGES),400)' $(if $(SEED),--seed '$(SEED)') \
		$(if $(TODAY),--today '$(TODAY)')

down: ## stop all that `make up` started, and delete its data
	@$(STACK) down

check: ## check every guarantee on the results of `make demo` or `make up` (OUT=, DIR= as for the demo)
	@tests/checker/check left '$(OUT)' $(if $(DIR),'$(DIR)')

chaos: build ## inject faults under load for MINUTES=, then run the checker (SEED=, CLUSTER=3, STARVE=1, EVIDENCE=)
	@tests/outside/setup
	@tests/chaos/run --peyvand target/release/peyvand $(CHAOS_FLAGS)

chaos-total: ## add up the results of the `make chaos` runs (EVIDENCE=)
	@tests/outside/setup
	@tests/chaos/run --total $(if $(EVIDENCE),--evidence '$(EVIDENCE)')

sabotage: needs ## check that each planted defect is caught by the test that it names (ONLY=name, MINUTES=)
	@tests/outside/setup
	@$(STACK) run env $(OUTSIDE) TEST_PATIENCE_S=30 \
		python3 tests/sabotage/run.py --only '$(ONLY)' $(if $(MINUTES),--minutes '$(MINUTES)')

bench: build ## compare ingest with the raw floor, on a private Kafka and PostgreSQL
	@$(STACK) run cargo bench --locked

# make bench-pages MARRIAGES=500000 RATE=50 SECONDS=20
bench-pages: build ## load the portal's pages beside a running ingest, with a country's claims (MARRIAGES=, RATE=, SECONDS=)
	@tests/outside/setup
	@$(STACK) run benches/pages/run $(if $(MARRIAGES),--marriages '$(MARRIAGES)') $(if $(RATE),--rate '$(RATE)') \
		$(if $(SECONDS),--seconds '$(SECONDS)')

# The second clippy run checks the failpoints of src/failpoint.rs. It includes the tests, so that the dependencies have
# the same features.
lint: ## check format and clippy
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo clippy --lib --test it --features failpoints --locked -- -D warnings

mutants: ## check that a test fails for every small change of a rule (an hour; ARGS= for cargo mutants)
	@tests/mutants/run $(ARGS)

relay-mutants: needs ## the same for the relay, on a private Kafka and PostgreSQL (an hour; ARGS=)
	@$(STACK) run tests/mutants/relay $(ARGS)

check-compose: ## check that docker-compose.yml is a valid Compose file
	@deploy/check-compose

check-deploy: ## check deploy/: alerts with their tests, dashboard, Kubernetes manifests, systemd units
	@tests/deploy/check
