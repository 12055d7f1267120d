#!/usr/bin/env bash
# The steps of the action as one script, so that a test runs them as they stand:
#
#   run.sh install      puts the program on the path: a released binary, or one that cargo builds
#   run.sh build-key    names the cache of what cargo compiles
#   run.sh key          names the cache of compiled components
#   run.sh judge        judges the packs, and writes reports, annotations and the summary
#
# Inputs are variables of the environment. NB: the bash of macOS has version 3.2.
set -euo pipefail

# NB: on standard error, because some callers take what a function prints.
die() {
    local text=${1//'%'/%25}
    text=${text//$'\r'/%0D}
    echo "::error title=conformance::${text//$'\n'/%0A}" >&2
    exit 2
}

# The target of the release for this machine.
target() {
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) echo x86_64-unknown-linux-gnu ;;
        Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-gnu ;;
        Darwin-arm64) echo aarch64-apple-darwin ;;
        *) die "there is no release for $(uname -s) on $(uname -m); the input source builds the program instead" ;;
    esac
}

sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1" | cut -d' ' -f1
    else
        shasum -a 256 "$1" | cut -d' ' -f1
    fi
}

# Downloads the release of $VERSION, and unpacks it only if its SHA-256 is $SHA256.
released() {
    local folder=$1 name url archive actual
    [[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
        die "the input version is no version like 1.2.3: '$VERSION'"
    [[ $SHA256 =~ ^[0-9a-f]{64}$ ]] ||
        die "the input sha256 is not the SHA-256 of an archive, 64 hexadecimal digits in lower case: '$SHA256'"
    name="greentic-provision-$VERSION-$(target)"
    url="${BASE_URL:-https://github.com/$REPOSITORY/releases/download/v$VERSION}/$name.tar.gz"
    archive="$folder/$name.tar.gz"
    rm -rf "$folder"
    mkdir -p "$folder"
    curl --fail --location --silent --show-error --retry 3 --connect-timeout 20 --max-time 600 \
        --max-filesize 268435456 --proto '=https,file' --proto-redir '=https' --output "$archive" -- "$url" || {
        rm -f "$archive"
        die "cannot download $url; see that this version is released for this platform, and run the job again"
    }
    actual=$(sha256 "$archive")
    if [ "$actual" != "$SHA256" ]; then
        rm -f "$archive"
        die "$url has the SHA-256 $actual, and the input sha256 says $SHA256; nothing of it was unpacked. If the version is right, compare with the .sha256 file beside the archive and its attestation"
    fi
    tar -xzf "$archive" -C "$folder"
    rm -f "$archive"
    mv "$folder/$name" "$folder/bin"
}

install() {
    local folder="$RUNNER_TEMP/greentic-provision" version
    if [ -n "${SOURCE-}" ]; then
        (
            # rustup reads the toolchain file of the current folder.
            cd "$SOURCE"
            export CARGO_TARGET_DIR="$RUNNER_TEMP/harness-target"
            # NB: cargo compares times of files. The harness itself is always compiled, so that
            # a cached build of another commit is never taken for this one.
            find "$CARGO_TARGET_DIR" -name '*provision*' -prune -exec rm -rf {} + 2>/dev/null || true
            cargo install --quiet --locked --path harness/runner --root "$folder"
        )
        # A harness that catches nothing passes everything. Releases are tested before they
        # are published.
        "$folder/bin/greentic-provision" doctor --self-test
    else
        if [ -z "${VERSION-}" ] || [ -z "${SHA256-}" ]; then
            die 'the inputs version and sha256 name a release; source names a checkout to compile instead'
        fi
        released "$folder"
        version=$("$folder/bin/greentic-provision" --version)
        [ "$version" = "greentic-provision $VERSION" ] ||
            die "the archive of version $VERSION holds $version"
    fi
    echo "$folder/bin" >>"$GITHUB_PATH"
}

# hashFiles() of a workflow sees its workspace only, and the source may be outside of it.
build_key() {
    local hash
    hash=$(cd "$SOURCE" && cat Cargo.lock Cargo.toml rust-toolchain.toml >"$RUNNER_TEMP/build" && sha256 "$RUNNER_TEMP/build")
    echo "key=harness-$(uname -s)-$(uname -m)-$hash" >>"$GITHUB_OUTPUT"
}

# The packs as an array.
read_packs() {
    read -r -d '' -a packs <<<"${PACKS-}" || true
    [ "${#packs[@]}" -gt 0 ] || die 'the input packs names no pack'
}

# The key is made of the program, the platform and the bytes of all packs, because a cache is
# not saved again under a key that exists. The prefix finds the cache of other packs.
key() {
    local list prefix
    read_packs
    prefix="$(greentic-provision --version | tr ' ' -)-$(uname -s)-$(uname -m)-"
    # A pack that cannot be opened fails in `judge`, and not here.
    list=$(greentic-provision conformance --list --json --packs "${packs[@]}" 2>/dev/null) || list=''
    printf '%s' "$list" >"$RUNNER_TEMP/packs.json"
    {
        echo "prefix=$prefix"
        echo "key=$prefix$(sha256 "$RUNNER_TEMP/packs.json")"
        echo "folder=$RUNNER_TEMP/greentic-provision-components"
    } >>"$GITHUB_OUTPUT"
}

# The files that a pull request changes, if the checkout has the commit that it is based on.
changed() {
    case "${GITHUB_EVENT_NAME-}" in
        pull_request | pull_request_target) git -c core.quotePath=false diff --name-only HEAD^1 HEAD 2>/dev/null || true ;;
    esac
}

# Of each kind the first ten annotations, which is what a step shows: those of changed files
# and of packs with changed files first.
annotate() {
    local files
    files=$(mktemp)
    changed >"$files"
    awk -v most=10 '
        FILENAME == ARGV[1] { changed[$0]; next }
        {
            kind = $1
            file = $0
            sub(/^::[a-z]+ file=/, "", file)
            sub(/,line=.*/, "", file)
            gsub(/%3A/, ":", file); gsub(/%2C/, ",", file); gsub(/%25/, "%", file)
            folder = file
            is_folder = sub(/\/[^\/]*$/, "/", folder)
            is_changed = file in changed
            if (is_folder && file !~ /\.gtpack$/)
                for (one in changed)
                    if (index(one, folder) == 1) is_changed = 1
            if (is_changed || $2 !~ /^file=/) first[++firsts] = $0
            else later[++laters] = $0
        }
        function show(line) {
            split(line, word, " ")
            if (shown[word[1]]++ < most) print line
        }
        END {
            for (i = 1; i <= firsts; i++) show(first[i])
            for (i = 1; i <= laters; i++) show(later[i])
        }
    ' "$files" "$1"
    rm -f "$files"
}

# A cache is an archive that the platform unpacked. The program takes only one that is closed
# to others.
usable_cache() {
    [ -n "${CACHE-}" ] || return 1
    [ ! -e "$CACHE" ] || chmod -R go-rwx "$CACHE" || return 1
    greentic-provision cache show --cache "$CACHE" && return
    echo '::warning title=conformance::the restored cache is unusable, so this run compiles every component'
    return 1
}

judge() {
    local code=0 flags trusted key token
    read_packs
    mkdir -p "$OUT"
    flags=(--profile "$PROFILE")
    [ -z "$EXPECTATIONS" ] || flags=("${flags[@]}" --expectations "$EXPECTATIONS")
    read -r -d '' -a trusted <<<"$TRUST" || true
    for key in ${trusted[@]+"${trusted[@]}"}; do flags=("${flags[@]}" --trust "$key"); done
    if usable_cache; then
        flags=("${flags[@]}" --cache "$CACHE")
    else
        flags=("${flags[@]}" --no-cache)
    fi
    # Reports of an earlier step stay nowhere, also if the program does not start.
    rm -f "$OUT/summary.md" "$OUT/annotations.txt"
    # Text of packs is no command of the job.
    token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "::stop-commands::$token"
    greentic-provision conformance --packs "${packs[@]}" "${flags[@]}" \
        --out "$OUT/out" --report "$OUT/report.json" --junit "$OUT/junit.xml" \
        --sarif "$OUT/report.sarif" --html "$OUT/report.html" --markdown "$OUT/summary.md" \
        --annotations "$OUT/annotations.txt" --attestation "$OUT/statement.json" || code=$?
    echo "::$token::"
    echo "exit-code=$code" >>"$GITHUB_OUTPUT"
    if [ -e "$OUT/summary.md" ]; then cat "$OUT/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
    if [ -e "$OUT/annotations.txt" ]; then annotate "$OUT/annotations.txt"; fi
    exit "$code"
}

case "${1-}" in
    install | key | judge) "$1" ;;
    build-key) build_key ;;
    *) die 'usage: run.sh install|build-key|key|judge' ;;
esac
