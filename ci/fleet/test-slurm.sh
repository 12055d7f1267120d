#!/usr/bin/env bash
# Runs ci/fleet/slurm.sh on a real Slurm: installs Debian's slurm-wlm and munge, starts one
# node on loopback, judges 200 packs in an array of four, and compares the merged report with
# that of one run. Stops what it started. Needs root and Debian's packages; exits 77 and
# says why if it cannot have them.
#
#   ci/fleet/test-slurm.sh [PROGRAM]        default: target/debug/greentic-provision
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() {
    echo "SKIPPED ci/fleet/test-slurm.sh: $*" >&2
    exit 77
}

program=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/debug/greentic-provision}")
[ -x "$program" ] || { echo "error: no program $program; cargo build it" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || skip 'only root can start slurmd'
if ! command -v slurmctld slurmd munged sbatch >/dev/null; then
    command -v apt-get >/dev/null || skip 'no apt-get, and no Slurm is installed'
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends slurm-wlm munge; } >/dev/null 2>&1 ||
        skip 'slurm-wlm and munge cannot be installed'
fi

work=$(mktemp -d)
# Only processes that this script started, by the ids of their own files.
stop() {
    local id
    for daemon in slurmd slurmctld munged; do
        id=$(cat "$work/$daemon.pid" 2>/dev/null) || continue
        kill "$id" 2>/dev/null || continue
        for _ in $(seq 100); do
            kill -0 "$id" 2>/dev/null || break
            sleep 0.1
        done
        if kill -9 "$id" 2>/dev/null; then
            echo "note: $daemon did not end by itself" >&2
        fi
    done
    rm -rf "$work"
}
trap stop EXIT
# munged wants folders that nobody else can write.
chmod 0755 "$work"

# wait_for WHAT COMMAND…: until the command succeeds, at most a minute.
wait_for() {
    local what=$1
    shift
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    echo "error: after a minute: $what" >&2
    tail -n 20 "$work"/*.log >&2 || true
    exit 1
}

port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

head -c 1024 /dev/urandom >"$work/munge.key"
chmod 0400 "$work/munge.key"
munged --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" \
    --log-file="$work/munged.log" --seed-file="$work/munge.seed" --force
wait_for 'munged does not answer' munge --socket="$work/munge.socket" --no-input

mkdir "$work/state" "$work/spool"
cat >"$work/slurm.conf" <<END
ClusterName=fleet
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
SlurmctldPort=$(port)
SlurmdPort=$(port)
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
# Without control groups: a container has none to give.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(free -m | awk '/^Mem:/ { print $2 }')
PartitionName=fleet Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf
slurmctld
slurmd
# shellcheck disable=SC2016 # the inner shell expands it
wait_for 'the node is not idle' sh -c 'test "$(sinfo --noheader --format=%t)" = idle'

ci/fleet/copies.py "$work/packs" 200 c-provider component-step noop-provision rust-hidden-trap
"$program" conformance --packs "$work/packs" --jobs 2 --cache "$work/cache" --out "$work/one" \
    --report "$work/one.json" >"$work/one.log"

# One processor a task, so that a machine with two runs two of the four at a time.
read -r array merge < <(PACKS=$work/packs OUT=$work/run PROGRAM=$program \
    ci/fleet/slurm.sh 4 --cpus-per-task=1 --mem=0)
ended() { [ -z "$(squeue --noheader --jobs="$array,$merge" 2>/dev/null)" ]; }
for _ in $(seq 600); do
    ended && break
    sleep 0.5
done
ended || { echo 'error: the jobs have not ended after five minutes' >&2; squeue >&2; exit 1; }
for task in 0 1 2 3; do
    if ! grep -q '"shard":{"index":'$((task + 1))',"count":4}' "$work/run/shard-$task/events.jsonl"; then
        echo "error: task $task did not judge shard $((task + 1))/4" >&2
        tail -n 20 "$work/run/task-$task.log" >&2
        exit 1
    fi
done
# The merged run is not a shard, so not even the shard fields differ.
if ! cmp "$work/one.json" "$work/run/report.json"; then
    tail -n 20 "$work/run/merge.log" >&2
    exit 1
fi
packs=$(grep -c '"event":"pack_finished"' "$work/run/events.jsonl")
[ "$packs" -eq 200 ] || { echo "error: the merged run has $packs packs, not 200" >&2; exit 1; }
echo "an array of four tasks of $(slurmd -V) judged 200 packs; the merged report is that of one run"
