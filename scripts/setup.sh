#!/usr/bin/env bash
# Checks what the project needs and installs only what is missing; with everything there it ends within a second.
#
#   scripts/setup.sh build    what a build needs: Rust with a library for wasm32, wasm-bindgen, Node, binaryen
#   scripts/setup.sh checks   that, and clippy and rustfmt
#   scripts/setup.sh fuzz     that, and cargo-fuzz
#   scripts/setup.sh          what checks need, and what the tests need: wasm-pack, Chromium, Firefox, puppeteer, PostgreSQL, MariaDB
#
# The Rust that is there is used when it can compile to wasm32, or when rustup can fetch the library for it. Where
# neither holds (a machine whose rustup reaches no server, a plain Debian), Debian's packages give a compiler and the
# source of its library, which is compiled once for wasm32 into `.tools/rust`. Nothing outside the checkout changes
# but for packages that apt installs. WASM_TOOLCHAIN=debian chooses this way even where the other would do.
#
# Two set-ups at once wait for each other, so worktrees may share `.tools`.

set -euo pipefail
. "$(dirname "$0")/env.sh"
want=${1:-all}
missing=()

say() { printf 'setup (%s s): %s\n' "$SECONDS" "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
is_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1)" = "$1" ]; }

# ---- Debian's packages --------------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

lists_are_fresh=
# apt PACKAGE...: false where there is no apt, or no right to use it.
apt() {
    have apt-get || return 1
    [ "$(id -u)" = 0 ] || have sudo || return 1
    say "installing $* (apt-get)"
    if [ -z "$lists_are_fresh" ]; then
        as_root apt-get update -qq || say "apt-get update failed; trying with the lists that are there"
        lists_are_fresh=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "$@" >/dev/null
}

# ---- Rust -----------------------------------------------------------------------------------------------------------

# Whether `rustc` is new enough and has the standard library for wasm32.
rust_builds_wasm() {
    have cargo && have rustc || return 1
    local version
    version=$(rustc --version 2>/dev/null | cut -d' ' -f2) || return 1
    is_at_least "$RUST_VERSION_MIN" "$version" || return 1
    ls "$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null)"/libstd-*.rlib >/dev/null 2>&1
}

rust_has_lints() {
    cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1
}

rust_is_ready() {
    rust_builds_wasm && { [ "$want" = build ] || rust_has_lints; }
}

rustup_adds_wasm() {
    [ "${WASM_TOOLCHAIN:-}" != debian ] && have rustup || return 1
    say "rustup target add wasm32-unknown-unknown"
    RUST_BACKTRACE=0 timeout 120 rustup target add wasm32-unknown-unknown || return 1
    [ "$want" = build ] || rust_has_lints || timeout 120 rustup component add clippy rustfmt || return 1
    rust_is_ready
}

