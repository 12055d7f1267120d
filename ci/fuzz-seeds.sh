#!/usr/bin/env bash
# Makes the seeds few: libFuzzer's merge tells which of those that are made of
# the packs reach nothing new, and corpus/redundant.txt names them from then on.
# Then the seeds and, by ci/fuzz-smoke.sh --write, their floors are to be written.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/fuzz-lib.sh
need_cargo_fuzz

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo build --quiet --locked --workspace --examples
seeds=${CARGO_TARGET_DIR:-target}/debug/examples/seed_corpus
"$seeds" "$work/all"
cargo "+$FUZZ_TOOLCHAIN" fuzz build -O
for target in ${TARGETS:-$(targets)}; do
    mkdir -p "$work/all/$target" "$work/kept/$target"
    readarray -t flags < <(flags "$target")
    fuzz "$target" -merge=1 "$work/kept/$target" "$work/all/$target" "${flags[@]}" >"$work/log" 2>&1 || {
        tail -n 20 "$work/log" >&2
        exit 1
    }
    # NB: what is kept is named by its SHA-1.
    (cd "$work/kept/$target" && ls) | sort >"$work/names"
    for seed in "$work/all/$target"/*; do
        [ -e "$seed" ] || continue
        sum=$(sha1sum "$seed" | cut -d' ' -f1)
        grep -q "^$sum$" "$work/names" || echo "$target/${seed##*/}" >>"$work/redundant"
    done
    echo "$target: $(wc -l <"$work/names") of $(find "$work/all/$target" -type f | wc -l)"
done
touch "$work/redundant"
if [ -n "${TARGETS-}" ]; then
    # Others stay as they were.
    for target in $TARGETS; do
        sed -i "\\#^$target/#d" corpus/redundant.txt
    done
    cat corpus/redundant.txt >>"$work/redundant"
fi
LC_ALL=C sort -u "$work/redundant" >corpus/redundant.txt
# The list is compiled in.
cargo build --quiet --locked --workspace --examples
"$seeds"
