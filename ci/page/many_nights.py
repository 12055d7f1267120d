#!/usr/bin/env python3
"""Writes the JSON reports of many nights, made of that of a real run: verdicts flip with
equal bytes, releases change the bytes, causes come and go, and fuel and memory drift and
jump. The same arguments give the same nights.

usage: many_nights.py REPORT.JSON NIGHTS PACKS FOLDER
"""
import datetime
import json
import pathlib
import random
import sys


def main(source, nights, packs, folder):
    report = json.loads(pathlib.Path(source).read_text(encoding="utf-8"))
    report["packs"] = report["packs"][:packs]
    if len(report["packs"]) < packs:
        sys.exit(f"{source} has {len(report['packs'])} packs, and {packs} are asked for")
    chance = random.Random(1)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    causes = [pack["causes"] for pack in report["packs"]]
    verdicts = [pack["verdict"] for pack in report["packs"]]
    flaky = set(chance.sample(range(packs), packs // 20))
    drifting = set(chance.sample(range(packs), packs // 5))
    for night in range(nights):
        for i, pack in enumerate(report["packs"]):
            if chance.random() < 0.01:
                pack["digest"] = f"{chance.getrandbits(256):064x}"
                for wizard in pack["wizards"]:
                    for step in wizard["steps"]:
                        step["fuel"] = int(step["fuel"] * chance.choice([0.5, 1.02, 1.3]))
                        step["memory_bytes"] += chance.choice([0, 65536])
            if i in drifting:
                for wizard in pack["wizards"]:
                    for step in wizard["steps"]:
                        step["fuel"] += chance.randrange(-2, 3) if step["fuel"] > 100 else 0
            is_odd = i in flaky and chance.random() < 0.2
            pack["verdict"] = ("fail" if verdicts[i] == "pass" else "pass") if is_odd else verdicts[i]
            pack["causes"] = [] if chance.random() < 0.02 else causes[i]
        day = datetime.date(2026, 1, 1) + datetime.timedelta(days=night)
        (pathlib.Path(folder) / f"{day}.json").write_text(json.dumps(report, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
