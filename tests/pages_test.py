"""The configuration that docs/operating-a-centre.md shows is one that the programs take."""

import pathlib
import pwd
import os
import re
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1))
PAGE = pathlib.Path(__file__).parents[1] / "docs" / "operating-a-centre.md"
BLOCK = re.compile(r"`/etc/yizhan/(\w+)\.toml`:\n\n((?:    .*\n)+)")


class OperatingACentreTest(unittest.TestCase):
    def check(self, program, text):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            return subprocess.run(
                [BUILD / f"yizhan-{program}", "--config", file.name, "--check"],
                capture_output=True, text=True, timeout=60, check=False)

    def blocks(self):
        return {name: re.sub("^    ", "", body, flags=re.M)
                for name, body in BLOCK.findall(PAGE.read_text(encoding="utf-8"))}

    def test_its_files_are_taken(self):
        blocks = self.blocks()
        self.assertEqual(sorted(blocks), ["exchange", "firewall", "keyholder", "scanner"])
        # The accounts that the packages make are not on this host.
        here = pwd.getpwuid(os.getuid()).pw_name
        for name, text in blocks.items():
            text = re.sub(r'(?<=users = \[")[^"]*|(?<=user = ")[^"]*', here, text)
            done = self.check(name, text)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stdout}{done.stderr}")

    def test_a_key_that_no_program_knows_is_seen(self):
        done = self.check("exchange", self.blocks()["exchange"] + "port2 = 1\n")
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
