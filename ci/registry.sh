#!/usr/bin/env bash
# Pushes packs to a real registry (Debian's docker-registry, by skopeo), judges them there,
# and attaches and verifies verdicts: over plain HTTP, with a password, and over TLS. The
# registries listen on loopback alone, and end with this script.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

for tool in docker-registry skopeo openssl; do
    if ! command -v $tool >/dev/null; then
        echo "SKIPPED: $tool is not installed, so no real registry is tried (Debian: docker-registry, skopeo, openssl)" >&2
        exit 0
    fi
done
cargo build --quiet --locked --bin greentic-provision
harness=${CARGO_TARGET_DIR:-$root/target}/debug/greentic-provision

work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cd "$work"
# No credentials of this machine, and no cache of an earlier run.
export HOME=$work DOCKER_CONFIG=$work/docker XDG_CACHE_HOME=$work/cache
mkdir -p docker

fail() { echo "error: $*" >&2; exit 1; }
# ends CODE COMMAND…: the command has to end with this exit code.
ends() {
    local wanted=$1 status=0
    shift
    "$@" >out.txt 2>err.txt || status=$?
    [ "$status" -eq "$wanted" ] || { cat out.txt err.txt >&2; fail "exit $status instead of $wanted: $*"; }
}
says() { grep -q -- "$1" out.txt err.txt || { cat out.txt err.txt >&2; fail "nothing says \"$1\""; }; }

# An authority, and a certificate of it for this machine.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=authority 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout tls.key -out tls.csr -subj /CN=localhost 2>/dev/null
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out tls.crt \
    -extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1) 2>/dev/null
# The name `tester` and the password `correct-horse`, by `htpasswd -nbB`.
# shellcheck disable=SC2016 # the dollars are of the hash
echo 'tester:$2y$05$0yKONDgqbv17hPYhTYa8..0.yGF7SkNRMujzKFSxR/ao16vU4b3QS' >htpasswd

# registry NAME PORT MORE: starts one, and waits until it listens.
registry() {
    local name=$1 port=$2
    cat >"$name.yml" <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $work/$name.store}}
http:
  addr: 127.0.0.1:$port
$3
YAML
    docker-registry serve "$name.yml" >"$name.log" 2>&1 &
    pids+=($!)
    local tries=0
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        kill -0 "${pids[-1]}" 2>/dev/null || { cat "$name.log" >&2; fail "the registry $name ended"; }
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "the registry $name does not listen"
        sleep 0.1
    done
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

openssl genpkey -algorithm ed25519 -out ours.key 2>/dev/null
openssl pkey -in ours.key -pubout -out ours.pub
openssl genpkey -algorithm ed25519 -out theirs.key 2>/dev/null
openssl pkey -in theirs.key -pubout -out theirs.pub

pack=$root/packs/conforming/rust-provider.gtpack
other=$root/packs/conforming/noop-archive.gtpack
failing=$root/packs/nonconforming/rust-node.gtpack
type=application/vnd.greentic.gtpack.v1+zip
build=$root/packs/sources/layouts/build.py
python3 "$build" "$pack" layout $type "text/markdown=$root/README.md"
python3 "$build" "$other" other $type
python3 "$build" "$failing" failing $type
digest=$(python3 -c 'import json; print(json.load(open("layout/index.json"))["manifests"][0]["digest"])')

# same A B: two reports are equal except for the reference and the checks of registries.
same() {
    python3 - "$1" "$2" <<'PYTHON'
import difflib
import json
import sys


def read(path):
    report = json.load(open(path))
    for pack in report["packs"]:
        label = pack["pack"]
        for key in ("pack", "path", "reproduce", "registry"):
            pack.pop(key)
        pack["checks"] = [c for c in pack["checks"] if not c["check"].startswith("registry.")]
        text = json.dumps(pack, indent=0).replace(label, "LABEL")
        pack.clear()
        pack["lines"] = text.splitlines()
    # A digest of the labels, and a count that includes the checks of registries.
    report.pop("selection")
    report["summary"].pop("checks")
    return json.dumps(report, indent=0).splitlines()


a, b = map(read, sys.argv[1:])
if a != b:
    diff = list(difflib.unified_diff(a, b, *sys.argv[1:], n=1, lineterm=""))
    sys.exit("\n".join(["error: the reports differ:", *diff[:30]]))
PYTHON
}

judge() { ends "$1" "$harness" conformance --isolation none --report "$2" --packs "$3" "${@:4}"; }
judge 0 local.json "$pack"
judge 0 layout.json oci-layout:layout:1.0.0
same local.json layout.json
tar -C layout -cf layout.tar .
judge 0 tar.json oci-layout:layout.tar:1.0.0
same local.json tar.json

