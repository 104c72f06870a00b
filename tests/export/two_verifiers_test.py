#!/usr/bin/env python3
"""Ours and tools/verify_export.py must say the same of every export, whole or altered.

    two_verifiers_test.py EXPORT-WORKSHOP [--count N] [--seed S]
"""

import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "world"))
import verify_export  # noqa: E402
import yizhan_cms  # noqa: E402
from export_eyes import commands_of  # noqa: E402
from mutations import Mutator  # noqa: E402


class Ours:
    def __init__(self, workshop):
        self.process = subprocess.Popen([workshop, "verify"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, encoding="utf-8",
                                        errors="replace")

    def verify(self, export, trust):
        self.process.stdin.write(f"{export}\t{trust}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip("\n").split("\t")
        if len(answer) < 3:
            raise RuntimeError("our verifier has ended")
        return answer[0], answer[1], answer[2]


class Comparison:
    def __init__(self, workshop, root):
        self.ours, self.root = Ours(workshop), root
        self.trusts, self.stamped = {}, 0
        self.counts, self.ways, self.different = collections.Counter(), collections.Counter(), []

    def compare(self, what, export, trust):
        theirs = verify_export.verify(export, self.trusts[trust])
        ours, counts, detail = self.ours.verify(export, trust)
        self.counts[ours] += 1
        their_counts = " ".join(str(theirs.get(name, 0)) for name in ("proven", "unwitnessed",
                                                                      "stamped"))
        if ours != theirs["standing"] or (ours != "broken" and counts != their_counts):
            self.different.append(
                f"{what}\n  ours:   {ours} {counts} {detail}\n"
                f"  theirs: {theirs['standing']} {their_counts} {theirs.get('broken', '')}")
        self.stamped = max(self.stamped, int(their_counts.split()[2]))
        return ours


def whole_exports(comparison, kinds):
    for kind in kinds:
        trust = str(kind / "trust")
        comparison.trusts[trust] = yizhan_cms.Trust(kind / "trust")
        standing = comparison.compare(f"whole {kind.name}", kind / "export", trust)
        if standing != "valid":
            comparison.different.append(f"{kind.name} should be valid, and is {standing}")
    # Somebody else's trust: consistent, but signed under anchors that were not given.
    others = str(kinds[0] / "others")
    comparison.trusts[others] = yizhan_cms.Trust(kinds[0] / "others")
    standing = comparison.compare("other anchors", kinds[0] / "export", others)
    if standing != "anchor_unknown":
        comparison.different.append(f"other anchors: {standing}")


def swapped_takeover(comparison, workshop, folder):
    """A B.1 over others than were handed over is broken for both."""
    subprocess.run([workshop, "swapped", str(folder)], check=True)
    trust = str(folder / "trust")
    comparison.trusts[trust] = yizhan_cms.Trust(folder / "trust")
    standing = comparison.compare("swapped B.1", folder / "export", trust)
    if standing != "broken":
        comparison.different.append(f"a swapped B.1 should be broken, and is {standing}")


def by_hand(comparison, kind):
    """README.txt's own commands (openssl, coreutils, jq) open evidence of a batch, and not a moved one."""
    export, trust = kind / "export", f"TRUST={kind}/trust"
    lines = commands_of((export / "README.txt").read_text())
    lines = ["set -euo pipefail", "yizhan() { :; }",
             *(f"export {trust}" if line.startswith("export TRUST=") else line for line in lines)]
    opened = next(i for i, line in enumerate(lines) if line.startswith("opened()"))
    moved = json.loads(sorted((export / "packages/01/evidence").glob("*-D.1-*.json"))[0].read_bytes())
    moved["index"] ^= 1
    other = comparison.root / "moved.json"
    other.write_bytes(json.dumps(moved, ensure_ascii=False).encode())
    for script, wanted in ((lines, True), (lines[:opened + 1] + [f"opened {other}"], False)):
        run = subprocess.run(["bash", "-c", "\n".join(script)], cwd=export, capture_output=True,
                             text=True, env=os.environ, check=False)
        if (run.returncode == 0) != wanted:
            comparison.different.append(f"README by hand: {run.returncode}\n{run.stderr[-500:]}")


def altered_certificates(comparison, kinds):
    """What no signature needs must still be a certificate: every way to spoil its key, by bytes."""
    kind = kinds[0]
    name = sorted((kind / "export/certificates").iterdir())[0].name
    der = yizhan_cms.one_pem((kind / "export/certificates" / name).read_bytes())
    key = yizhan_cms.Certificate(der).public_key
    begin = der.index(key)
    for place in [*range(begin, begin + 30), begin + 40, begin + len(key) - 1]:
        work = fresh_copy(comparison, kind)
        altered = bytearray(der)
        altered[place] ^= 1
        (work / "export/certificates" / name).write_text(ssl.DER_cert_to_PEM_cert(bytes(altered)))
        Mutator(work / "export", str(kind / "key.pem"), random).sign_again()
        comparison.compare(f"key of a certificate, byte {place - begin}", work / "export",
                           str(kind / "trust"))


def repacked(source, target, change):
    """A zip of the members that `change` makes of the source's [(name, content, how)]."""
    with zipfile.ZipFile(source) as archive:
        members = [(entry.filename, archive.read(entry), zipfile.ZIP_STORED)
                   for entry in archive.infolist()]
    target.unlink(missing_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content, how in change(members):
            archive.writestr(zipfile.ZipInfo(name), content, how)


def flipped(members, name):
    return [(n, content[:-9] + bytes([content[-9] ^ 1]) + content[-8:] if n == name else content, how)
            for n, content, how in members]


CONTAINERS = {  # how a container is spoilt, and what of it must be seen
    "as it is": (lambda m: m, "valid"),
    "mimetype last": (lambda m: m[1:] + m[:1], "broken"),
    "no mimetype": (lambda m: m[1:], "broken"),
    "another mimetype": (lambda m: [(m[0][0], m[0][1][:-1] + b"q", m[0][2])] + m[1:], "broken"),
    "a line end in it": (lambda m: [(m[0][0], m[0][1] + b"\n", m[0][2])] + m[1:], "broken"),
    "no manifest": (lambda m: m[:1] + m[2:], "broken"),
    "no signature": (lambda m: m[:2] + m[3:], "broken"),
    "manifest altered": (lambda m: flipped(m, "META-INF/ASiCManifest001.xml"), "broken"),
    "signature altered": (lambda m: flipped(m, "META-INF/signature001.p7s"), "broken"),
    "index altered": (lambda m: flipped(m, "index.json"), "broken"),
    "a member more": (lambda m: m + [("parts/01/more.txt", b"x", zipfile.ZIP_STORED)], "broken"),
    "a member beside": (lambda m: m + [("META-INF/more.xml", b"x", zipfile.ZIP_STORED)], "broken"),
    "a folder": (lambda m: m + [("parts/", b"", zipfile.ZIP_STORED)], "broken"),
    "outside": (lambda m: m + [("../more.txt", b"x", zipfile.ZIP_STORED)], "broken"),
    "a member packed": (lambda m: m[:-1] + [(*m[-1][:2], zipfile.ZIP_DEFLATED)], "broken"),
    "a member fewer": (lambda m: m[:-1], "broken"),
    "another order": (lambda m: m[:1] + m[:0:-1], "valid"),
}


def containers(comparison, kinds):
    for kind in kinds:
        trust = str(kind / "trust")
        standing = comparison.compare(f"container of {kind.name}", kind / "export.asice", trust)
        if standing != "valid":
            comparison.different.append(f"container of {kind.name}: {standing}")
    source, trust = kinds[0] / "export.asice", str(kinds[0] / "trust")
    work = comparison.root / "work.asice"
    for what, (change, wanted) in CONTAINERS.items():
        repacked(source, work, change)
        standing = comparison.compare(f"container: {what}", work, trust)
        if standing != wanted:
            comparison.different.append(f"container, {what}: {standing} and not {wanted}")
    # The seal of another export by the same agency does not fit this one.
    with zipfile.ZipFile(kinds[1] / "export.asice") as other:
        seal = other.read("META-INF/signature001.p7s")
    repacked(source, work, lambda m: [(n, seal if n.endswith(".p7s") else c, h) for n, c, h in m])
    if comparison.compare("container: another's seal", work, trust) != "broken":
        comparison.different.append("container: another's seal is taken")
    # Something before the zip, and an empty file.
    work.write_bytes(b"x" + source.read_bytes())
    before = comparison.compare("container: a byte before it", work, trust)
    work.write_bytes(b"")
    if (before, comparison.compare("container: nothing", work, trust)) != ("broken", "broken"):
        comparison.different.append("container: not a zip from its first byte")


def fresh_copy(comparison, kind):
    work = comparison.root / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shutil.copytree(kind / "export", work / "export")
    shutil.copy(kind / "export/index.p7m", work / "index.p7m")
    return work


def altered_exports(comparison, kinds, options):
    chance = random.Random(options.seed)
    for number in range(options.count):
        kind = chance.choice(kinds)
        work = fresh_copy(comparison, kind)
        what = Mutator(work / "export", str(kind / "key.pem"), chance).mutate()
        standing = comparison.compare(f"{number} {kind.name} {what}", work / "export",
                                      str(kind / "trust"))
        comparison.ways[what.split(" ")[0], standing] += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workshop")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20261129)
    options = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="yizhan-verifiers-") as folder:
        root = pathlib.Path(folder)
        subprocess.run([options.workshop, "make", folder], check=True)
        kinds = sorted(path for path in root.iterdir())
        comparison = Comparison(options.workshop, root)
        whole_exports(comparison, kinds)
        by_hand(comparison, root / "batched")
        swapped_takeover(comparison, options.workshop, root / "swapped")
        altered_certificates(comparison, kinds)
        containers(comparison, kinds)
        altered_exports(comparison, kinds, options)
        comparison.ours.process.stdin.close()
        comparison.ours.process.wait()
    for difference in comparison.different[:20]:
        print(difference)
    print(f"seed {options.seed}: {options.count} altered exports, "
          f"{len(comparison.different)} judged differently; ours says {dict(comparison.counts)}; "
          f"{time.monotonic() - begin:.0f} s")
    # Alterations that can not be seen would show nothing.
    broken = comparison.counts["broken"]
    seen = broken >= options.count * 0.8 and comparison.stamped > 0
    return 0 if seen and not comparison.different else 1


if __name__ == "__main__":
    sys.exit(main())
