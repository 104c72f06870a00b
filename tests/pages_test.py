"""The configuration that the pages for operators show is one that the programs take."""

import pathlib
import pwd
import os
import re
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1))
DOCS = pathlib.Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"`/etc/yizhan/(\w+)\.toml`:\n\n((?:    .*\n)+)")


class PagesTest(unittest.TestCase):
    def check(self, program, text):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            return subprocess.run(
                [BUILD / f"yizhan-{program}", "--config", file.name, "--check"],
                capture_output=True, text=True, timeout=60, check=False)

    def blocks(self, page):
        return {name: re.sub("^    ", "", body, flags=re.M)
                for name, body in BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))}

    def test_the_files_of_a_centre_are_taken(self):
        self.check_page("operating-a-centre.md", ["exchange", "firewall", "keyholder", "scanner"])

    def test_the_files_of_management_are_taken(self):
        self.check_page("operating-management.md", ["keyholder", "management"])

    def check_page(self, page, programs):
        blocks = self.blocks(page)
        self.assertEqual(sorted(blocks), programs)
        # The accounts that the packages make are not on this host.
        here = pwd.getpwuid(os.getuid()).pw_name
        for name, text in blocks.items():
            text = re.sub(r'(?<=users = \[")[^"]*|(?<=user = ")[^"]*', here, text)
            done = self.check(name, text)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stdout}{done.stderr}")

    def test_a_key_that_no_program_knows_is_seen(self):
        done = self.check("exchange", self.blocks("operating-a-centre.md")["exchange"] + "port2 = 1\n")
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
