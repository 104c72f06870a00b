#!/usr/bin/env python3
"""The disk of a machine whose power was cut is mended without harm to what was synced."""

import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from power_cuts import FILE_SYSTEM, MENDED, Guest  # noqa: E402

DISK_BYTES, BLOCK_BYTES = 64 << 20, 4096
SYNCED_BLOCK = 3  # of the synced file, that the deleted one takes for its list of blocks


class MendedDisk(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.guest = Guest(self.folder, self.folder, self.folder)
        self.random = random.Random(5)

    def debugfs(self, request):
        run = subprocess.run(["/sbin/debugfs", "-w", "-R", request, str(self.guest.image)],
                             capture_output=True, text=True, check=True)
        return run.stdout.strip()

    def write(self, name, content):
        file = self.folder / name
        file.write_bytes(content)
        self.debugfs(f"write {file} {name}")

    def cut(self, words):
        """A disk on which the deletion of a file did not arrive, and another was given its list.
        Returns what that other holds, with so many words that are no numbers of blocks."""
        with open(self.guest.image, "wb") as image:
            image.truncate(DISK_BYTES)
        subprocess.run([f"/sbin/mkfs.{FILE_SYSTEM}", "-q", "-F", "-b", str(BLOCK_BYTES),
                        str(self.guest.image)], check=True)
        content = bytearray(5 * BLOCK_BYTES)
        for i in range(words):
            at = SYNCED_BLOCK * BLOCK_BYTES + 4 * i
            content[at:at + 4] = (self.random.getrandbits(32) | 1 << 31).to_bytes(4, "little")
        self.write("synced", content)
        self.write("deleted", self.random.randbytes(30 * BLOCK_BYTES))
        block = self.debugfs(f"bmap synced {SYNCED_BLOCK}")
        self.debugfs(f"sif deleted block[IND] {block}")
        return bytes(content)

    def synced(self):
        file = self.folder / "dumped"
        self.debugfs(f"dump synced {file}")
        return file.read_bytes()

    def test_keeps_what_was_synced(self):
        for words in (1, 11, 12, 1000):
            with self.subTest(words=words):
                content = self.cut(words)
                self.guest.mend_disk()
                self.assertEqual(self.synced(), content)

    def test_leaves_nothing_to_mend(self):
        self.cut(5)
        self.guest.mend_disk()
        run = subprocess.run(["/sbin/e2fsck", "-fn", str(self.guest.image)], capture_output=True,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_is_needed(self):
        """By itself e2fsck does harm. When it no longer does, one run is enough."""
        content = self.cut(1000)
        self.guest.e2fsck(MENDED, {})
        harmed = [i for i, (was, byte) in enumerate(zip(content, self.synced())) if was != byte]
        self.assertEqual(harmed[-1] // 4 - harmed[0] // 4, 10)


if __name__ == "__main__":
    unittest.main()
