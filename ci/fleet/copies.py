#!/usr/bin/env python3
"""Writes many packs for a measurement of shards: copies of fixtures with other ids.

    ci/fleet/copies.py FOLDER COUNT [KIND...]

Writes FOLDER/<kind>-<number>.gtpack, COUNT of them, of each kind in turn. A kind is a
folder of packs/conforming with a pack.json; a copy differs in the manifest's id alone. The
files of a kind are compressed once, so that 20 000 copies take seconds.
"""

import json
import pathlib
import struct
import sys
import zlib

KINDS = ["c-provider", "js-provider", "noop-provision", "rust-hidden-trap"]
# 1 January 1980, the first date that a zip can hold.
DATE = 1 << 5 | 1


def packed(contents):
    """A file as a zip stores it: data, method, CRC-32 and size."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    data = deflate.compress(contents) + deflate.flush()
    method = 8 if len(data) < len(contents) else 0
    return data if method else contents, method, zlib.crc32(contents), len(contents)


def archive(files):
    """The bytes of a zip: local records, directory, end record, and nothing else."""
    body, directory = bytearray(), bytearray()
    for name, (data, method, crc, size) in sorted(files.items()):
        name = name.encode()
        fields = struct.pack(
            "<HHHHHIIIHH", 20, 0, method, 0, DATE, crc, len(data), size, len(name), 0
        )
        directory += struct.pack("<IH", 0x02014B50, 20) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += struct.pack("<I", 0x04034B50) + fields + name + data
    count = len(files)
    end = struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(body), 0
    )
    return bytes(body + directory + end)


def kind(name):
    """The manifest of a kind, and its other files as a zip stores them."""
    folder = pathlib.Path(__file__).parents[2] / "packs" / "conforming" / name
    paths = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    if "pack.json" not in names:
        sys.exit(f"error: {folder} has no pack.json; name another kind, for example {KINDS[0]}")
    manifest = json.loads(names.pop("pack.json"))
    names.pop("expect.toml", None)
    return name, manifest, {name: packed(contents) for name, contents in names.items()}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    kinds = [kind(name) for name in sys.argv[3:] or KINDS]
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name, manifest, files = kinds[number % len(kinds)]
        label = f"{name}-{number:06}"
        copy = json.dumps({**manifest, "id": label}).encode()
        bytes_ = archive({**files, "pack.json": packed(copy)})
        (folder / f"{label}.gtpack").write_bytes(bytes_)


if __name__ == "__main__":
    main()
