#!/usr/bin/env bash
# Writes the program of each fuzz target and its [[bin]] section in fuzz/Cargo.toml.
# A target is a file of fuzz/bytes or fuzz/guests that declares a TARGET; those of
# fuzz/guests need Wasmtime.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

manifest=fuzz/Cargo.toml
if [ "$(grep -c '^# \(BEGIN\|END\) targets' $manifest)" -ne 2 ]; then
    echo "error: $manifest needs one line '# BEGIN targets' and one '# END targets'" >&2
    exit 1
fi
bins=$(mktemp)
trap 'rm -f "$bins"' EXIT
rm -f fuzz/fuzz_targets/*.rs
mkdir -p fuzz/fuzz_targets
# Sorted by the name of the target, whatever its crate is.
grep -l '^pub(crate) const TARGET: Target' fuzz/bytes/src/*.rs fuzz/guests/src/*.rs |
    sed 's|^fuzz/\([a-z]*\)/src/\(.*\)\.rs$|\2 \1|' | grep -v '^baseline ' | sort |
    while read -r name crate; do
        cat >"fuzz/fuzz_targets/$name.rs" <<END
//! Fuzz target; ci/fuzz-bins.sh writes this file, and fuzz/$crate/src/$name.rs has the body.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_$crate, $name);
END
        printf '[[bin]]\nname = "%s"\npath = "fuzz_targets/%s.rs"\ntest = false\ndoc = false\nbench = false\n' "$name" "$name"
        if [ "$crate" = guests ]; then
            printf 'required-features = ["guests"]\n'
        fi
        printf '\n'
    done >"$bins"
sed -i -e "/^# BEGIN targets/r $bins" \
    -e '/^# BEGIN targets/,/^# END targets/{/^# BEGIN targets/!{/^# END targets/!d}}' $manifest
