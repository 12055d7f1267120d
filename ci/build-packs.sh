#!/usr/bin/env bash
# Builds the guests of packs/sources, and says which built files differ from
# those that are checked in. With --write, the built files take their places.
#
# Nothing else needs this: the built files are checked in. A route whose tools
# are not there is skipped, loudly. What it looks for:
#   Rust        a toolchain with the targets wasm32-unknown-unknown and
#               wasm32-wasip2 (rustup target add …), or GUEST_RUSTC, a compiler
#               with its library's source, for which std is built. The second
#               target then needs GUEST_WASI_LIBC, a folder with its libc.a.
#   C           python3 -m ziglang (package ziglang 0.17.0)
#   JavaScript  componentize-qjs (npm package 0.4.5); its output is not the same
#               bytes twice, so it is built with --write only
#   all         wasm-tools, wit-bindgen (crate wit-bindgen-cli 0.63.0)
#   one pack    greentic-pack (1.3.0-research.11)
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
write=false
[ "${1-}" = --write ] && write=true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# take BUILT PLACE: compares a built file with the one that is checked in.
take() {
    if $write; then
        mkdir -p "$(dirname "$2")"
        cp "$1" "$2"
        echo "written: $2"
    elif cmp -s "$1" "$2"; then
        echo "same: $2"
    else
        echo "DIFFERS: $2 is not what its source gives; run ci/build-packs.sh --write" >&2
        status=1
    fi
}

has() {
    command -v "$1" >/dev/null || { echo "SKIPPED: no $1, so $2 is not built" >&2; return 1; }
}

# rust TARGET CRATE: the crate's module or component for the target.
rust() {
    # Paths of the machine are no part of a guest.
    local remap="--remap-path-prefix=$HOME=/ --remap-path-prefix=$root=/project" registry
    for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
        remap+=" --remap-path-prefix=$registry=/crates"
    done
    local args=(--release --locked --target "$1" -p "$2")
    if [ -n "${GUEST_RUSTC-}" ]; then
        local source
        source=$("$GUEST_RUSTC" --print sysroot)
        remap+=" --remap-path-prefix=$(readlink -f "$source/lib/rustlib/src/rust")=/rust --remap-path-prefix=$source=/sysroot"
        # shellcheck disable=SC2054 # one argument
        args+=(-Zbuild-std=std,panic_abort)
        export RUSTC=$GUEST_RUSTC RUSTC_BOOTSTRAP=1
        local bin
        bin=$(dirname "$(find "$(RUSTC='' rustup which rustc | xargs dirname)/../lib/rustlib" -name rust-lld | head -1)")
        export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$bin/rust-lld
        export CARGO_TARGET_WASM32_WASIP2_LINKER=$bin/wasm-component-ld
        if [ "$1" = wasm32-wasip2 ]; then
            [ -n "${GUEST_WASI_LIBC-}" ] || { echo "SKIPPED: no GUEST_WASI_LIBC, so $2 is not built" >&2; return 1; }
            remap+=" -Clink-self-contained=no -Clink-arg=--wasm-ld-path=$bin/gcc-ld/wasm-ld -Lnative=$GUEST_WASI_LIBC"
        fi
    fi
    (cd packs/sources && RUSTFLAGS="$remap" CARGO_TARGET_DIR="${GUEST_TARGET_DIR:-$work/target}" \
        cargo build --quiet "${args[@]}") || return 1
    cp "${GUEST_TARGET_DIR:-$work/target}/$1/release/${2//-/_}.wasm" "$work/$2.wasm"
}

