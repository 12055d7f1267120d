#!/usr/bin/env python3
"""Writes a folder as a .tar.gz whose bytes depend on names, contents and SOURCE_DATE_EPOCH
only: sorted, owned by root, with two modes. GNU tar can do this, the tar of macOS cannot."""

import gzip
import os
import sys
import tarfile

folder, out = sys.argv[1:]
epoch = int(os.environ["SOURCE_DATE_EPOCH"])
base = os.path.basename(folder)


def entries():
    """All paths below the folder, sorted, a folder before what is in it."""
    paths = [folder]
    for parent, folders, files in os.walk(folder):
        paths += [os.path.join(parent, name) for name in folders + files]
    return sorted(paths)


def plain(info):
    """The entry without what differs from machine to machine."""
    if not info.isdir() and not info.isfile():
        sys.exit(f"error: {info.name} is neither a folder nor a file")
    runs = info.isdir() or info.mode & 0o100
    info.mode = 0o755 if runs else 0o644
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = epoch
    return info


with open(out, "wb") as file:
    # No name and a fixed time in the header of gzip.
    with gzip.GzipFile("", "wb", 9, file, mtime=epoch) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for path in entries():
                name = os.path.join(base, os.path.relpath(path, folder))
                tar.add(path, os.path.normpath(name), recursive=False, filter=plain)
