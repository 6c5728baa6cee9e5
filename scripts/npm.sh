#!/usr/bin/env bash
# Installs the npm packages of a directory of the repository, unless those of its lock file are there already.
#
#   scripts/npm.sh DIRECTORY

set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT/$1"

stamp=node_modules/.installed
state=$(cat package.json package-lock.json 2>/dev/null | sha256sum)
[ "$(cat "$stamp" 2>/dev/null)" != "$state" ] || exit 0

printf 'npm: installing the packages of %s\n' "$1"
if [ -f package-lock.json ]; then
    npm ci --loglevel=error --no-fund --no-audit
else
    npm install --loglevel=error --no-fund --no-audit
fi
mkdir -p node_modules
cat package.json package-lock.json 2>/dev/null | sha256sum > "$stamp"
