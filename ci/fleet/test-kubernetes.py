#!/usr/bin/env python3
"""Validates ci/fleet/kubernetes.yaml, and runs the commands of its containers here.

    ci/fleet/test-kubernetes.py PROGRAM

Three parts: the schemas of the Kubernetes API (of the package kubernetes-validate); what the
manifest promises (no privileges, a read-only root, one number of shards, memory for the
workers); and the shell commands of both Jobs, on this machine, with ten shards of eight
packs. No cluster runs here. Exits 77 and says why if the package is not installed.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import kubernetes_validate
    import yaml
except ImportError as error:
    print(f"SKIPPED ci/fleet/test-kubernetes.py: {error}", file=sys.stderr)
    print("(python3 -m pip install kubernetes-validate)", file=sys.stderr)
    sys.exit(77)

HERE = pathlib.Path(__file__).parent
# The first version in which a Job's podFailurePolicy is stable, and the newest known one.
VERSIONS = ["1.31", kubernetes_validate.latest_version()]
WORKER_MIB, SUPERVISOR_MIB = 1024, 1024


def fail(message):
    sys.exit(f"error: ci/fleet/kubernetes.yaml: {message}")


def variables(container):
    return {entry["name"]: entry["value"] for entry in container["env"]}


def check_pod(name, pod):
    """What every pod promises."""
    context = pod["securityContext"]
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        fail(f"{name} may run as root")
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        fail(f"{name} has no seccomp profile")
    if pod.get("automountServiceAccountToken") is not False:
        fail(f"{name} gets a token of the cluster")
    for container in pod["containers"]:
        context = container["securityContext"]
        expected = {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        if context != expected:
            fail(f"{name}: the security context is {context}, not {expected}")
        limits = container["resources"]["limits"]
        if "memory" not in limits or "cpu" not in limits:
            fail(f"{name} has no limits")


def check_numbers(shards, merge):
    """The number of shards and the name of the run occur in several places."""
    job, pod = shards["spec"], shards["spec"]["template"]["spec"]
    container = pod["containers"][0]
    here = variables(container)
    there = variables(merge["spec"]["template"]["spec"]["containers"][0])
    counts = [job["completions"], job["parallelism"]]
    counts += [int(here["PROVISION_SHARD_COUNT"]), int(there["FLEET_TASKS"])]
    if len(set(counts)) != 1 or job["completionMode"] != "Indexed":
        fail(f"the numbers of shards differ: {counts}")
    if here["RUN"] != there["RUN"]:
        fail("RUN differs between the Jobs")
    jobs = int(container["args"][0].split("--jobs ")[1].split()[0])
    memory = int(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 1024
    least = 2 * jobs * WORKER_MIB + SUPERVISOR_MIB
    if memory < least:
        fail(f"{memory} MiB are too few for {2 * jobs} workers and the supervisor: {least} MiB")


def command(job, folder, program, extra):
    """Runs the command of a Job's container, with its paths in `folder`."""
    container = job["spec"]["template"]["spec"]["containers"][0]
    script = container["args"][0]
    for mount in container["volumeMounts"]:
        script = script.replace(mount["mountPath"] + "/", f"{folder}{mount['mountPath']}/")
        script = script.replace(mount["mountPath"] + " ", f"{folder}{mount['mountPath']} ")
    path = f"{program.parent}:{os.environ['PATH']}"
    environment = {**variables(container), "PATH": path, "TMPDIR": str(folder), **extra}
    arguments = [*container["command"], script]
    return subprocess.run(arguments, env=environment, capture_output=True, text=True)


def run(shards, merge, program):
    """Runs ten shards and their merge as the cluster would."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for name in ["results", "scratch"]:
            (folder / name).mkdir()
        kinds = ["c-provider", "noop-provision"]
        subprocess.run([HERE / "copies.py", folder / "packs", "8", *kinds], check=True)
        # More shards than packs, so that some are empty.
        for index in range(10):
            job = {"JOB_COMPLETION_INDEX": str(index), "PROVISION_SHARD_COUNT": "10"}
            done = command(shards, folder, program, job)
            if done.returncode != 0:
                fail(f"shard {index} exits {done.returncode}: {done.stderr}")
        done = command(merge, folder, program, {"FLEET_TASKS": "10"})
        if done.returncode != 0 or "8 packs: 8 pass" not in done.stdout:
            fail(f"the merge exits {done.returncode}: {done.stdout} {done.stderr}")
        bad = {"JOB_COMPLETION_INDEX": "10", "PROVISION_SHARD_COUNT": "10"}
        refused = command(shards, folder, program, bad)
        if refused.returncode != 2 or "from 0 to 9" not in refused.stderr:
            fail(f"shard 11 of 10 exits {refused.returncode}: {refused.stderr}")
        again = command(merge, folder, program, {"FLEET_TASKS": "10"})
        if again.returncode != 2 or "give RUN another value" not in again.stderr:
            fail("a merge of the streams of an earlier run is not refused")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    documents = list(yaml.safe_load_all((HERE / "kubernetes.yaml").read_text()))
    for document in documents:
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                fail(f"{document['kind']} against {version}: {error}")
    jobs = {d["metadata"]["name"]: d for d in documents if d["kind"] == "Job"}
    for name, job in jobs.items():
        check_pod(name, job["spec"]["template"]["spec"])
    shards, merge = jobs["conformance"], jobs["conformance-merge"]
    check_numbers(shards, merge)
    run(shards, merge, program)
    print(
        f"kubernetes.yaml: {len(documents)} resources are valid for {' and '.join(VERSIONS)}, and "
        "the commands of its Jobs judged and merged 8 packs here"
    )


if __name__ == "__main__":
    main()
