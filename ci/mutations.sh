#!/usr/bin/env bash
# Lets each check find nothing, one at a time, in a copy of the project, and
# proves that at least one trial of a pack fails then, or one test of the oracle
# for the few checks that no pack can fail.
#
# NB: a check that is missing from the tables proves nothing: every expectation
# that names it is refused, whatever it judges.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet . "$work/project"
cd "$work/project"
export CARGO_TARGET_DIR=${MUTATIONS_TARGET_DIR:-$work/target}

known=$(cargo run --quiet --locked --bin greentic-provision -- checks list | cut -d' ' -f1)
ids=${*:-$known}
for id in $ids; do
    if ! grep -qxF -- "$id" <<<"$known"; then
        echo "error: no check $id; checks list names them" >&2
        exit 2
    fi
done

# In the copy, the check that BLIND_CHECK names never fails, so that one build
# serves for all checks.
python3 - <<'PYTHON'
import pathlib

path = pathlib.Path("harness/oracle/src/judge.rs")
text = path.read_text()
fails = "        Conclusion::Failed(findings) => (Status::Failed, findings, None),\n"
if text.count(fails) != 1:
    raise SystemExit(f"error: {path} has no single line {fails.strip()}; ci/mutations.sh must follow it")
passes = "        Conclusion::Failed(_) if check.id == *BLIND => (Status::Passed, Vec::new(), None),\n"
path.write_text(text.replace(fails, passes + fails) + """
static BLIND: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| std::env::var("BLIND_CHECK").unwrap_or_default());
""")
PYTHON

# Whether all tests that are selected pass while the check $1 finds nothing.
pass() {
    local blind=$1
    shift
    BLIND_CHECK=$blind cargo test --quiet --locked --workspace "$@" >"$work/log" 2>&1
}
trials=(--test conformance --)
oracle=(--test suite -- executor_invariants::)

# All have to pass with the checks as they are, or each would be caught for
# another reason.
if ! pass '' "${trials[@]}" || ! pass '' "${oracle[@]}"; then
    tail -20 "$work/log" >&2
    echo "error: tests fail although every check finds what it finds" >&2
    exit 1
fi
missed=0 tried=0
for id in $ids; do
    tried=$((tried + 1))
    # Most often a pack that does not conform shows it, which is soon known.
    if pass "$id" "${trials[@]}" nonconforming/ && pass "$id" "${trials[@]}" &&
        pass "$id" "${oracle[@]}"; then
        echo "MISSED  $id: every test passes although it finds nothing"
        missed=1
    elif ! grep -q '^test result: FAILED' "$work/log"; then
        tail -20 "$work/log" >&2
        echo "error: while $id finds nothing, the tests did not run" >&2
        exit 1
    else
        echo "caught  $id: $(grep -c ' FAILED$' "$work/log" || true) tests fail while it finds nothing"
    fi
done
echo "$tried checks tried"
exit $missed
