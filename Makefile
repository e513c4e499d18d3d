# `make` alone lists what there is. Everything runs from the project's own folder; nothing is left running.
SHELL := /bin/bash
STACK := deploy/local/stack

# make demo MARRIAGES=45000 SEED=7 DIR=myfiles OUT=demo-out TODAY=1404-08-01
MARRIAGES ?=
SEED ?=
DIR ?=
OUT ?= demo-out
TODAY ?=
DEMO_FLAGS = $(if $(MARRIAGES),--marriages '$(MARRIAGES)') $(if $(SEED),--seed '$(SEED)') $(if $(DIR),--dir '$(DIR)') \
	--out '$(OUT)' $(if $(TODAY),--today '$(TODAY)')

# make chaos MINUTES=5 SEED=7 CLUSTER=3 SERVICES=4 MARRIAGES=800 FAULTS='kill,zombie' EVIDENCE=.local/chaos
MINUTES ?=
CLUSTER ?=
SERVICES ?=
FAULTS ?=
EVIDENCE ?=
CHAOS_FLAGS = $(foreach flag,minutes seed cluster services marriages faults evidence,\
	$(if $($(call upper,$(flag))),--$(flag) '$($(call upper,$(flag)))'))
upper = $(shell echo '$1' | tr a-z A-Z)

.DEFAULT_GOAL := help
.PHONY: help needs build demo test check chaos chaos-total up down bench lint check-compose

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

needs: ## install what is missing (Debian, as root), or say what is
	@$(STACK) needs

build: needs
	cargo build --release --locked

demo: build ## a month from start to summary (MARRIAGES=, SEED=, DIR=, OUT=, TODAY=)
	@$(STACK) run target/release/peyvand demo $(DEMO_FLAGS)

# The tests wait for brokers and processes more than they compute: more of them run at a time than there are cores.
test: needs ## every test, on a private Kafka and PostgreSQL
	@tests/outside/setup
	@$(STACK) run env OUTSIDE_PYTHON="$(CURDIR)/.venv/bin/python" cargo test --locked --no-fail-fast --lib --test it -- --test-threads 5

up: needs ## leave Kafka and PostgreSQL running, and print their settings
	@$(STACK) up

down: ## end what `make up` started, with its data
	@$(STACK) down

check: needs ## do the topics and the database that PEYVAND_… name (see make up) keep every promise?
	@tests/checker/check live

chaos: build ## breaks everything for MINUTES= under load, then the checker speaks (SEED=, CLUSTER=3, EVIDENCE=)
	@tests/outside/setup
	@tests/chaos/run --peyvand target/release/peyvand $(CHAOS_FLAGS)

chaos-total: ## adds up what the runs of `make chaos` left (EVIDENCE=)
	@tests/outside/setup
	@tests/chaos/run --total $(if $(EVIDENCE),--evidence '$(EVIDENCE)')

bench: build ## intake beside the raw floor, on a private Kafka and PostgreSQL
	@$(STACK) run cargo bench --locked

lint: ## format, clippy
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings

check-compose: ## is docker-compose.yml a valid Compose file?
	@deploy/check-compose
