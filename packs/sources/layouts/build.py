#!/usr/bin/env python3
"""Builds an OCI layout with a pack in it: build.py PACK OUT MEDIA_TYPE [--lie] [TYPE=FILE ...]

Each TYPE=FILE is another layer, before the pack. With --lie, the last byte of the pack's blob is
another one than its digest says. The same input gives the same bytes.
"""
import hashlib
import json
import os
import sys


def main(pack, out, media_type, *rest):
    os.makedirs(f'{out}/blobs/sha256', exist_ok=True)

    def blob(kind, data, lie=False):
        digest = hashlib.sha256(data).hexdigest()
        if lie:
            data = data[:-1] + bytes([data[-1] ^ 1])
        with open(f'{out}/blobs/sha256/{digest}', 'wb') as file:
            file.write(data)
        return {'mediaType': kind, 'digest': f'sha256:{digest}', 'size': len(data)}

    others = [other.split('=', 1) for other in rest if other != '--lie']
    layers = [blob(kind, open(file, 'rb').read()) for kind, file in others]
    layers.append(blob(media_type, open(pack, 'rb').read(), '--lie' in rest))
    manifest = {
        'schemaVersion': 2,
        'mediaType': 'application/vnd.oci.image.manifest.v1+json',
        'artifactType': 'application/vnd.greentic.gtpack.v1+zip',
        'config': blob('application/vnd.oci.empty.v1+json', b'{}'),
        'layers': layers,
    }
    named = blob(manifest['mediaType'], json.dumps(manifest, indent=2).encode())
    named['annotations'] = {'org.opencontainers.image.ref.name': '1.0.0'}
    documents = {
        'index.json': {'schemaVersion': 2, 'manifests': [named]},
        'oci-layout': {'imageLayoutVersion': '1.0.0'},
    }
    for name, value in documents.items():
        with open(f'{out}/{name}', 'w') as file:
            json.dump(value, file, indent=2)
            file.write('\n')


main(*sys.argv[1:])
