#!/usr/bin/env bash
# Builds every fuzz target with AddressSanitizer and runs each for SECONDS (60).
# Then the seeds alone: they may reach no fewer edges than corpus/floor.txt says;
# with --write, the floors are set to what they reach now, less three in a hundred.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/fuzz-lib.sh
need_cargo_fuzz
write=false
[ "${1-}" = --write ] && write=true

cargo "+$FUZZ_TOOLCHAIN" fuzz build -O
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
printf '%-16s %12s %9s %8s %8s\n' target executions per-second edges corpus
for target in ${TARGETS:-$(targets)}; do
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target" "corpus/regress/$target"
    readarray -t flags < <(flags "$target")
    log=$work/$target.log
    if ! fuzz "$target" "fuzz/corpus/$target" "corpus/seeds/$target" "corpus/regress/$target" "${flags[@]}" \
        -max_total_time="${SECONDS_EACH:=60}" "-artifact_prefix=fuzz/artifacts/$target/" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "error: $target has a finding; see fuzz/artifacts/$target" >&2
        status=1
        continue
    fi
    row "$target" "$log"
    fuzz "$target" "corpus/seeds/$target" "corpus/regress/$target" "${flags[@]}" -runs=0 >"$log" 2>&1
    edges=$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2)
    floor=$(awk -v t="$target" '$1 == t { print $3 }' corpus/floor.txt)
    if $write; then
        files=$(find "corpus/seeds/$target" "corpus/regress/$target" -type f | wc -l)
        # Another nightly counts a little otherwise.
        sed -i "s/^$target .*/$target $files $((edges * 97 / 100))/" corpus/floor.txt
    elif [ "${edges:?}" -lt "${floor:?no floor for $target}" ]; then
        echo "error: the seeds of $target reach $edges edges, $floor before" >&2
        status=1
    fi
done
find corpus/regress -type d -empty -delete 2>/dev/null || true
exit $status
