# Sourced by the other scripts: where the tools are. Sets ROOT and TOOLS and puts the project's own tools first in PATH.
#
# What the set-up builds goes to `.tools/` of the checkout; worktrees of one repository share that of the main one.
# DRIFTDB_TOOLS names another place.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -z "${DRIFTDB_TOOLS:-}" ]; then
    common=$(git -C "$ROOT" rev-parse --path-format=absolute --git-common-dir 2>/dev/null || true)
    case "$common" in
        */.git) DRIFTDB_TOOLS=$(dirname "$common")/.tools ;;
        *) DRIFTDB_TOOLS=$ROOT/.tools ;;
    esac
fi
export DRIFTDB_TOOLS
TOOLS=$DRIFTDB_TOOLS

# The wasm-bindgen command must be of the very version of the library.
WASM_BINDGEN_VERSION=$(sed -n 's/^wasm-bindgen = "=\([0-9.]*\)"$/\1/p' "$ROOT/Cargo.toml")
WASM_PACK_VERSION=0.15.1
CARGO_FUZZ_VERSION=0.13.2
RUST_VERSION_MIN=$(sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' "$ROOT/Cargo.toml")
NODE_MAJOR_MIN=20

use_tools() {
    PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -vxF -e "$TOOLS/rust/bin" -e "$TOOLS/cargo/bin" -e "$TOOLS/node/bin" | paste -sd:)
    PATH=$TOOLS/cargo/bin:$PATH
    [ ! -x "$TOOLS/node/bin/node" ] || PATH=$TOOLS/node/bin:$PATH
    # Present only where the compiler in use has no library for wasm32 of its own (see setup.sh).
    if [ -f "$TOOLS/rust/complete" ]; then
        PATH=$TOOLS/rust/bin:$PATH
        # cargo-clippy looks for the library through this; rustc and rustdoc through their wrappers.
        export SYSROOT=$TOOLS/rust
    fi
    export PATH
    hash -r
}
use_tools
