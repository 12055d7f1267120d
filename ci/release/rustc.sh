#!/bin/sh
# The compiler of a release, which cargo calls with the compiler's command line (RUSTC_WRAPPER).
# One crate puts the folder of the build into its code, as a variable that no flag remaps: a
# macro of Wasmtime, for a debugging aid that a release does not use. Its dependents then
# differ from folder to folder.
if [ "${CARGO_PKG_NAME-}" = wasmtime-internal-component-macro ]; then
    export DEBUG_OUTPUT_DIR=/build/debug
fi
exec "$@"
