#!/usr/bin/env bash
# Fuzzes every target for MINUTES (60), makes its corpus small, and measures
# which lines of our own crates the corpus covers. Findings stay in
# fuzz/artifacts, corpora in fuzz/corpus, reports in reports/out/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/fuzz-lib.sh
need_cargo_fuzz

out=reports/out/fuzz
mkdir -p "$out"
cargo "+$FUZZ_TOOLCHAIN" fuzz build -O
status=0
printf '%-16s %12s %9s %8s %8s\n' target executions per-second edges corpus | tee "$out/table.txt"
for target in ${TARGETS:-$(targets)}; do
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    readarray -t flags < <(flags "$target")
    log=$out/$target.log
    fuzz "$target" "fuzz/corpus/$target" "corpus/seeds/$target" "${flags[@]}" \
        -max_total_time=$((${MINUTES:=60} * 60)) "-artifact_prefix=fuzz/artifacts/$target/" >"$log" 2>&1 || {
        echo "error: $target has a finding; see fuzz/artifacts/$target and $log" >&2
        status=1
    }
    row "$target" "$log" | tee -a "$out/table.txt"
    cargo "+$FUZZ_TOOLCHAIN" fuzz cmin -O "$target" "fuzz/corpus/$target" >"$out/$target.cmin.log" 2>&1
done

if ! rustup component list --toolchain "$FUZZ_TOOLCHAIN" | grep -q 'llvm-tools.*installed'; then
    echo "SKIPPED: coverage; rustup component add llvm-tools --toolchain $FUZZ_TOOLCHAIN" >&2
    exit $status
fi
for target in ${TARGETS:-$(targets)}; do
    cargo "+$FUZZ_TOOLCHAIN" fuzz coverage -O "$target" >"$out/$target.coverage.log" 2>&1
done
tools=$(dirname "$(find "$(rustc "+$FUZZ_TOOLCHAIN" --print sysroot)" -name llvm-cov | head -1)")
host=$(rustc "+$FUZZ_TOOLCHAIN" -vV | sed -n 's/^host: //p')
for target in ${TARGETS:-$(targets)}; do
    # Our own crates alone: what others cover of theirs is theirs.
    "$tools/llvm-cov" report "target/$host/coverage/$host/release/$target" \
        "-instr-profile=fuzz/coverage/$target/coverage.profdata" \
        '-ignore-filename-regex=(/registry/|/rustc/|/library/)' >"$out/$target.coverage.txt"
    tail -1 "$out/$target.coverage.txt" | sed "s/^TOTAL/$target/"
done
exit $status
