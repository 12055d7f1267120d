#!/bin/sh
# The compiler of a release, which cargo calls with the compiler's command line (RUSTC_WRAPPER).
# Two crates give other bytes in another folder, or each time, and no flag changes that.
case ${CARGO_PKG_NAME-} in
    wasmtime-internal-component-macro)
        # Its build script puts the folder of the build into the code, for a debugging aid that a
        # release does not use.
        export DEBUG_OUTPUT_DIR=/build/debug
        ;;
    age)
        # The macro `fl!` writes its arguments in the order of a hash map, whose keys are random.
        [ -z "${SAME_RANDOM-}" ] || export LD_PRELOAD="$SAME_RANDOM"
        ;;
esac
exec "$@"
