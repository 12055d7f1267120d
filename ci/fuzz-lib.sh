# shellcheck shell=bash
# What the fuzzing scripts share; sourced, not run.

# Which nightly toolchain instruments. A date pins it: nightly-2026-11-01.
: "${FUZZ_TOOLCHAIN:=nightly}"
# ASan and Wasmtime's guard pages and signal handlers get along with ASan's
# defaults; handle_segv=2 or allow_user_segv_handler=0 would break traps.
: "${ASAN_OPTIONS:=detect_odr_violation=0}"
export ASAN_OPTIONS

# `cargo fuzz` instruments every crate that it builds. libFuzzer walks all
# counters after each run, so that an instrumented Wasmtime alone makes a run
# forty times slower. The wrapper keeps the counters in our own crates.
export RUSTC_WRAPPER=$PWD/ci/fuzz-rustc.sh

need_cargo_fuzz() {
    if ! cargo fuzz --version >/dev/null 2>&1; then
        echo 'error: cargo-fuzz is not installed (cargo install cargo-fuzz --locked)' >&2
        exit 1
    fi
    if ! rustc "+$FUZZ_TOOLCHAIN" --version >/dev/null 2>&1; then
        echo "error: no toolchain $FUZZ_TOOLCHAIN (rustup toolchain install $FUZZ_TOOLCHAIN)" >&2
        exit 1
    fi
}

targets() {
    find fuzz/fuzz_targets -name '*.rs' -printf '%f\n' | sed 's/\.rs$//' | sort
}

# flags TARGET: libFuzzer's flags out of the target's options file.
flags() {
    sed -n 's/^max_len = /-max_len=/p' "fuzz/options/$1.options"
    [ -e "fuzz/dictionaries/$1.dict" ] && echo "-dict=fuzz/dictionaries/$1.dict"
    echo -rss_limit_mb=3072
    echo -print_final_stats=1
}

# fuzz TARGET FOLDERS… -- FLAGS…: runs a target that was built before.
fuzz() {
    local target=$1
    shift
    "$(bin "$target")" "$@"
}

bin() {
    echo "${CARGO_TARGET_DIR:-target}/$(rustc "+$FUZZ_TOOLCHAIN" -vV | sed -n 's/^host: //p')/${FUZZ_PROFILE:-release}/$1"
}

# row TARGET LOG: executions, rate, edges, inputs and findings of a run.
row() {
    local edges corpus runs rate
    edges=$(grep -o 'cov: [0-9]*' "$2" | tail -1 | cut -d' ' -f2)
    corpus=$(grep -o 'corp: [0-9]*' "$2" | tail -1 | cut -d' ' -f2)
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$2")
    rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$2")
    printf '%-16s %12s %9s %8s %8s\n' "$1" "${runs:-?}" "${rate:-?}" "${edges:-?}" "${corpus:-?}"
}