# tried NAME HOST FLAG…: everything on the registry at this host. Packs are pushed first.
tried() {
    local name=$1 host=$2 at
    shift 2
    at=oci://$host/team/rust
    judge 0 tag.json "$at:1.0.0" "$@"
    same local.json tag.json
    judge 0 digest.json "$at@$digest" "$@"
    same local.json digest.json
    judge 0 all.json "$at:*" --latest 1 "$@"
    judge 0 catalogue.json "oci://$host/team/r*:1.0.0" "$@"
    same local.json catalogue.json
    ends 0 "$harness" pack inspect --pack "$at:1.0.0" "$@"
    says "manifest digest $digest"

    ends 1 "$harness" attest verify "$at:1.0.0" --trust ours.pub "$@"
    says 'no signed statement is attached'
    judge 0 tag.json "$at:1.0.0" --attestation signed.json --sign ours.key "$@"
    ends 0 "$harness" attest push "$at:1.0.0" --attestation signed.json "$@"
    ends 0 "$harness" attest verify "$at:1.0.0" --trust ours.pub --max-age 1h "$@"
    says 'PASSED by profile core'
    ends 0 "$harness" attest verify "$at@$digest" --trust ours.pub "$@"
    ends 1 "$harness" attest verify "$at:1.0.0" --trust theirs.pub "$@"
    ends 1 "$harness" attest verify "$at:1.0.0" --trust ours.pub --profile publish "$@"
    ends 2 "$harness" attest push "oci://$host/team/other:1.0.0" --attestation signed.json "$@"
    says 'about other packs'
    ends 1 "$harness" attest verify "oci://$host/team/other:1.0.0" --trust ours.pub "$@"
    # The attestation is no version of the pack.
    judge 0 all.json "$at:*" "$@"
    [ "$(python3 -c 'import json; print(len(json.load(open("all.json"))["packs"]))')" = 1 ] ||
        fail 'a referrer counts as a pack'

    judge 1 failing.json "oci://$host/team/failing:1.0.0" --profile strict \
        --attestation failing-signed.json --sign ours.key "$@"
    ends 0 "$harness" attest push "oci://$host/team/failing:1.0.0" --attestation failing-signed.json "$@"
    ends 1 "$harness" attest verify "oci://$host/team/failing:1.0.0" --trust ours.pub "$@"
    says 'did not pass: FAILED'

    # A statement of two days ago, signed by another tool.
    python3 - <<'PYTHON'
import base64
import json

envelope = json.load(open("signed.json"))
statement = json.loads(base64.b64decode(envelope["payload"]))
harness = statement["predicate"]["configuration"][0]["annotations"]
harness["judged_at"] = str(int(harness["judged_at"]) - 2 * 86400)
payload = json.dumps(statement).encode()
kind = envelope["payloadType"]
open("pae", "wb").write(b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
open("payload", "wb").write(payload)
PYTHON
    openssl pkeyutl -sign -rawin -inkey ours.key -in pae -out sig
    python3 - <<'PYTHON'
import base64
import json

encoded = lambda name: base64.b64encode(open(name, "rb").read()).decode()
json.dump({
    "payloadType": "application/vnd.in-toto+json",
    "payload": encoded("payload"),
    "signatures": [{"sig": encoded("sig")}],
}, open("old.json", "w"))
PYTHON
    local check=("$harness" attest verify "$at:1.0.0" --trust ours.pub --attestation old.json)
    ends 0 "${check[@]}" --max-age 3d "$@"
    ends 1 "${check[@]}" --max-age 1d "$@"
    says 'at most 1day'
    echo "$name: judged by tag, digest, pattern and catalogue; verdicts attached and verified"
}

# push HOST FLAG…: pushes the packs.
push() {
    local host=$1 image
    shift
    for image in layout:rust other:other failing:failing; do
        skopeo copy --quiet "$@" "oci:${image%:*}:1.0.0" "docker://$host/team/${image#*:}:1.0.0"
    done
}

port=$(free_port)
registry plain "$port" ''
push "127.0.0.1:$port" --dest-tls-verify=false
tried 'plain HTTP on loopback' "127.0.0.1:$port" --plain-http
# Without the flag nothing goes over plain HTTP, not even to this machine.
judge 6 none.json "oci://127.0.0.1:$port/team/rust:1.0.0" --registry-cache none

port=$(free_port)
registry password "$port" "auth: {htpasswd: {realm: r, path: $work/htpasswd}}"
push "127.0.0.1:$port" --dest-tls-verify=false --dest-creds tester:correct-horse
judge 6 none.json "oci://127.0.0.1:$port/team/rust:1.0.0" --plain-http --registry-cache none
grep -q E_REGISTRY_AUTH none.json || fail 'no E_REGISTRY_AUTH without a password'
echo correct-horse | ends 0 "$harness" conformance --isolation none --plain-http \
    --packs "oci://127.0.0.1:$port/team/rust:1.0.0" --username tester --password-stdin
echo "{\"auths\": {\"127.0.0.1:$port\": {\"auth\": \"$(printf tester:correct-horse | base64)\"}}}" >docker/config.json
tried 'with a password' "127.0.0.1:$port" --plain-http
rm docker/config.json
# A credential helper, as Docker's protocol has it.
mkdir -p bin
cat >bin/docker-credential-test <<'SH'
#!/bin/sh
read -r host
echo "{\"ServerURL\": \"$host\", \"Username\": \"tester\", \"Secret\": \"correct-horse\"}"
SH
chmod +x bin/docker-credential-test
echo "{\"credHelpers\": {\"127.0.0.1:$port\": \"test\"}}" >docker/config.json
PATH=$work/bin:$PATH judge 0 helper.json "oci://127.0.0.1:$port/team/rust:1.0.0" --plain-http --registry-cache none
rm docker/config.json

port=$(free_port)
registry tls "$port" "  tls: {certificate: $work/tls.crt, key: $work/tls.key}"
push "localhost:$port" --dest-tls-verify=false
judge 6 none.json "oci://localhost:$port/team/rust:1.0.0" --registry-cache none
SSL_CERT_FILE=$work/ca.crt tried 'over TLS' "localhost:$port"

if command -v strace >/dev/null; then
    ends 0 strace -f -e trace=network -o calls "$harness" conformance --packs "$pack"
    if grep -E 'socket\(|connect\(' calls >&2; then fail 'a run over files opens a socket'; fi
    ends 0 strace -f -e trace=network -o calls "$harness" conformance --packs oci-layout:layout:1.0.0
    if grep -E 'socket\(|connect\(' calls >&2; then fail 'a run over a layout opens a socket'; fi
    echo 'a run without a registry opens no socket'
else
    echo 'SKIPPED: strace is not installed, so nothing shows that a run over files opens no socket' >&2
fi
