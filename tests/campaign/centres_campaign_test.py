#!/usr/bin/env python3
"""Two centres in networks of their own: a short campaign holds, and what it would have to find
between centres it does find."""

import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from centre_faults import CentreFaults, CentresGround  # noqa: E402
from check_history import check  # noqa: E402
from check_history_test import memory, run_sql  # noqa: E402
from exchange_lab import SOURCE  # noqa: E402
from wires import Wires  # noqa: E402

FAULTS, SEED = 10, 20261130
RELAYED = "(SELECT min(id) FROM recipients WHERE state = 'relayed')"
TAKEN = "(SELECT min(id) FROM packages WHERE from_centre IS NOT NULL)"

# What is done at which centre, and what has to be said about it.
CORRUPTIONS = {
    "what was relayed is not at the other centre": (
        "centre-2", f"DELETE FROM recipients WHERE package_id = {TAKEN}",
        "lost", "which has others only"),
    "a B.1 never came back": (
        "centre", "DELETE FROM evidence WHERE kind = 'B.1' AND statement LIKE '%CENTRE-2%'",
        "unaccounted", "relayed without B.1"),
    "a centre has what nobody handed to it": (
        "centre", f"UPDATE recipients SET next_centre = NULL WHERE id = {RELAYED}",
        "unaccounted", "nobody handed it over"),
    "a B.1 over more than was taken": (
        "centre-2", "UPDATE evidence SET statement = replace(statement, 'recipient_count\":1', "
                    "'recipient_count\":2') WHERE kind = 'B.1' AND statement LIKE '%CENTRE-2%'",
        "unaccounted", "owes another number"),
    "the sender's centre decided too": (
        "centre", "UPDATE evidence SET kind = 'D.2' WHERE id = (SELECT min(id) FROM evidence "
                  "WHERE kind = 'D.1')", "twice", "finals ['D.2', 'E.1']"),
    "stated before what it follows on": (
        "centre-2", "UPDATE evidence SET statement = replace(statement, '\"time\":\"20', "
                    "'\"time\":\"19') WHERE kind = 'B.1'", "broken", "before what it follows on"),
}


def programs():
    return pathlib.Path(os.environ.get("YIZHAN_BUILD", SOURCE / "build/dev")).resolve()


def say_skipped(why):
    """As the other tests do: where ./dev check looks for what was skipped."""
    results = programs() / "results"
    results.mkdir(exist_ok=True)
    (results / "centres_campaign_test.xml").write_text(
        '<testsuites tests="1" failures="0" disabled="0" errors="0">\n'
        f'<testcase name="HoldsWhateverComesBetween" status="notrun" result="skipped" '
        f'time="0" classname="CentresCampaign" message="{why}" />\n</testsuites>\n')


class CentresCampaignTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hindrance = Wires.hindrance()
        if hindrance:
            say_skipped(hindrance)
            raise unittest.SkipTest(hindrance)
        cls.folder = tempfile.TemporaryDirectory(prefix="yz-", dir=memory())
        root = pathlib.Path(cls.folder.name)
        cls.ground = CentresGround(root, programs(), root / "lab", 2, SEED)
        cls.ground.forget()
        try:
            cls.holds = CentreFaults(cls.ground, SEED).deal_round(FAULTS)
            wires = cls.ground.exchange.wires
            cls.passed, cls.dropped = wires.passed.total(), wires.dropped.total()
            cls.lab = cls.ground.exchange.root
        finally:
            cls.ground.leave_lab()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_nothing_is_lost_or_doubled_whatever_comes_between(self):
        self.assertTrue(self.holds, self.ground.notes)
        self.assertGreater(self.passed, 0)
        self.assertGreater(self.dropped, 0)
        print(f"{self.ground.sums}, {self.passed} packets passed, {self.dropped} did not")

    def test_each_seeded_corruption_between_centres_is_found(self):
        known = self.lab / "verified"
        self.assertEqual(check(self.lab, known).findings.lines, [])
        for name, (owner, statement, meaning, text) in CORRUPTIONS.items():
            with self.subTest(name):
                lab = self.lab.parent / "corrupted"
                shutil.copytree(self.lab, lab, ignore=shutil.ignore_patterns("*.sock", "clamd*"))
                try:
                    run_sql(lab, owner, statement)
                    lines = check(lab, shutil.copy(known, lab / "known")).findings.lines
                finally:
                    shutil.rmtree(lab)
                self.assertTrue(any(kind == meaning and text in said for kind, said in lines),
                                f"said only {lines}")


if __name__ == "__main__":
    unittest.main()
