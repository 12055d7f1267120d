#!/usr/bin/env python3
"""Measures what shards cost: the same packs in one run, and in shards one after the other.

    ci/fleet/measure.py PROGRAM FOLDER COUNT [SHARDS...]        default: 4 16

FOLDER gets COUNT copies of fixtures (ci/fleet/copies.py), and the outputs. Each shard gets
an empty compile cache, as on a machine of its own. Prints a table, and fails if a merged
report differs from the unsharded one, if all shards together take more than 1.1 times the
processor time of the one run, or if the longest shard takes more than 1.25 times the mean.
"""

import filecmp
import os
import pathlib
import shutil
import subprocess
import sys
import time

MOST_SUM, MOST_SHARD = 1.1, 1.25


def run(arguments, log):
    """Runs a command. Returns its seconds of processor time, of its children too, its
    seconds of wall time, and the peak of its resident memory, or of a child, in MiB."""
    started = time.monotonic()
    with open(log, "wb") as out:
        child = subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"error: exit {child.returncode}: {' '.join(arguments)}; see {log}")
    seconds = usage.ru_utime + usage.ru_stime
    return seconds, time.monotonic() - started, usage.ru_maxrss / 1024


def judge(program, folder, name, flags):
    cache = folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    arguments = [program, "conformance", "--packs", str(folder / "packs")]
    arguments += ["--out", str(folder / name), "--cache", str(cache), *flags]
    return run(arguments, folder / f"{name}.log")


def sharded(program, folder, count, whole):
    """Judges `count` shards one after the other and merges them. Returns what is wrong."""
    times = []
    for index in range(1, count + 1):
        flags = ["--shard", f"{index}/{count}"]
        times.append(judge(program, folder, f"shard-{index}-of-{count}", flags)[0])
    listing = [program, "conformance", "--packs", str(folder / "packs"), "--list", "--json"]
    listed = run([*listing, "--shard", f"1/{count}"], folder / f"list-{count}.json")
    streams = [folder / f"shard-{i}-of-{count}" / "events.jsonl" for i in range(1, count + 1)]
    report = folder / f"merged-{count}.json"
    arguments = [program, "report", "merge", *map(str, streams)]
    arguments += ["--out", str(folder / f"merged-{count}.jsonl"), "--report", str(report)]
    merge = run(arguments, folder / f"merge-{count}.log")
    total, mean = sum(times), sum(times) / count
    print(
        f"{count} shards: {total:.1f} s of processor time ({total / whole:.3f} x one run); shards "
        f"{min(times):.1f} to {max(times):.1f} s, the longest {max(times) / mean:.3f} x the mean; "
        f"a listing {listed[0]:.2f} s; merge {merge[0]:.1f} s, {merge[1]:.1f} s wall, peak "
        f"{merge[2]:.0f} MiB",
        flush=True,
    )
    wrong = []
    if not filecmp.cmp(report, folder / "whole.json", shallow=False):
        wrong.append(f"{report} differs from the report of the whole run")
    if total > MOST_SUM * whole:
        wrong.append(f"{count} shards take {total / whole:.3f} x one run, at most {MOST_SUM}")
    if max(times) > MOST_SHARD * mean:
        wrong.append(f"the longest of {count} shards takes {max(times) / mean:.3f} x the mean")
    for stream in streams:
        shutil.rmtree(stream.parent)
    (folder / f"merged-{count}.jsonl").unlink()
    report.unlink()
    return wrong


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    program, folder, count = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    copies = pathlib.Path(__file__).parent / "copies.py"
    subprocess.run([copies, folder / "packs", count], check=True)
    report = folder / "whole.json"
    whole, wall, peak = judge(program, folder, "whole", ["--report", str(report)])
    print(
        f"{count} packs in one run: {whole:.1f} s of processor time, {wall:.1f} s wall, peak "
        f"{peak:.0f} MiB; events {(folder / 'whole/events.jsonl').stat().st_size >> 20} MiB, "
        f"report {report.stat().st_size >> 20} MiB",
        flush=True,
    )
    wrong = []
    for shards in sys.argv[4:] or ["4", "16"]:
        wrong += sharded(program, folder, int(shards), whole)
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
