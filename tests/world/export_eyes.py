#!/usr/bin/env python3
"""Independent eyes on a real export: export_eyes.py YIZHAN EXPORT TRUST.

Runs every command of the export's README.txt as it stands. Then changes copies of the export, one
thing at a time (a byte at random offsets of every file, a file gone, a file too many, other anchors),
and asks `yizhan verify`, which must answer other than 0 and name the file."""

import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

FLIPS = 3  # offsets in each file


def commands_of(readme):
    return [line[4:] for line in readme.splitlines() if re.match(r"    \S", line)]


def follow_readme(yizhan, export, trust):
    commands = commands_of((export / "README.txt").read_text())
    assert any("sha256sum" in line for line in commands), "README.txt does not use sha256sum"
    script = ["set -euo pipefail"]
    for line in commands:
        # The only line that a checker has to change.
        script.append(f"export TRUST={trust}" if line.startswith("export TRUST=") else line)
    path = f"{yizhan.parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=export, capture_output=True,
                          text=True, env={**os.environ, "PATH": path})
    if done.returncode != 0:
        sys.exit(f"README.txt: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    print(f"README.txt: {len(commands)} lines of commands, all well")


class Verifier:
    def __init__(self, yizhan, export):
        self.yizhan, self.export, self.count = yizhan, export, 0

    def ask(self, trust):
        done = subprocess.run([self.yizhan, "verify", self.export, "--trust", trust],
                              capture_output=True, text=True)
        self.count += 1
        return done.returncode, done.stdout + done.stderr

    def must_break(self, trust, name, what):
        code, said = self.ask(trust)
        if code != 1 or name not in said:
            sys.exit(f"{name}: {what}: verify answered {code}\n{said}")


def flip(file, offset):
    with open(file, "r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)[0]
        stream.seek(offset)
        stream.write(bytes([byte ^ (1 << random.randrange(8))]))


def sweep(verifier, trust):
    files = sorted(path for path in verifier.export.rglob("*") if path.is_file())
    for file in files:
        name, whole = str(file.relative_to(verifier.export)), file.read_bytes()
        for _ in range(FLIPS if whole else 0):
            offset = random.randrange(len(whole))
            flip(file, offset)
            verifier.must_break(trust, name, f"byte {offset} changed")
            file.write_bytes(whole)
        file.unlink()
        verifier.must_break(trust, name, "removed")
        file.write_bytes(whole)
    for folder in {file.parent for file in files}:
        more = folder / "more.txt"
        more.write_text("x")
        verifier.must_break(trust, "more.txt", "added")
        more.unlink()


def foreign_anchors(folder):
    """A trust folder of somebody else."""
    (folder / "anchors").mkdir(parents=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Somebody Else", "-days", "9",
                    "-keyout", folder / "key.pem", "-out", folder / "anchors/root.pem"],
                   check=True, capture_output=True)
    return folder


def main(yizhan, export, trust):
    yizhan, export, trust = (pathlib.Path(path).resolve() for path in (yizhan, export, trust))
    follow_readme(yizhan, export, trust)
    seed = int(os.environ.get("YIZHAN_SEED", random.randrange(1 << 32)))
    random.seed(seed)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as work:
        verifier = Verifier(yizhan, pathlib.Path(work) / "export")
        shutil.copytree(export, verifier.export)
        sweep(verifier, trust)
        code, said = verifier.ask(foreign_anchors(pathlib.Path(work) / "foreign"))
        if code != 2:
            sys.exit(f"foreign anchors: verify answered {code}\n{said}")
        code, said = verifier.ask(trust)
        if code != 0:
            sys.exit(f"nothing is changed any more, yet verify answered {code}\n{said}")
        print(f"{verifier.count} verifications, each as it must be")


if __name__ == "__main__":
    main(*sys.argv[1:])
