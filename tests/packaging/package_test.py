"""What is installed on a host: the packages, the units, the samples.

    python3 -B package_test.py BUILD
"""

import hashlib
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGING = ROOT / "packaging"
UNITS = sorted((PACKAGING / "systemd").glob("*.service"))
NOBODY = 65534


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **more)


def tables():
    packages = tomllib.loads((PACKAGING / "packages.toml").read_text(encoding="utf-8"))
    return {name: table for name, table in packages.items() if isinstance(table, dict)}


def programs_of(table):
    return [name for kind in ("programs", "daemons", "dormant") for name in table.get(kind, [])]


class AssemblyTest(unittest.TestCase):
    """With /usr/bin/true in the place of each program: what it is made of is known."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.built = self.folder / "built"
        self.built.mkdir()
        for table in tables().values():
            for name in programs_of(table):
                shutil.copy("/usr/bin/true", self.built / name)

    def assemble(self, into, **more):
        done = run(sys.executable, "-B", PACKAGING / "assemble.py", self.built, "--into",
                   self.folder / into, "--version", "1.0", "--epoch", "1700000000", **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.folder / into / "SHA256SUMS").read_text(encoding="utf-8").splitlines()

    def test_the_same_programs_make_the_same_bytes(self):
        first = self.assemble("first")
        for path in self.built.iterdir():
            os.utime(path, (0, 0))
        second = self.assemble("second", umask=0o077, cwd=self.folder,
                               env=os.environ | {"TZ": "Asia/Taipei", "LC_ALL": "C.UTF-8"})
        self.assertEqual(first, second)
        for line in first:
            digest, name = line.split("  ")
            self.assertEqual(
                digest, hashlib.sha256((self.folder / "first" / name).read_bytes()).hexdigest())

        (self.built / "yizhan-exchange").write_text("#!/bin/sh\necho another\n", encoding="utf-8")
        third = self.assemble("third")
        self.assertEqual([line.split("_")[0].split("  ")[1] for line in set(third) - set(first)],
                         ["yizhan-exchange"])
        self.check_bill(self.folder / "first")

    def check_bill(self, folder):
        """The bill of materials names the library that the program is linked to, as it is here."""
        [package] = folder.glob("yizhan-terminal_1.0_*.deb")
        with tempfile.TemporaryDirectory() as into:
            self.assertEqual(run("dpkg-deb", "-x", package, into).returncode, 0)
            file = pathlib.Path(into) / "usr/share/doc/yizhan-terminal/sbom.cdx.json"
            bill = json.loads(file.read_text(encoding="utf-8"))
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
        version = run("dpkg-query", "-W", "-f=${Version}", "libc6").stdout
        self.assertIn(("libc6", version),
                      [(one["name"], one["version"]) for one in bill["components"]])
        self.assertEqual(bill["dependencies"][0]["dependsOn"],
                         [one["bom-ref"] for one in bill["components"]])

    def test_every_program_is_in_one_package(self):
        built = re.findall(r"^yizhan_program\((\S+)",
                           (ROOT / "src/libraries.cmake").read_text(encoding="utf-8"), re.M)
        packed = [name for table in tables().values() for name in programs_of(table)]
        self.assertEqual(sorted(packed), sorted(built))


class UnitsTest(unittest.TestCase):
    def exposed(self, text, name):
        """Whether systemd finds it more exposed than 2.0 of 10."""
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / name
            unit.write_text(text, encoding="utf-8")
            done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
        self.assertIn("Overall exposure level", done.stdout, done.stderr)
        return done.returncode != 0

    def test_every_unit_is_exposed_little(self):
        self.assertEqual(len(UNITS), 6)
        for unit in UNITS:
            self.assertFalse(self.exposed(unit.read_text(encoding="utf-8"), unit.name), unit.name)

    def test_a_weaker_unit_is_seen(self):
        text = (PACKAGING / "systemd/yizhan-terminal.service").read_text(encoding="utf-8")
        text = re.sub(r"^(SystemCallFilter|CapabilityBoundingSet)=.*\n", "", text, flags=re.M)
        self.assertTrue(self.exposed(text, "yizhan-terminal.service"))

    def test_every_account_of_a_unit_is_made(self):
        made = "\n".join(file.read_text(encoding="utf-8")
                         for file in (PACKAGING / "sysusers").glob("*.conf"))
        for unit in UNITS:
            for line in re.findall(r"^(?:User|Group|SupplementaryGroups)=(.*)$",
                                   unit.read_text(encoding="utf-8"), re.M):
                for account in set(line.split()) - {"clamav"}:
                    self.assertRegex(made, f"(?m)^u {account} ", unit.name)


class ConfinedTest(unittest.TestCase):
    """The children that read hostile bytes, with no more system calls than the unit leaves them."""

    def children(self, unit):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            for file in (HERE / "under_unit.py", BUILD / "ground_confine_test"):
                shutil.copy(file, folder)
            unit_file = pathlib.Path(folder) / "unit"
            unit_file.write_text(unit, encoding="utf-8")
            # As on a host, not as root: who drops root asks for more.
            who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
            return run("/usr/bin/python3", "-B", f"{folder}/under_unit.py", unit_file,
                       f"{folder}/ground_confine_test", "--gtest_filter=Confined.*", cwd=folder,
                       env={"PATH": "/usr/bin", "ASAN_OPTIONS": "detect_leaks=0"}, **who)

    def test_work_under_the_units_that_have_them(self):
        for name in ("scanner", "terminal"):
            unit = (PACKAGING / f"systemd/yizhan-{name}.service").read_text(encoding="utf-8")
            done = self.children(unit)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stdout[-2000:]}{done.stderr}")

    def test_do_not_work_where_their_own_filter_is_forbidden(self):
        unit = (PACKAGING / "systemd/yizhan-terminal.service").read_text(encoding="utf-8")
        done = self.children(re.sub("^SystemCallFilter=seccomp.*$", "", unit, flags=re.M))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("FAILED", done.stdout)


class SamplesTest(unittest.TestCase):
    def check(self, program, text):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / f"{program}.toml"
            file.write_text(text, encoding="utf-8")
            return run(BUILD / f"yizhan-{program}", "--config", file, "--check")

    def samples(self):
        samples = sorted((PACKAGING / "samples").glob("*.toml"))
        self.assertEqual(len(samples), len(UNITS))
        return {file.stem: file.read_text(encoding="utf-8") for file in samples}

    def test_is_refused_until_it_is_filled_in(self):
        for name, text in self.samples().items():
            with self.subTest(name):
                done = self.check(name, text)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertRegex(done.stderr, "請補上|請改為")
                self.assertNotIn("不認得", done.stderr)

    def test_is_taken_when_it_is_filled_in(self):
        # The accounts that the packages make are not on this host.
        here = pwd.getpwuid(os.getuid()).pw_name
        for name, text in self.samples().items():
            text = re.sub(r"^#(?=[\w\[])", "", text, flags=re.M)
            text = re.sub(r'(?<=users = \[")[^"]*|(?<=user = ")[^"]*', here, text)
            with self.subTest(name):
                done = self.check(name, text)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
