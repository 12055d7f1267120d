#!/usr/bin/env bash
# Proves the dependency arrows between crates: exec → core; apply → core; oracle →
# core, apply; registry → core; worker → core, exec; runner → all of these; fuzz/bytes →
# core, apply, oracle, registry; fuzz/guests → all.
# core, apply, oracle, registry and fuzz/bytes never depend on Wasmtime, libtest-mimic or a report
# library. Development dependencies do not count.
# Then proves that no files of a crate import each other in a cycle.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0

# refuse CRATE NAME… : none of the named packages may be in the crate's tree.
refuse() {
    local crate=$1 tree
    shift
    tree=$(cargo tree --locked --package "$crate" --edges normal,build --prefix none --format '{lib} {p}' |
        awk '{print $2}' | sort -u)
    grep -qx "$crate" <<<"$tree" || { echo "no tree for $crate" >&2; exit 1; }
    for name in "$@"; do
        if grep -Ex "$name" <<<"$tree"; then
            echo "error: $crate must not depend on $name" >&2
            failed=1
        fi
    done
}

engines='wasmtime(-.*)?'
reports='(libtest-mimic|junit-report|insta)'
fuzz='provision-fuzz(-.*)?'
refuse provision-registry "$engines" "$reports" provision-apply provision-exec provision-oracle provision-worker greentic-provision "$fuzz"
refuse provision-core "$engines" "$reports" provision-apply provision-registry provision-exec provision-oracle provision-worker greentic-provision "$fuzz"
refuse provision-apply "$engines" "$reports" provision-registry provision-exec provision-oracle provision-worker greentic-provision "$fuzz"
# Checks run on the store in memory: no database, no cipher.
refuse provision-oracle redb age
refuse provision-oracle "$engines" "$reports" provision-registry provision-exec provision-worker greentic-provision "$fuzz"
refuse provision-exec "$reports" provision-apply provision-registry provision-oracle provision-worker greentic-provision "$fuzz"
refuse provision-worker "$reports" provision-apply provision-registry provision-oracle greentic-provision "$fuzz"
# Linking the engine would make each fuzzed input several times slower.
refuse provision-fuzz-bytes "$engines" "$reports" provision-exec greentic-provision provision-fuzz-guests
refuse greentic-provision "$fuzz"
# What only tests need stays out of the installed binary.
refuse greentic-provision insta libtest-mimic 'rc-zip(-.*)?'

# Only exec may name wasmtime, also among development dependencies.
if grep -lE '^wasmtime' harness/{apply,core,oracle,registry,worker,runner}/Cargo.toml fuzz/Cargo.toml fuzz/*/Cargo.toml; then
    echo 'error: only harness/exec may name wasmtime' >&2
    failed=1
fi

# The self-test first: a script that finds nothing must not pass.
python3 ci/cycles.py --self-test || failed=1
python3 ci/cycles.py || failed=1

[ "$failed" -eq 0 ] && echo 'the arrows hold'
exit "$failed"
