#!/usr/bin/env bash
# Takes each check out of the tables, one at a time, in a copy of the project,
# and proves that at least one trial of a pack fails then.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet . "$work/project"
cd "$work/project"
export CARGO_TARGET_DIR=${MUTATIONS_TARGET_DIR:-$work/target}

ids=${*:-$(cargo run --quiet --locked --bin greentic-provision -- checks list | cut -d' ' -f1)}

# The tables of the copy leave out the check that MISSING_CHECK names, so that
# one build serves for all checks.
python3 - <<'PYTHON'
import pathlib

path = pathlib.Path("harness/oracle/src/checks/mod.rs")
text = path.read_text()
for table in ("STAGES", "OF_RECORDINGS"):
    rows = f"{table}.into_iter().flatten()"
    if text.count(rows) != 1:
        raise SystemExit(f"error: {path} has no single {rows}; ci/mutations.sh must follow it")
    text = text.replace(rows, rows + ".filter(|check| check.id != &**MISSING)")
text += """
static MISSING: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| std::env::var("MISSING_CHECK").unwrap_or_default());
"""
path.write_text(text)
PYTHON

# Whether all trials that are selected pass, without the check $1.
trials() {
    local missing=$1
    shift
    MISSING_CHECK=$missing cargo test --quiet --locked --workspace --test conformance -- "$@" >"$work/log" 2>&1
}

# A build that leaves nothing out has to pass, or each trial would fail for
# another reason than the check that is missing.
if ! trials none; then
    tail -20 "$work/log" >&2
    echo "error: trials fail although no check is missing" >&2
    exit 1
fi
missed=0 tried=0
for id in $ids; do
    tried=$((tried + 1))
    # The catalogue alone would notice; a pack has to. Most often a conforming
    # one does, which is soon known.
    if trials "$id" conforming/ && trials "$id" --skip catalogue::fresh; then
        echo "MISSED  $id: every trial passes without it"
        missed=1
    elif ! grep -q '^test result: FAILED' "$work/log"; then
        tail -20 "$work/log" >&2
        echo "error: without $id the trials did not run" >&2
        exit 1
    else
        echo "caught  $id: $(grep -c ' FAILED$' "$work/log" || true) trials fail without it"
    fi
done
echo "$tried checks tried"
exit $missed
