#!/usr/bin/env bash
# Makes an image of the release in the archive $1, with buildah, podman or docker, and tags it
# greentic-provision:VERSION (or $2). The image has the program, the shared libraries that it
# needs, from this machine, and certificates of authorities: their copyright files go with them.
set -euo pipefail
cd "$(dirname "$0")/.."

archive=${1:?usage: ci/container.sh ARCHIVE.tar.gz [TAG]}
name=$(basename "$archive" .tar.gz)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xzf "$archive" -C "$work"
program="$work/$name/greentic-provision"
version=$("$program" --version)

rootfs="$work/rootfs"
mkdir -p "$rootfs/usr/bin" "$rootfs/etc/ssl/certs" "$rootfs/usr/share/doc/greentic-provision" \
    "$rootfs/proc" "$rootfs/dev" "$rootfs/sys" "$work/volumes/work"
mkdir -m 700 "$work/volumes/cache"
install -m 755 "$program" "$rootfs/usr/bin/"
install -m 644 "$work/$name/LICENSE" "$work/$name/THIRD-PARTY.txt" "$rootfs/usr/share/doc/greentic-provision/"
# Each path that the dynamic linker finds, which is a path in the image too.
libraries=$(ldd "$program" | grep -oE '/[^ ]+' | sort -u)
[ -n "$libraries" ] || { echo "error: ldd names no library of $program" >&2; exit 1; }
while read -r library; do
    mkdir -p "$rootfs$(dirname "$library")"
    cp --dereference "$library" "$rootfs$library"
done <<<"$libraries"
for package in libc6 libgcc-s1; do
    notice=/usr/share/doc/$package/copyright
    [ ! -e "$notice" ] || install -D -m 644 "$notice" "$rootfs$notice"
done
authorities=/etc/ssl/certs/ca-certificates.crt
[ -e "$authorities" ] || { echo "error: this machine has no $authorities (Debian: ca-certificates)" >&2; exit 1; }
cp --dereference "$authorities" "$rootfs$authorities"
echo 'provision:x:65532:65532::/work:/usr/sbin/nologin' >"$rootfs/etc/passwd"
echo 'provision:x:65532:' >"$rootfs/etc/group"
tag=${2:-greentic-provision:${version##* }}
for tool in buildah podman docker; do
    if command -v "$tool" >/dev/null; then
        "$tool" build --network none --tag "$tag" --file ci/Containerfile "$work"
        exit
    fi
done
echo 'error: none of buildah, podman and docker is installed' >&2
exit 1