# A tree that a compiler takes for its own (`--sysroot`): the host's library by a link, the one for wasm32 compiled
# from source, and the linker where rustc looks for it.
make_debian_rust() {
    local rust=$TOOLS/rust host source version lld
    apt rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web gcc libc6-dev || return 1
    version=$(/usr/bin/rustc --version | cut -d' ' -f2)
    is_at_least "$RUST_VERSION_MIN" "$version" || { say "Debian's rustc $version is older than $RUST_VERSION_MIN"; return 1; }
    host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
    source=$(/usr/bin/rustc --print sysroot)/lib/rustlib

    # The linker of the compiler's own LLVM, where Debian has it.
    lld=lld-$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    have "$lld" || apt "$lld" || { lld=lld; have lld || apt lld || return 1; }

    say "compiling the standard library of rustc $version for wasm32 (about a minute)"
    rm -rf "$rust"
    mkdir -p "$rust/bin" "$rust/lib/rustlib/$host/bin" "$rust/lib/rustlib/wasm32-unknown-unknown/lib"
    ln -s "$source/$host/lib" "$rust/lib/rustlib/$host/lib"
    ln -s "$source/src" "$rust/lib/rustlib/src"
    ln -s "$source/etc" "$rust/lib/rustlib/etc"
    ln -s "$(command -v "$lld")" "$rust/lib/rustlib/$host/bin/rust-lld"
    for tool in cargo cargo-clippy cargo-fmt clippy-driver rustfmt; do
        ln -s "/usr/bin/$tool" "$rust/bin/$tool"
    done
    for tool in rustc rustdoc; do
        printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' "$tool" "$rust" > "$rust/bin/$tool"
        chmod +x "$rust/bin/$tool"
    done

    local empty=$TOOLS/std
    rm -rf "$empty"
    mkdir -p "$empty/src"
    : > "$empty/src/lib.rs"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[profile.release]\nopt-level = 3\n' \
        > "$empty/Cargo.toml"
    (
        cd "$empty"
        # `test` is in the list for the sake of test builds; with bitcode beside its code, the library can be optimised
        # together with the engine.
        RUSTFLAGS='-C embed-bitcode=yes' RUSTC_BOOTSTRAP=1 RUSTC=$rust/bin/rustc CARGO_TARGET_DIR=$empty/target /usr/bin/cargo build --quiet --release \
            --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort,panic_unwind,test
    ) || return 1
    rm -f "$empty"/target/wasm32-unknown-unknown/release/deps/libempty-*
    cp "$empty"/target/wasm32-unknown-unknown/release/deps/*.rlib "$rust/lib/rustlib/wasm32-unknown-unknown/lib/"
    rm -rf "$empty"
    describe_debian_rust > "$rust/complete"
}

# What a complete `.tools/rust` was made from, and how.
describe_debian_rust() {
    printf '%s with bitcode\n' "$(/usr/bin/rustc --version 2>/dev/null | cut -d' ' -f2)"
}

# What `.tools/rust` holds is of one version of Debian's compiler; after an upgrade of that it is made again.
forget_outdated_rust() {
    [ -f "$TOOLS/rust/complete" ] || return 0
    if [ "$(describe_debian_rust)" != "$(cat "$TOOLS/rust/complete")" ]; then
        # What was compiled against the old library cannot be used with the new one, which cargo would not notice.
        rm -rf "$TOOLS/rust" "${CARGO_TARGET_DIR:-$ROOT/target}/wasm32-unknown-unknown"
        use_tools
    fi
}

set_up_rust() {
    forget_outdated_rust
    if [ "${WASM_TOOLCHAIN:-}" = debian ] && [ ! -f "$TOOLS/rust/complete" ]; then
        make_debian_rust || true
        use_tools
    fi
    rust_is_ready && return
    rustup_adds_wasm && return
    make_debian_rust || true
    use_tools
    rust_is_ready || missing+=("Rust $RUST_VERSION_MIN or later with clippy, rustfmt and the target wasm32-unknown-unknown: \
install rustup (rustup.rs), then: rustup target add wasm32-unknown-unknown")
}

# ---- commands that cargo builds --------------------------------------------------------------------------------------

# Small tools, used for moments: compiled without optimisation. False where that fails.
set_up_cargo_tools() {
    local packages=()
    [ "$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $WASM_BINDGEN_VERSION" ] ||
        packages+=("wasm-bindgen-cli@$WASM_BINDGEN_VERSION")
    [ "$want" != all ] || have wasm-pack || packages+=("wasm-pack@$WASM_PACK_VERSION")
    [ "$want" != fuzz ] || have cargo-fuzz || packages+=("cargo-fuzz@$CARGO_FUZZ_VERSION")
    [ ${#packages[@]} -gt 0 ] || return 0
    say "compiling ${packages[*]} (one to two minutes)"
    CARGO_TARGET_DIR=$TOOLS/build cargo install --quiet --root "$TOOLS/cargo" --no-default-features \
        --config 'profile.release.opt-level=0' --config 'profile.release.codegen-units=16' \
        --config 'profile.release.strip=true' "${packages[@]}" || return 1
    # After the checks come the tests, whose command is compiled from much the same.
    [ "$want" = checks ] || rm -rf "$TOOLS/build"
}

# ---- Node and its packages -------------------------------------------------------------------------------------------

node_is_ready() {
    have npm && have node && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$NODE_MAJOR_MIN" ]
}

set_up_node() {
    node_is_ready && return
    have npm && have node || apt nodejs npm || true
    hash -r
    # Debian 12 has Node 18; the npm registry has newer ones.
    if ! node_is_ready && have npm; then
        local machine
        case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x64 ;; esac
        say "installing Node 22 (npm)"
        npm install --loglevel=error --no-save --prefix "$TOOLS/node" "node-linux-$machine@22" &&
            ln -sfn "$TOOLS/node/node_modules/node-linux-$machine/bin" "$TOOLS/node/bin"
        use_tools
    fi
    node_is_ready || missing+=("Node $NODE_MAJOR_MIN or later with npm: install it from nodejs.org")
}

# ---- browsers --------------------------------------------------------------------------------------------------------

set_up_browsers() {
    local packages=()
    [ -n "${CHROMIUM:-}" ] || have chromium || packages+=(chromium)
    have chromedriver || packages+=(chromium-driver)
    [ -n "${FIREFOX:-}" ] || have firefox-esr || packages+=(firefox-esr)
    [ ${#packages[@]} -eq 0 ] || apt "${packages[@]}" || true
    hash -r
    [ -n "${CHROMIUM:-}" ] || have chromium || missing+=("chromium: install it, or name a Chrome with CHROMIUM=path")
    have chromedriver || missing+=("chromedriver: install the one that belongs to the Chromium there is")
    [ -n "${FIREFOX:-}" ] || have firefox-esr || missing+=("firefox-esr: install it, or name a Firefox with FIREFOX=path")
}

# ---- PostgreSQL ------------------------------------------------------------------------------------------------------

# The tests compare with a server that they start themselves; they look for it where this does.
postgresql_is_ready() {
    [ -x "${POSTGRESQL_BIN:-}/initdb" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

# Debian's package would make a cluster and start it; a setting that is there while it is installed keeps it from that.
set_up_postgresql() {
    postgresql_is_ready && return
    local setting=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
    if as_root mkdir -p "${setting%/*}" && echo 'create_main_cluster = false' | as_root tee "$setting" >/dev/null; then
        apt postgresql-15 || apt postgresql || true
        as_root rm -f "$setting"
    fi
    postgresql_is_ready || missing+=("PostgreSQL 15: install postgresql-15, or name the directory of its programs (initdb, postgres) \
with POSTGRESQL_BIN=path")
}

# ---- MariaDB ---------------------------------------------------------------------------------------------------------

mariadb_is_ready() {
    have mariadb && { have mariadbd || [ -x /usr/sbin/mariadbd ]; }
}

# These two packages start nothing.
set_up_mariadb() {
    mariadb_is_ready || apt mariadb-server-core mariadb-client-core || true
    hash -r
    mariadb_is_ready || missing+=("MariaDB: install mariadb-server-core and mariadb-client-core")
}

# ----------------------------------------------------------------------------------------------------------------------

mkdir -p "$TOOLS"
exec 9>"$TOOLS/lock"
flock 9

have cc || apt gcc libc6-dev || true
have cc || missing+=("cc: install a C compiler")
if [ "$want" = fuzz ]; then
    have c++ || apt g++ || true
    have c++ || missing+=("c++: install a C++ compiler")
fi
set_up_rust
# The compiler works while apt and npm fetch and unpack.
compiling=
if have cargo; then set_up_cargo_tools & compiling=$!; fi
set_up_node
if have npm; then
    "$ROOT/scripts/npm.sh" scripts || missing+=("binaryen: npm failed; see above")
    if [ "$want" = all ]; then
        "$ROOT/scripts/npm.sh" tests/browser || missing+=("puppeteer-core: npm failed; see above")
    fi
fi
if [ "$want" = all ]; then
    set_up_browsers
    set_up_postgresql
    set_up_mariadb
fi
[ -z "$compiling" ] || wait "$compiling" || missing+=("wasm-bindgen or wasm-pack: cargo install failed; see above")
hash -r

if [ ${#missing[@]} -gt 0 ]; then
    say "these are missing, and could not be installed:" >&2
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
fi
say "ready ($(rustc --version | cut -d' ' -f1,2), wasm-bindgen $WASM_BINDGEN_VERSION, node $(node --version))"
