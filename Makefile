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

.DEFAULT_GOAL := help
.PHONY: help needs build demo test fuzz check up down bench lint check-compose

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
	@$(STACK) run env OUTSIDE_PYTHON="$(CURDIR)/.venv/bin/python" cargo test --locked --features failpoints --no-fail-fast --lib --test it -- --test-threads 5

fuzz: ## fuzz every reader, so long each (MINUTES=1, or SECONDS=); wants a nightly toolchain
	@fuzz/run $(if $(SECONDS),'$(SECONDS)',$$(( $(or $(MINUTES),1) * 60 )))

up: needs ## leave Kafka and PostgreSQL running, and print their settings
	@$(STACK) up

down: ## end what `make up` started, with its data
	@$(STACK) down

check: needs ## do the topics and the database that PEYVAND_… name (see make up) keep every promise?
	@tests/checker/check live

bench: build ## intake beside the raw floor, on a private Kafka and PostgreSQL
	@$(STACK) run cargo bench --locked

# The second time for the points of src/boundary.rs; with the tests beside the library, so that the dependencies are the same.
lint: ## format, clippy
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo clippy --lib --test it --features failpoints --locked -- -D warnings

check-compose: ## is docker-compose.yml a valid Compose file?
	@deploy/check-compose
