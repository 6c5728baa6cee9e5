#!/usr/bin/env bash
# Builds the engine for wasm32 (pkg/wasm), the npm package (pkg/dist) and the page (www/dist).
#
#   scripts/build.sh          everything
#   scripts/build.sh wasm     the engine alone
#
# The compiler names the wasm features that the code uses in a section that wasm-bindgen and wasm-opt read, so the
# binary is stripped by wasm-opt at the end and not by the compiler.

set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

compiled=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/wasm/driftdb_engine.wasm
out=pkg/wasm

build_wasm() {
    # A change of the linker, which cargo does not see, makes it link anew.
    cargo rustc --profile wasm --target wasm32-unknown-unknown --package driftdb-engine -- \
        -Clinker="$ROOT/scripts/link.mjs" -Cmetadata="$(cat scripts/{link,object}.mjs | sha256sum | cut -c1-16)"
    local state
    state=$(cat "$compiled" scripts/{build.sh,order.mjs,object.mjs,package.json} <(wasm-bindgen --version) | sha256sum)
    if [ "$(cat $out/.made-from 2>/dev/null)" != "$state" ]; then
        rm -rf $out
        wasm-bindgen --target web --out-dir $out --out-name driftdb "$compiled"
        # What the compiler left apart stays apart: functions inlined only since they have one caller make the download 6 %
        # larger, and the grammar's recursion needs more of the stack. Those that are inlined for being short enough make it 0.1 % larger,
        # and nothing faster. So do the places of thousands of pieces of the data, cut where there are zeros, which a compressor all but leaves out.
        local optimize=scripts/node_modules/.bin/wasm-opt
        $optimize -O3 --skip-pass=memory-packing --one-caller-inline-max-function-size=0 --flexible-inline-max-function-size=0 --strip-debug --strip-producers -o $out/optimized.wasm $out/driftdb_bg.wasm
        node scripts/order.mjs $out/optimized.wasm $out/named.wasm
        $optimize --reorder-functions-by-name --strip-debug -o $out/driftdb_bg.wasm $out/named.wasm
        rm $out/optimized.wasm $out/named.wasm
        printf '%s\n' "$state" > $out/.made-from
    fi
}

# build_package DIRECTORY INPUT...: `npm run build` there, unless it was built from the same already.
build_package() {
    local directory=$1 stamp=$1/node_modules/.built-from state
    shift
    scripts/npm.sh "$directory"
    state=$(find "$directory" \( -name node_modules -o -name dist -o -name wasm -o -name test \) -prune -o -type f -print0 |
        sort -z | xargs -0 cat "$@" | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$state" ] || [ ! -d "$directory/dist" ]; then
        npm --prefix "$directory" run --silent build
        printf '%s\n' "$state" > "$stamp"
    fi
}

build_wasm
if [ "${1:-all}" = all ]; then
    build_package pkg $out/.made-from
    build_package www $out/.made-from pkg/node_modules/.built-from
fi
