# make play    set up, build, and serve the playground on http://localhost:8080 (PORT=… for another port)
# make test    set up, build and run every check and test; this is what CI runs
# make statements  compare random statements with a PostgreSQL server, SEEDS=500 of them from FIRST=0 on
# make bench   measure it beside the other databases for the browser, in Chromium (an hour or more): docs/BENCHMARKS.md; a part
#              with ENGINES=…, WORKLOADS=…, ROUNDS=…, SCALE=…
# These go on where they were when they are called again, and tell what came of it in docs/RELIABILITY.md:
# make fuzz    any bytes as storage and any text as SQL: the fuzzer on each of its targets (TARGETS=sql,…), for TIME=60 seconds more
# make kills   kill Chromium while it writes, KILLS=2000 times in all
# make programs  compare random programs about the past with a model, PROGRAMS=100000 of them in all
# make images  crash images of random programs that write to a log, IMAGES=10000000 of them in all
# make mutants  break the engine and the package on purpose, in ways that the tests have to notice
# make build   the wasm engine (pkg/wasm), the npm package (pkg/dist) and the page (www/dist)
# make wasm    the wasm engine alone
# make setup   install what is missing, and nothing else; both commands above do it first
#
# Only the engine for wasm32, with the compiler that the set-up found or made:
#   . scripts/env.sh && cargo build --profile wasm --target wasm32-unknown-unknown --package driftdb-engine

SHELL := /bin/bash

.PHONY: play test statements fuzz kills programs images mutants bench build wasm setup

play:
	@scripts/setup.sh build
	@scripts/build.sh
	@. scripts/env.sh && exec node scripts/serve.mjs www/dist

test:
	@scripts/setup.sh checks
	@. scripts/env.sh && exec node scripts/test.mjs

statements: SEEDS ?= 500
statements: FIRST ?= 0
statements:
	@scripts/setup.sh
	@. scripts/env.sh && SEEDS=$(SEEDS) FIRST=$(FIRST) cargo test --profile fuzz --test differential -- --nocapture

fuzz: TIME ?= 60
fuzz:
	@scripts/setup.sh fuzz
	@. scripts/env.sh && exec node scripts/long.mjs fuzz $(TIME)

programs: PROGRAMS ?= 100000
programs:
	@scripts/setup.sh
	@. scripts/env.sh && exec node scripts/long.mjs programs $(PROGRAMS)

images: IMAGES ?= 10000000
images:
	@scripts/setup.sh
	@. scripts/env.sh && exec node scripts/long.mjs images $(IMAGES)

kills: KILLS ?= 2000
kills:
	@scripts/setup.sh
	@scripts/build.sh
	@. scripts/env.sh && exec node scripts/long.mjs kills $(KILLS)

mutants:
	@scripts/setup.sh
	@scripts/build.sh
	@. scripts/env.sh && exec node scripts/long.mjs mutants

bench:
	@scripts/setup.sh build
	@scripts/build.sh
	@scripts/npm.sh tests/browser
	@scripts/npm.sh benches/rivals
	@. scripts/env.sh && node benches/rivals/main.mjs

build:
	@scripts/setup.sh build
	@scripts/build.sh

wasm:
	@scripts/setup.sh build
	@scripts/build.sh wasm

setup:
	@scripts/setup.sh
