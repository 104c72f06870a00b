"""Makes the Debian packages of packages.toml out of built programs.

    python3 -B packaging/assemble.py BUILD --into FOLDER --version V [--epoch SECONDS]

Nothing but these and the source tree decides a byte of them: no clock, no user, no umask.
"""

import argparse
import email.utils
import gzip
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

import manual
import sbom

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: yizhan

Files: *
Copyright: 2026 the authors of Yizhan
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
"""
CHANGES = """\
yizhan ({version}) bookworm; urgency=medium

  * What has changed: /usr/share/doc/yizhan/CHANGELOG.md.

 -- {maintainer}  {date}
"""


def run(*command, **more):
    done = subprocess.run(command, check=False, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


def is_elf(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


class Package:
    """One package while it is put together, in a folder of its own."""

    def __init__(self, name, table, release, stage):
        self.name = name
        self.table = table
        self.release = release
        self.stage = stage
        self.daemons = table.get("daemons", [])
        self.dormant = table.get("dormant", [])
        self.programs = table.get("programs", []) + self.daemons + self.dormant

    def put(self, target, content, mode=0o644):
        path = self.stage / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def put_page(self, page):
        content = gzip.compress(page.text.encode(), mtime=0)
        self.put(f"usr/share/man/man{page.section}/{page.name}.{page.section}.gz", content)

    def put_program(self, name):
        """Without symbols, with its pages."""
        built = self.release.build / name
        installed = self.put(f"usr/bin/{name}", built.read_bytes(), 0o755)
        if is_elf(installed):
            run("strip", "--remove-section=.comment", "--remove-section=.note", installed)
        for page in manual.pages_of(built, ROOT / "docs", self.release.version):
            self.put_page(page)

    def put_daemon(self, name):
        sample = f"{name.removeprefix('yizhan-')}.toml"
        self.put(f"usr/lib/systemd/system/{name}.service",
                 (HERE / "systemd" / f"{name}.service").read_bytes())
        self.put(f"etc/yizhan/{sample}", (HERE / "samples" / sample).read_bytes())

    def put_files(self):
        for pattern, target in self.table.get("install", []):
            files = sorted(ROOT.glob(pattern))
            if not files:
                sys.exit(f"{self.name}: nothing is called {pattern}")
            for file in files:
                # A target that ends with a stroke is a folder.
                mode = 0o755 if file.stat().st_mode & 0o100 else 0o644
                self.put(target + file.name if target.endswith("/") else target,
                         file.read_bytes(), mode)
        for folder, mode in self.table.get("folders", []):
            (self.stage / folder).mkdir(parents=True, mode=mode)
        for kind in ("sysusers", "tmpfiles"):
            file = HERE / kind / f"{self.name}.conf"
            if file.exists():
                self.put(f"usr/lib/{kind}.d/{self.name}.conf", file.read_bytes())

    def put_papers(self):
        papers = f"usr/share/doc/{self.name}"
        self.put(f"{papers}/copyright", COPYRIGHT)
        changes = CHANGES.format(version=self.release.version, maintainer=self.release.maintainer,
                                 date=email.utils.formatdate(self.release.epoch))
        self.put(f"{papers}/changelog.gz", gzip.compress(changes.encode(), mtime=0))
        bill = sbom.bill_of(self.name, self.release.version, self.release.epoch,
                            self.linked_programs())
        self.put(f"{papers}/sbom.cdx.json", bill)

    def linked_programs(self):
        return [path for name in self.programs
                if is_elf(path := self.stage / "usr/bin" / name)]

    def depends(self):
        """What the libraries want, by their symbols; then what the table says."""
        own = [one.replace("${version}", self.release.version)
               for one in self.table.get("depends", [])]
        if not self.linked_programs():
            return own
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "debian").mkdir()
            # Not ours, but it asks for one.
            (pathlib.Path(folder) / "debian/control").write_text(
                "Source: yizhan\n\nPackage: yizhan\nArchitecture: any\n", encoding="utf-8")
            said = run("dpkg-shlibdeps", "-O", *self.linked_programs(), cwd=folder).strip()
        return sorted(said.partition("shlibs:Depends=")[2].split(", ")) + own

    def put_control(self):
        files = sorted(path for path in self.stage.rglob("*") if path.is_file())
        sums = "".join(f"{hashlib.md5(path.read_bytes()).hexdigest()}  "
                       f"{path.relative_to(self.stage)}\n" for path in files)
        size = sum(-(-path.stat().st_size // 1024) for path in files)
        fields = {
            "Package": self.name, "Source": "yizhan", "Version": self.release.version,
            "Architecture": self.release.architecture, "Maintainer": self.release.maintainer,
            "Installed-Size": str(size), "Depends": ", ".join(self.depends()),
            "Recommends": ", ".join(self.table.get("recommends", [])),
            "Suggests": ", ".join(self.table.get("suggests", [])),
            "Section": "net", "Priority": "optional",
            "Description": self.table["summary"] + "\n " +
                           self.table["description"].strip().replace("\n", "\n "),
        }
        control = "".join(f"{key}: {value}\n" for key, value in fields.items() if value)
        self.put("DEBIAN/control", control)
        self.put("DEBIAN/md5sums", sums)
        samples = [f"/{path.relative_to(self.stage)}\n" for path in files
                   if path.is_relative_to(self.stage / "etc")]
        if samples:
            self.put("DEBIAN/conffiles", "".join(samples))

    def put_scripts(self):
        if not self.daemons:
            return
        words = {"PACKAGE": self.name, "DAEMONS": " ".join(self.daemons),
                 "DORMANT": " ".join(self.dormant),
                 "RENEWED": " ".join(self.table.get("renewed", []))}
        for script in ("postinst", "prerm", "postrm"):
            text = (HERE / "maintainer" / script).read_text(encoding="utf-8")
            for word, value in words.items():
                text = text.replace(f"@{word}@", value)
            self.put(f"DEBIAN/{script}", text, 0o755)

    def settle(self):
        """Modes and times that no host decides."""
        modes = {self.stage / folder: mode for folder, mode in self.table.get("folders", [])}
        for path in [self.stage, *self.stage.rglob("*")]:
            if path.is_dir():
                path.chmod(modes.get(path, 0o755))
            os.utime(path, (self.release.epoch, self.release.epoch))

    def build(self, into):
        for name in self.programs:
            self.put_program(name)
        for name in self.daemons + self.dormant:
            self.put_daemon(name)
        self.put_files()
        self.put_papers()
        self.put_control()
        self.put_scripts()
        self.settle()
        file = into / f"{self.name}_{self.release.version}_{self.release.architecture}.deb"
        # One thread: the same bytes however many processors there are.
        run("dpkg-deb", "--build", "--root-owner-group", "-Zxz", "--threads-max=1",
            self.stage, file, env=os.environ | {"SOURCE_DATE_EPOCH": str(self.release.epoch)})
        return file


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve(),
                        help="folder of the built programs")
    parser.add_argument("--into", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--epoch", type=int, default=os.environ.get("SOURCE_DATE_EPOCH"),
                        help="time of the commit; else SOURCE_DATE_EPOCH")
    release = parser.parse_args()
    if release.epoch is None:
        parser.error("--epoch or SOURCE_DATE_EPOCH is needed")
    release.architecture = run("dpkg", "--print-architecture").strip()
    return release


def main():
    release = parse_arguments()
    tables = tomllib.loads((HERE / "packages.toml").read_text(encoding="utf-8"))
    release.maintainer = tables.pop("maintainer")
    shutil.rmtree(release.into, ignore_errors=True)
    release.into.mkdir(parents=True)
    sums = []
    for name, table in tables.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Package(name, table, release, pathlib.Path(folder)).build(release.into)
        sums.append(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n")
        print(f"{file.stat().st_size:10d}  {file}")
    (release.into / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


if __name__ == "__main__":
    main()
