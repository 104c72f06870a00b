#!/usr/bin/env python3
"""Ours and tools/verify_export.py must say the same of every export, whole or altered.

    two_verifiers_test.py EXPORT-WORKSHOP [--count N] [--seed S]
"""

import argparse
import collections
import pathlib
import random
import shutil
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
        return answer[0], answer[2]


class Comparison:
    def __init__(self, workshop, root):
        self.ours, self.root = Ours(workshop), root
        self.trusts = {}
        self.counts, self.ways, self.different = collections.Counter(), collections.Counter(), []

    def compare(self, what, export, trust):
        theirs = verify_export.verify(export, self.trusts[trust])
        ours, detail = self.ours.verify(export, trust)
        self.counts[ours] += 1
        if ours != theirs["standing"]:
            self.different.append(f"{what}\n  ours:   {ours} {detail}\n"
                                  f"  theirs: {theirs['standing']} {theirs.get('broken', '')}")
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


def altered_exports(comparison, kinds, options):
    chance = random.Random(options.seed)
    for number in range(options.count):
        kind = chance.choice(kinds)
        work = comparison.root / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        shutil.copytree(kind / "export", work / "export")
        shutil.copy(kind / "export/index.p7m", work / "index.p7m")
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
    return 1 if comparison.different or broken < options.count * 0.8 else 0


if __name__ == "__main__":
    sys.exit(main())
