#!/usr/bin/env python3
"""Ours and tools/verify_export.py must say the same of every export, whole or altered.

    two_verifiers_test.py EXPORT-WORKSHOP [--count N] [--seed S]
"""

import argparse
import collections
import pathlib
import random
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import verify_export  # noqa: E402
import yizhan_cms  # noqa: E402
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
        swapped_takeover(comparison, options.workshop, root / "swapped")
        altered_certificates(comparison, kinds)
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