if has wasm-tools "anything in Rust or C"; then
    for crate in rust-provider rust-node rust-abis rust-probe rust-hidden-trap; do
        if rust wasm32-unknown-unknown $crate; then
            wasm-tools component new "$work/$crate.wasm" -o "$work/$crate.component.wasm"
            place=packs/sources/built/$crate.wasm
            [ $crate = rust-probe ] && place=packs/hostile/wasi-probe/components/setup_default.wasm
            [ $crate = rust-hidden-trap ] && place=packs/conforming/$crate/components/setup_default.wasm
            take "$work/$crate.component.wasm" "$place"
        fi
    done
    if rust wasm32-wasip2 rust-wasi-step; then
        take "$work/rust-wasi-step.wasm" packs/nonconforming/rust-wasi-step/components/setup_default.wasm
    fi
    if python3 -c 'import ziglang' 2>/dev/null; then
        for guest in c-provider c-hostile; do
            [ -d packs/sources/$guest ] || continue
            for source in "packs/sources/$guest"/*.c; do
                name=$(basename "$source" .c)
                [ "$name" = provisioner ] && continue
                python3 -m ziglang cc -target wasm32-wasi -Os -mexec-model=reactor \
                    -Wl,-z,stack-size=65536 -Ipacks/sources/c-provider "$source" \
                    packs/sources/c-provider/provisioner.c \
                    packs/sources/c-provider/provisioner_component_type.o -o "$work/c.wasm"
                wasm-tools component new "$work/c.wasm" -o "$work/c.component.wasm"
                wasm-tools strip -a "$work/c.component.wasm" -o "$work/$name.wasm"
                case $guest in
                c-provider) take "$work/$name.wasm" packs/conforming/c-provider/components/provider.wasm ;;
                c-hostile) take "$work/$name.wasm" "packs/hostile/c-$name/components/provider.wasm" ;;
                esac
            done
        done
    else
        echo "SKIPPED: no Python package ziglang, so the guests in C are not built" >&2
    fi
fi

# wat SOURCE PLACE: a component in the text format.
wat() {
    wasm-tools parse "packs/sources/wat/$1.wat" -o "$work/$1.wasm"
    take "$work/$1.wasm" "$2"
}

if has wasm-tools "the components in the text format"; then
    for pack in conforming/application nonconforming/setup-files-loose; do
        wat runtime-echo packs/$pack/components/echo.wasm
    done
    wat runtime-echo packs/conforming/pack-v1-library/components/demo-ops.wasm
    for pack in flow-empty flow-loop flow-routing flow-unreachable flow-unresolved \
        oauth-capability-missing; do
        wat runtime-echo packs/nonconforming/$pack/components/echo.wasm
    done
    for pack in conforming/operator-provider nonconforming/setup-form-unreadable \
        nonconforming/setup-form-misspelt nonconforming/setup-form-mistyped \
        nonconforming/secrets-list-unreadable \
        nonconforming/legacy-flow-empty-component nonconforming/setup-schema-invalid; do
        wat provider-chat packs/$pack/components/chat-provider.wasm
    done
    wat provider-asks-more packs/nonconforming/setup-asks-too-little/components/chat-provider.wasm
    wat provider-returns-secret packs/nonconforming/secret-in-config/components/chat-provider.wasm
    wat provider-other-config packs/nonconforming/setup-config-refused/components/chat-provider.wasm
    wat runtime-trap-on-text packs/nonconforming/flow-trap-on-text/components/picky.wasm
    wat runtime-import packs/nonconforming/flow-import/components/dialler.wasm
    wat deploy-plan packs/conforming/deploy-plan/components/deploy-plan.wasm
    wat deploy-renders packs/nonconforming/deploy-plan-unexpected/components/deploy-renders.wasm
    for defect in invalid flow random; do
        wat deploy-$defect packs/nonconforming/deploy-plan-$defect/components/deploy-$defect.wasm
    done
    for attack in outside flood large; do
        wat deploy-$attack packs/hostile/deploy-$attack/components/deploy-$attack.wasm
    done
    wat described-open packs/nonconforming/described-schema-open/components/demo-described.wasm
fi

if $write && has componentize-qjs "the guest in JavaScript"; then
    componentize-qjs -w packs/sources/wit -j packs/sources/js-provider/provider.js -n provisioner \
        --sync --stub-wasi --opt-size -o "$work/js.wasm" >/dev/null
    take "$work/js.wasm" packs/conforming/js-provider/components/provider.wasm
fi

if has greentic-pack "the packs of the ecosystem's own builder"; then
    for place in packs/conforming/rust-provider packs/nonconforming/rust-node; do
        pack=${place##*/}
        cp -r "packs/sources/$pack/pack" "$work/$pack"
        for component in "$work/$pack"/components/*/; do
            cp "packs/sources/built/$pack.wasm" "$component/component.wasm"
        done
        greentic-pack --offline resolve --in "$work/$pack" >"$work/log" 2>&1 ||
            { cat "$work/log" >&2; exit 1; }
        greentic-pack --offline build --in "$work/$pack" --gtpack-out "$work/$pack.gtpack" >"$work/log" 2>&1 ||
            { cat "$work/log" >&2; exit 1; }
        take "$work/$pack.gtpack" "$place.gtpack"
    done
fi

# layout PLACE PACK MEDIA_TYPE …: an OCI layout.
layout() {
    local place=$1 file
    shift
    rm -rf "$work/layout"
    python3 packs/sources/layouts/build.py "$1" "$work/layout" "${@:2}"
    (cd "$work/layout" && find . -type f) | sort >"$work/layout.files"
    while read -r file; do
        take "$work/layout/$file" "$place/${file#./}"
    done <"$work/layout.files"
}

if has python3 "an OCI layout"; then
    notes=text/markdown=packs/sources/layouts/notes.md
    layout packs/conforming/registry-layout packs/conforming/signed.gtpack \
        application/vnd.greentic.gtpack.v1+zip $notes
    layout packs/nonconforming/registry-digest packs/conforming/noop-archive.gtpack \
        application/vnd.greentic.gtpack.v1+zip --lie
    layout packs/nonconforming/registry-tag packs/sources/layouts/unpinned.zip \
        application/vnd.greentic.gtpack.layer.v1+tar $notes
fi

if $write; then
    ci/pack-sums.sh >packs/sources/SHA256SUMS
fi
ci/pack-sums.sh | diff - packs/sources/SHA256SUMS >&2 ||
    { echo "packs/sources/SHA256SUMS does not say what is there" >&2; status=1; }
exit $status
