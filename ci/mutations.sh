#!/usr/bin/env bash
# Removes each check from the table, one at a time, in a copy of the project,
# and proves that at least one trial of a pack fails then.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet . "$work/project"
cd "$work/project"
export CARGO_TARGET_DIR=${MUTATIONS_TARGET_DIR:-$work/target}

# The row of check $1: from `Check {` to the brace that ends it.
remove() {
    python3 - "$1" <<'PYTHON'
import pathlib
import re
import sys

id = sys.argv[1]
for path in pathlib.Path("harness/oracle/src/checks").rglob("*.rs"):
    text = path.read_text()
    at = text.find(f'id: "{id}"')
    if at < 0:
        continue
    start = text.rindex("Check {", 0, at)
    depth, end = 0, start
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0 and text[end] == "}":
            break
    rest = text[end + 1 :].removeprefix(",")
    path.write_text(text[:start] + rest)
    sys.exit(0)
sys.exit(f"no row of check {id}")
PYTHON
}

# Whether all trials that are selected pass.
trials() {
    cargo test --quiet --locked --workspace --test conformance -- "$@" >"$work/log" 2>&1
}

ids=${*:-$(cargo run --quiet --locked --bin greentic-provision -- checks list | cut -d' ' -f1)}
missed=0 tried=0
for id in $ids; do
    remove "$id"
    tried=$((tried + 1))
    # The catalogue alone would notice; a pack has to. Most often a conforming
    # one does, which is soon known.
    if trials conforming/ && trials --skip catalogue::fresh; then
        echo "MISSED  $id: every trial passes without it"
        missed=1
    elif ! grep -q '^test result: FAILED' "$work/log"; then
        tail -20 "$work/log" >&2
        echo "error: without $id the trials did not run" >&2
        exit 1
    else
        echo "caught  $id: $(grep -c ' FAILED$' "$work/log" || true) trials fail without it"
    fi
    git checkout --quiet -- .
done
echo "$tried checks tried"
exit $missed
