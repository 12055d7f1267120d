#!/usr/bin/env bash
# NB: not sh, which drops variables like CARGO_BIN_EXE_greentic-provision.
#
# Runs rustc. In a fuzzing build, coverage counters go into the project's own
# crates alone; FUZZ_INSTRUMENT_ALL=1 instruments dependencies too, Wasmtime
# among them. PLANTED_BUG=NAME compiles one of the bugs of ci/planted.sh in.
case "${CARGO_PKG_NAME-}" in
    provision-* | greentic-provision)
        if [ -n "${PLANTED_BUG-}" ]; then
            exec "$@" --cfg "planted_bug=\"$PLANTED_BUG\""
        fi
        exec "$@"
        ;;
esac
[ -n "${FUZZ_INSTRUMENT_ALL-}" ] && exec "$@"
for argument in "$@"; do
    shift
    case "$argument" in
        -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage-*) ;;
        *) set -- "$@" "$argument" ;;
    esac
done
exec "$@"
