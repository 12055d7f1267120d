#!/usr/bin/env bash
# Builds the image of the release in the archive $1 (without it, of one made of the debug
# build) and runs it as a runtime would: as the user of the image, with a read-only root,
# without a network, with volumes for /cache and /work. Buildah unpacks the image; `unshare`
# stands in for the runtime, which needs control groups that not every machine gives. Ends
# with 77 where this cannot be done.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
    echo "SKIPPED: $1, so the image is not built" >&2
    exit 77
}
command -v buildah >/dev/null || skip 'buildah is not installed (Debian: buildah)'
[ "$(id -u)" -eq 0 ] || skip 'this user is not root, and may not mount'
unshare --mount --pid --net --fork true 2>/dev/null || skip 'the kernel refuses namespaces'

work=$(mktemp -d)
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
# The user's own images stay as they are.
export CONTAINERS_STORAGE_CONF=$work/storage.conf
cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "vfs"
graphroot = "$work/storage"
runroot = "$work/run"
END
container=''
cleanup() {
    [ -z "$container" ] || buildah umount "$container" >/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

archive=${1-}
if [ -z "$archive" ]; then
    cargo build --quiet --locked --bin greentic-provision
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) \
        ci/release/pack.sh "${CARGO_TARGET_DIR:-target}/debug/greentic-provision" "$work/dist"
    archive="$work/dist/$(ci/release/name.sh).tar.gz"
fi
ci/container.sh "$archive" greentic-provision:test
container=$(buildah from --pull-never localhost/greentic-provision:test)
root=$(buildah mount "$container")

configuration=$(buildah inspect --type image --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Volumes}}' \
    localhost/greentic-provision:test)
[ "$configuration" = '65532:65532 [/usr/bin/greentic-provision] map[/cache:{}]' ] ||
    { echo "error: the image has another user, entry point or volume: $configuration" >&2; exit 1; }
programs=$(find "$root" -type f -perm -u+x ! -name '*.so*' -printf '/%P\n')
[ "$programs" = /usr/bin/greentic-provision ] ||
    { echo "error: the image has other programs than one: $programs" >&2; exit 1; }
[ "$(stat -c %u:%g "$root/cache")" = 65532:65532 ] ||
    { echo 'error: /cache does not belong to the user of the image' >&2; exit 1; }

# Volumes as a runtime makes them.
mkdir "$work/cache" "$work/work"
cp -r packs/conforming packs/nonconforming/trap-apply "$work/work/"
chown -R 65532:65532 "$work/cache" "$work/work"
chmod 700 "$work/cache"

# Runs the program in the image with these arguments.
inside() {
    # shellcheck disable=SC2016 # the inner shell expands it
    unshare --mount --pid --net --fork bash -c '
        set -euo pipefail
        root=$1 work=$2
        shift 2
        mount --make-rprivate /
        mount --bind "$root" "$root"
        mount --bind "$work/cache" "$root/cache"
        mount --bind "$work/work" "$root/work"
        mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
        # The devices that each container has.
        mount -t tmpfs -o nosuid,mode=755 tmpfs "$root/dev"
        for device in null zero full random urandom; do
            : >"$root/dev/$device"
            mount --bind "/dev/$device" "$root/dev/$device"
        done
        mount --bind -o remount,ro "$root"
        cd "$root/work"
        exec env -i XDG_CACHE_HOME=/cache HOME=/work TMPDIR=/cache \
            unshare --root="$root" --wd=/work --setgid=65532 --setuid=65532 \
            /usr/bin/greentic-provision "$@"
    ' bash "$root" "$work" "$@"
}

inside --version
# Landlock, seccomp and the other restrictions of workers are there.
inside doctor
inside conformance --isolation require --packs conforming --report report.json
status=0
inside conformance --isolation require --packs trap-apply >/dev/null 2>&1 || status=$?
[ "$status" -eq 1 ] || { echo "error: a failing pack ends with $status instead of 1" >&2; exit 1; }
# What the program wrote is its user's, and in the volumes alone.
[ "$(stat -c %u "$work/work/report.json")" = 65532 ] ||
    { echo 'error: the report does not belong to the user of the image' >&2; exit 1; }
inside cache show
changed=$(find "$root" -xdev -newer "$work/work" -type f)
[ -z "$changed" ] || { echo "error: the root of the image changed: $changed" >&2; exit 1; }
echo 'the image runs with a read-only root, as user 65532, without a shell'
