#!/usr/bin/env python3
"""Writes the CycloneDX SBOM of the binary, and the licence texts of what it links.

What the binary links are the crates of `cargo tree` without build scripts, macros and
tests. cargo-cyclonedx is not used: measured on this workspace, it lists 75 crates that
are not in the binary, and paths of the machine. All output is sorted and has the time of
SOURCE_DATE_EPOCH, so that two builds give the same bytes.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

PROGRAM = "greentic-provision"
# Names of files with licences and notices.
NOTICES = re.compile(r"(?i)^(licen[cs]e|copying|copyright|notice|unlicense)")


def run(*command):
    """What the command prints."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(command)} ended with {done.returncode}")
    return done.stdout


def release():
    """The version of the compiler, and of its standard library."""
    return run("rustc", "--version").split()[1]


def linked(target):
    """Name and version of each crate that the binary links."""
    lines = run(
        *"cargo tree --locked --prefix none --edges normal,no-proc-macro".split(),
        *f"--package {PROGRAM} --target {target} --format".split(), "{p}",
    ).splitlines()
    pairs = (line.split()[:2] for line in lines if line)
    return {(name, version.removeprefix("v")) for name, version in pairs}


def packages(target, wanted):
    """The packages of `cargo metadata` that are wanted, and what each depends on, by id."""
    metadata = json.loads(run(
        *"cargo metadata --locked --format-version 1 --filter-platform".split(), target
    ))
    kept = {p["id"]: p for p in metadata["packages"] if (p["name"], p["version"]) in wanted}
    if len(kept) != len(wanted):
        sys.exit(f"error: cargo tree has {len(wanted)} crates, cargo metadata {len(kept)} of them")
    normal = lambda dep: any(kind["kind"] is None for kind in dep["dep_kinds"])
    edges = {
        node["id"]: [d["pkg"] for d in node["deps"] if d["pkg"] in kept and normal(d)]
        for node in metadata["resolve"]["nodes"]
        if node["id"] in kept
    }
    return kept, edges


def compare_with_build(path, kept):
    """Ends with an error unless cargo compiled each of these packages."""
    messages = (json.loads(line) for line in open(path))
    compiled = {m["package_id"] for m in messages if m["reason"] == "compiler-artifact"}
    missing = sorted(set(kept) - compiled)
    if missing:
        sys.exit("error: the SBOM has crates that this build did not compile:\n" + "\n".join(missing))


def reference(package):
    """How the SBOM names a package. NB: the crates of this workspace are in no registry, where
    others may have their names."""
    name = f"{package['name']}@{package['version']}"
    return f"pkg:cargo/{name}" if package["source"] else name


def component(package, checksums):
    """A package as a component of CycloneDX."""
    out = {
        "type": "library",
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "scope": "required",
    }
    if package["license"]:
        # Old manifests separate with `/`.
        out["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]
    if package["source"]:
        out["purl"] = reference(package)
        checksum = checksums[package["name"], package["version"]]
        out["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["source"] and package["repository"]:
        out["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return out


def locked():
    """The checksums of Cargo.lock by name and version. Python has a parser since 3.11 only."""
    blocks = pathlib.Path("Cargo.lock").read_text().split("[[package]]")[1:]
    fields = (dict(re.findall(r'(?m)^(\w+) = "(.*)"$', block)) for block in blocks)
    return {(f["name"], f["version"]): f["checksum"] for f in fields if "checksum" in f}


def sbom(binary, target, kept, edges):
    """The SBOM as a document."""
    checksums = locked()
    digest = hashlib.sha256(pathlib.Path(binary).read_bytes()).hexdigest()
    root = next(p for p in kept.values() if p["name"] == PROGRAM)
    program = component(root, checksums) | {
        "type": "application",
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }
    std = {"type": "library", "bom-ref": f"rust-std@{release()}", "name": "rust-std",
           "version": release(), "scope": "required",
           "licenses": [{"expression": "MIT OR Apache-2.0"}]}
    others = [component(p, checksums) for p in kept.values() if p is not root]
    depends = [
        {"ref": reference(kept[one]), "dependsOn": sorted({reference(kept[d]) for d in on})}
        for one, on in edges.items()
    ]
    next(d for d in depends if d["ref"] == reference(root))["dependsOn"].append(std["bom-ref"])
    time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": program,
            "properties": [{"name": "cdx:rustc:sbom:target:triple", "value": target}],
        },
        "components": sorted(others + [std], key=lambda c: c["bom-ref"]),
        "dependencies": sorted(depends, key=lambda d: d["ref"]),
    }


def notices(kept):
    """The licence files of all crates from registries, each different text once."""
    texts, silent = {}, [f"rust-std {release()} (MIT OR Apache-2.0)"]
    for package in kept.values():
        if not package["source"]:
            continue
        name = f"{package['name']} {package['version']} ({package['license']})"
        folder = pathlib.Path(package["manifest_path"]).parent
        files = [f for f in folder.iterdir() if f.is_file() and NOTICES.match(f.name)]
        files = [f for f in files if f.suffix not in (".rs", ".html")]
        for file in files:
            text = file.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip()
            texts.setdefault(text, set()).add(name)
        if not files:
            silent.append(name)
    out = ["Licences and notices of the crates that greentic-provision links.\n"]
    out.append("Without a licence file, under the licence in brackets:\n")
    out += [f"  {name}" for name in sorted(silent)]
    for names, text in sorted((sorted(names), text) for text, names in texts.items()):
        out += ["", "=" * 80, *names, "=" * 80, "", text]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--binary", "--artifacts", "--sbom", "--notices"):
        parser.add_argument(flag, required=True)
    args = parser.parse_args()
    target = next(
        line.removeprefix("host: ") for line in run("rustc", "-vV").splitlines() if line.startswith("host: ")
    )
    kept, edges = packages(target, linked(target))
    if args.artifacts:
        compare_with_build(args.artifacts, kept)
    document = sbom(args.binary, target, kept, edges)
    pathlib.Path(args.sbom).write_text(json.dumps(document, indent=1) + "\n")
    pathlib.Path(args.notices).write_text(notices(kept))


main()
