#!/usr/bin/env python3
"""The saboteur does what it is ordered to, and a recipient that falls in mid-way comes back soon."""

import errno
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from exchange_lab import SOURCE, Clerk, Exchange, Saboteur  # noqa: E402

# Writes a file durably, with what came back from each call on its standard output.
WRITER = """
import os, sys
def tell(name, call):
    try: print(name, call())
    except OSError as error: print(name, 'errno', error.errno)
os.chdir(sys.argv[1])
file = os.open('new-1', os.O_RDWR | os.O_CREAT)
tell('first', lambda: os.pwrite(file, b'first', 0))
tell('sync', lambda: os.fsync(file))
tell('second', lambda: os.pwrite(file, b'second', 5))
tell('sync', lambda: os.fsync(file))
tell('rename', lambda: os.rename('new-1', 'final-2'))
os.mkdir('folder')
os.unlink('final-2' if os.path.exists('final-2') else 'new-1')
"""
POINTS = ["openat new-#", "pwrite64 new-#", "fsync new-#", "pwrite64 new-#", "fsync new-#",
          "rename final-#", "mkdir folder", "unlink final-#"]


def programs():
    return pathlib.Path(os.environ.get("YIZHAN_BUILD", SOURCE / "build/dev")).resolve()


class SaboteurTest(unittest.TestCase):
    def run_writer(self, order, program=WRITER):
        with tempfile.TemporaryDirectory(prefix="yizhan-saboteur-") as folder:
            base = pathlib.Path(folder)
            (base / "data").mkdir()
            (base / "orders").write_text(order)
            run = subprocess.run(
                [programs() / "tests/campaign/saboteur", base / "data", base / "orders",
                 base / "points", sys.executable, "-c", program, base / "data"],
                capture_output=True, text=True, check=False)
            lines = (base / "points").read_text().splitlines()
            names = [line.split("\t")[1] for line in lines if line.startswith("POINT")]
            left = {path.name: path.read_bytes() for path in (base / "data").iterdir()
                    if path.is_file()}
            return run, names, left

    def test_sees_every_change_by_name(self):
        run, names, left = self.run_writer("watch 0 0 0 *")
        self.assertEqual((names, run.returncode, left), (POINTS, 0, {}))

    def test_kills_instead_of_the_call(self):
        run, names, left = self.run_writer("kill 0 2 1 fsync new-#")
        self.assertEqual(run.returncode, 128 + 9)
        self.assertEqual(names, POINTS[:5])
        self.assertEqual(left, {"new-1": b"firstsecond"})

    def test_lets_a_call_fail_once(self):
        run, _, left = self.run_writer(f"error {errno.ENOSPC} 1 1 pwrite64 new-#")
        self.assertEqual(run.stdout.split("\n")[:3],
                         [f"first errno {errno.ENOSPC}", "sync None", "second 6"])
        self.assertEqual(left, {})

    def test_lets_all_calls_fail_from_there_on(self):
        run, _, _ = self.run_writer(f"error {errno.EIO} 1 0 fsync*")
        self.assertEqual(run.stdout.count(f"sync errno {errno.EIO}"), 2)

    def test_shortens_a_write_truthfully(self):
        run, _, _ = self.run_writer("short 0 2 1 pwrite64 new-#")
        self.assertIn("second 3", run.stdout)

    def test_a_failed_sync_loses_what_was_written_since_the_last_one(self):
        program = WRITER.replace("os.unlink", "0 and os.unlink")
        run, _, left = self.run_writer(f"lose {errno.EIO} 2 1 fsync new-#", program)
        self.assertIn(f"sync errno {errno.EIO}", run.stdout)
        self.assertEqual(left, {"final-2": b"first" + bytes(6)})

    def test_delays(self):
        begun = time.monotonic()
        self.run_writer("delay 500 1 1 rename final-#")
        self.assertGreater(time.monotonic() - begun, 0.5)


class RecoveryTest(unittest.TestCase):
    def test_a_recipient_that_falls_in_mid_way_goes_on_at_once(self):
        """It once waited for the next news, half a minute long, before it fetched what it knew."""
        with tempfile.TemporaryDirectory(prefix="yizhan-recovery-") as folder:
            exchange = Exchange(pathlib.Path(folder) / "lab", programs())
            exchange.make()
            try:
                saboteur = Saboteur(exchange, programs() / "tests/campaign/saboteur")
                saboteur.order("b-terminal", "kill 0 2 1 pwrite64 b/data/objects/partial/put-#")
                exchange.start("b-terminal", saboteur)
                exchange.require_all()
                clerk = Clerk(exchange)
                clerk.send()
                exchange.running["b-terminal"].wait(30)
                self.assertEqual(saboteur.hits("b-terminal"), 1)
                self.assertEqual(exchange.settle(15), [])
            finally:
                exchange.kill_all()


if __name__ == "__main__":
    unittest.main()
