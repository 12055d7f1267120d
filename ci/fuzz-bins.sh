#!/usr/bin/env bash
# Writes the [[bin]] sections of fuzz/Cargo.toml, one for each file in
# fuzz/fuzz_targets. A target that names provision_fuzz_guests needs Wasmtime.
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
for file in fuzz/fuzz_targets/*.rs; do
    name=$(basename "$file" .rs)
    printf '[[bin]]\nname = "%s"\npath = "fuzz_targets/%s.rs"\ntest = false\ndoc = false\nbench = false\n' "$name" "$name"
    if grep -q provision_fuzz_guests "$file"; then
        printf 'required-features = ["guests"]\n'
    fi
    printf '\n'
done >"$bins"
sed -i -e "/^# BEGIN targets/r $bins" \
    -e '/^# BEGIN targets/,/^# END targets/{/^# BEGIN targets/!{/^# END targets/!d}}' $manifest
