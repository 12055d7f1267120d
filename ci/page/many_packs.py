#!/usr/bin/env python3
"""Writes an event stream of very many packs: those of a real run, again and again under
other names.

usage: many_packs.py EVENTS.JSONL COUNT OUT.JSONL
"""
import json
import sys


def main(source, count, out):
    with open(source, encoding="utf-8") as lines:
        first, *rest = [json.loads(line) for line in lines]
    of_pack = {}
    for event in rest[:-1]:
        of_pack.setdefault(event["pack"], []).append(event)
    names = first["packs"]
    labels = [names[i] if i < len(names) else f"fleet-{i // len(names):02}/{names[i % len(names)]}" for i in range(count)]
    first["packs"] = labels
    with open(out, "w", encoding="utf-8") as stream:
        write = lambda event: stream.write(json.dumps(event, separators=(",", ":")) + "\n")
        write(first)
        for i, label in enumerate(labels):
            for event in of_pack[names[i % len(names)]]:
                write({**event, "pack": label})
        write(rest[-1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
