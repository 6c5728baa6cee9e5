# make play    set up, build, and serve the playground on http://localhost:8080 (PORT=… for another port)
# make test    set up, build and run every check and test; this is what CI runs
# make fuzz    compare random statements with a PostgreSQL server, SEEDS=500 of them from FIRST=0 on
# make programs  compare random programs about the past with a model, PROGRAMS=100000 of them in all; what was done is
#              kept in target/programs, where it goes on, and told in docs/RELIABILITY.md
# make images  crash images of random programs that write to a log, IMAGES=10000000 of them in all; what was done is kept in
#              target/images, where it goes on, and told in docs/RELIABILITY.md
# make bench   measure it beside the other databases for the browser, in Chromium (about an hour): docs/BENCHMARKS.md; a part
#              with ENGINES=…, WORKLOADS=…, ROUNDS=…, SCALE=…
# make build   the wasm engine (pkg/wasm), the npm package (pkg/dist) and the page (www/dist)
# make wasm    the wasm engine alone
# make setup   install what is missing, and nothing else; both commands above do it first
#
# Only the engine for wasm32, with the compiler that the set-up found or made:
#   . scripts/env.sh && cargo build --profile wasm --target wasm32-unknown-unknown --package driftdb-engine

SHELL := /bin/bash

.PHONY: play test fuzz programs images bench build wasm setup

play:
	@scripts/setup.sh build
	@scripts/build.sh
	@. scripts/env.sh && exec node scripts/serve.mjs www/dist

test:
	@scripts/setup.sh checks
	@. scripts/env.sh && exec node scripts/test.mjs

fuzz: SEEDS ?= 500
fuzz: FIRST ?= 0
fuzz:
	@scripts/setup.sh
	@. scripts/env.sh && SEEDS=$(SEEDS) FIRST=$(FIRST) cargo test --profile fuzz --test differential -- --nocapture

programs: PROGRAMS ?= 100000
programs:
	@scripts/setup.sh
	@. scripts/env.sh && PROGRAMS=$(PROGRAMS) RECORD=target/programs cargo test --profile fuzz --test programs -- --nocapture

images: IMAGES ?= 10000000
images:
	@scripts/setup.sh
	@. scripts/env.sh && IMAGES=$(IMAGES) RECORD=target/images cargo test --profile fuzz --test images -- --nocapture

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
