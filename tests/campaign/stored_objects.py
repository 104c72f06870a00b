"""The objects beside a database: files of their own, and records in segments (decision 0027)."""

import dataclasses
import pathlib

MARK = b"yizhan object 1\n"
REMOVED = b"removed\n"
HEAD_BYTES, PAGE, REMOVED_AT = 512, 4096, 256


@dataclasses.dataclass(frozen=True)
class StoredObject:
    path: pathlib.Path
    start: int  # of its bytes
    length: int

    def read(self):
        with open(self.path, "rb") as file:
            file.seek(self.start)
            return file.read(self.length)


def records_of(segment):
    """Name, place, length and whether it was removed, of each record up to where it is torn."""
    size, at = segment.stat().st_size, 0
    with open(segment, "rb") as file:
        while True:
            file.seek(at)
            head = file.read(HEAD_BYTES)
            if len(head) < HEAD_BYTES or head[:16] != MARK or head[56:72] != MARK:
                return
            start, length = at + HEAD_BYTES, int.from_bytes(head[48:56], "big")
            if start + length > size:
                return
            yield (head[16:48].hex(), StoredObject(segment, start, length),
                   head[REMOVED_AT:].startswith(REMOVED))
            at = (start + length + PAGE - 1) // PAGE * PAGE


class StoredObjects:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.in_segments = {}
        for segment in sorted((self.folder / "segments").glob("*")):
            self.in_segments |= {name: stored for name, stored, gone in records_of(segment)
                                 if not gone}

    def find(self, name):
        file = self.folder / "objects" / name[:2] / name[2:]
        if file.exists():
            return StoredObject(file, 0, file.stat().st_size)
        return self.in_segments.get(name)
