#!/usr/bin/env python3
"""./dev campaign: crashes and disk faults against a whole exchange of real programs, each followed
by the accounting equation and a history checker that knows nothing of the product.

  kills    SIGKILL of any program at any time, under load
  points   SIGKILL at every call by which a program changes its files: on its start, on the way of
           a letter, on the way of a long letter, of a confirmation and a return, on its stop. Found
           by watching, so that new code joins by itself
  faults   the same calls failing: EIO, ENOSPC once and from there on, short writes, a slow disk, a
           failed fsync whose data is gone
  full     a data folder with only so much room left
  cuts     power cuts: everything at once, in a user-mode-linux whose disk is all that stays; and
           the same with the sync of folders knocked out, which must lose something
  centres  two and three centres, each in a network of its own: wires cut, deaf one way, losing,
           slow, late; centres killed, paused, restarted

State lies in build/campaign; --resume goes on where the last run stopped. Each run appends to
tests/campaigns.csv what it did and found. The last line says what was not done; with --complete
that alone is a failure. A kind for which no time was left at all is one always.
"""

import argparse
import csv
import datetime
import fcntl
import hashlib
import inspect
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from blows import FullDisk, Kills, Sabotage, failing_blows, killing_blows  # noqa: E402
from centre_faults import CentreFaults, CentresGround  # noqa: E402
from exchange_lab import SOURCE  # noqa: E402
from power_cuts import ForgetfulPowerCuts, PowerCuts  # noqa: E402
from proving_ground import CHECK_EVERY, ProvingGround  # noqa: E402
from wires import Wires  # noqa: E402

KINDS = ["kills", "points", "faults", "full", "cuts", "centres"]
CUTS_IN_A_ROUND = 10
CUTS_TO_LOSE = 20
COLUMNS = ["date", "commit", "kind", "runs", "points_total", "points_covered", "accepted",
           "finals", "lost", "twice", "unaccounted", "note"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--complete", action="store_true",
                        help="fail when anything of all this was not done: for the ledger")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--centre-faults", type=int, default=500)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--sample", type=int, default=0,
                        help="only so many points, a quarter as many faults, a tenth full disks")
    parser.add_argument("--labs", type=int, default=4, help="so many side by side")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--state", default=str(SOURCE / "build/campaign"))
    parser.add_argument("--ledger", default=str(SOURCE / "tests/campaigns.csv"),
                        help="empty: none")
    return parser.parse_args()


def commit():
    """With "-dirty" when anything but the ledger is not as committed."""
    def git(*words):
        return subprocess.run(["git", "-C", str(SOURCE), *words], capture_output=True, text=True,
                              check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".",
                  ":!tests/campaigns.csv")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("-dirty" if changed else "")


def digest_of(programs):
    digest = hashlib.sha256()
    for name in ("exchange", "terminal", "scanner", "keyholder"):
        digest.update((programs / f"yizhan-{name}").read_bytes())
    digest.update(pathlib.Path(inspect.getfile(Sabotage)).read_bytes())  # it says which points there are
    return digest.hexdigest()


def lab_folder(state):
    """In memory where there is room: what a killed program wrote is there either way, and hundreds
    of labs are spared to the disk."""
    memory = pathlib.Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30:
        return memory / f"yizhan-{hashlib.sha256(bytes(state)).hexdigest()[:8]}"
    return state / "lab"


class State:
    """What was done already, by the same programs."""

    def __init__(self, folder, programs, resume):
        self.file = folder / "state.json"
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.lock = open(folder.with_suffix(".lock"), "w", encoding="utf-8")
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # one campaign at a time in here
        self.data = {"programs": digest_of(programs), "points": None, "done": {}}
        if not resume:
            shutil.rmtree(folder, ignore_errors=True)
        elif self.file.exists():
            former = json.loads(self.file.read_text())
            if former["programs"] == self.data["programs"]:
                self.data = former
            else:
                print("the programs are others than last time: begins anew")
        folder.mkdir(parents=True, exist_ok=True)

    def save(self):
        temporary = self.file.with_suffix(".new")
        temporary.write_text(json.dumps(self.data, ensure_ascii=False))
        temporary.rename(self.file)


class Campaign:
    def __init__(self, arguments):
        self.arguments = arguments
        self.end = time.monotonic() + 60 * arguments.minutes
        folder = pathlib.Path(arguments.state).resolve()
        programs = pathlib.Path(os.environ.get("YIZHAN_BUILD", SOURCE / "build/dev")).resolve()
        self.state = State(folder, programs, arguments.resume)
        # Much of a blow is waiting for others to come back: several labs side by side.
        self.grounds = [ProvingGround(folder, programs, lab_folder(folder) / str(i))
                        for i in range(arguments.labs)]
        self.other_grounds = []
        self.counting = self.grounds
        self.random = random.Random(arguments.seed)
        self.lock = threading.Lock()
        self.progress_shown = 0.0
        self.not_begun = []
        self.not_done = []

    def is_over(self):
        return time.monotonic() > self.end

    def run(self):
        print(f"seed {self.arguments.seed}, at most {self.arguments.minutes:g} minutes")
        try:
            for kind in self.arguments.kinds.split(","):
                if self.is_over():
                    self.not_begun.append(f"{kind}: no time left")
                    continue
                getattr(self, f"run_{kind}")()
        finally:
            for ground in self.grounds + self.other_grounds:
                ground.leave_lab()
        shutil.rmtree(lab_folder(self.state.file.parent), ignore_errors=True)
        return self.conclude(sum(ground.failures for ground in self.grounds + self.other_grounds))

    def conclude(self, failures):
        """Says what was not done, as little of it as there may be."""
        left = self.not_begun + self.not_done
        print(f"{failures} histories do not hold; " +
              (f"NOT DONE: {'; '.join(left)}" if left else "all was done that was asked for"))
        return 1 if failures or self.not_begun or (self.arguments.complete and left) else 0

    def leave_open(self, kind, done, wanted):
        if done < wanted:
            self.not_done.append(f"{kind}: {wanted - done} of {wanted}")

    def run_kills(self):
        begun = self.state.data["done"].get("kills", 0)
        todo = range(begun, self.arguments.kills, CHECK_EVERY)
        dealers = [Kills(ground, self.arguments.seed + i) for i, ground in enumerate(self.grounds)]

        def deal(dealer, first):
            count = min(CHECK_EVERY, self.arguments.kills - first)
            dealer.deal_round(count)
            return count

        def done(_, count):
            self.state.data["done"]["kills"] = self.state.data["done"].get("kills", 0) + count
            self.show("kills", self.state.data["done"]["kills"], self.arguments.kills)

        self.share_out(todo, dealers, deal, done)
        self.enter(Kills.kind, self.state.data["done"].get("kills", 0) - begun, 0, 0)
        self.leave_open("kills", self.state.data["done"].get("kills", 0), self.arguments.kills)

    def points(self):
        if self.state.data["points"] is None:
            self.grounds[0].forget()
            learner = Sabotage(self.grounds[0])
            self.state.data["points"] = learner.learn()
            self.state.data["left_out"] = learner.left_out
            self.state.save()
        print(f"{len(self.state.data['points'])} points found; {self.state.data.get('left_out', 'unknown')} calls "
              "more in some learning runs than in others: a matter of timing, left to the kills at "
              "random", flush=True)
        return [tuple(point) for point in self.state.data["points"]]

    def run_points(self):
        self.deal_all("points", killing_blows(self.points()), Sabotage, self.arguments.sample)

    def run_faults(self):
        self.deal_all("faults", failing_blows(self.points()), Sabotage,
                      self.arguments.sample // 4)

    def run_full(self):
        hindrance = FullDisk.hindrance()
        if hindrance:
            self.not_done.append(f"full: {hindrance}")
            return
        self.deal_all("full", FullDisk.blows(), FullDisk, self.arguments.sample // 10)

    def run_cuts(self):
        hindrance = PowerCuts.hindrance()
        if hindrance:
            self.not_done.append(f"cuts: {hindrance}")
            return
        for ground in self.grounds:
            ground.leave_lab()
        grounds = self.grounds[:os.cpu_count()]  # a guest keeps a processor busy
        dealers = [PowerCuts(ground, self.arguments.seed + i) for i, ground in enumerate(grounds)]
        self.other_grounds += [dealer.ground for dealer in dealers]
        begun = self.state.data["done"].get("cuts", 0)

        def deal(dealer, first):
            count = min(CUTS_IN_A_ROUND, self.arguments.cuts - first)
            dealer.deal_round(count)
            return count

        def done(_, count):
            self.state.data["done"]["cuts"] = self.state.data["done"].get("cuts", 0) + count
            self.show("cuts", self.state.data["done"]["cuts"], self.arguments.cuts)

        self.share_out(range(begun, self.arguments.cuts, CUTS_IN_A_ROUND), dealers, deal, done)
        told = sum(dealer.acknowledged for dealer in dealers)
        dealers[0].ground.notes.append(f"{told} A.1 at their senders when the power went")
        self.enter(PowerCuts.kind, sum(dealer.cuts for dealer in dealers), 0, 0)
        self.leave_open("cuts", self.state.data["done"].get("cuts", 0), self.arguments.cuts)
        if not self.state.data["done"].get("cuts that lose"):
            self.show_that_cuts_lose()

    def run_centres(self):
        """Every other lab has three centres instead of two."""
        hindrance = Wires.hindrance()
        if hindrance:
            self.not_done.append(f"centres: {hindrance}")
            return
        for ground in self.grounds:
            ground.leave_lab()
        seed = self.arguments.seed
        grounds = [CentresGround(ground.folder, ground.programs, ground.lab, 2 + i % 2, seed + i)
                   for i, ground in enumerate(self.grounds)]
        self.other_grounds += grounds
        dealers = [CentreFaults(ground, seed + i) for i, ground in enumerate(grounds)]
        wanted = self.arguments.centre_faults
        begun = self.state.data["done"].get("centres", 0)

        def deal(dealer, first):
            count = min(CHECK_EVERY, wanted - first)
            dealer.deal_round(count)
            return count

        def done(_, count):
            self.state.data["done"]["centres"] = self.state.data["done"].get("centres", 0) + count
            self.show("centres", self.state.data["done"]["centres"], wanted)

        self.share_out(range(begun, wanted, CHECK_EVERY), dealers, deal, done)
        self.enter(CentreFaults.kind, self.state.data["done"].get("centres", 0) - begun, 0, 0)
        self.leave_open("centres", self.state.data["done"].get("centres", 0), wanted)
        for ground in grounds:
            ground.leave_lab()

    def show_that_cuts_lose(self):
        """A rig that sees no loss where there must be one proves nothing."""
        dealer = ForgetfulPowerCuts(self.grounds[0], self.arguments.seed)
        self.counting = [dealer.ground]
        self.other_grounds += self.counting
        dealer.ground.forget()
        lost = dealer.lose(CUTS_TO_LOSE)
        dealer.ground.leave_lab()
        dealer.ground.sums["lost"] = len(lost)
        dealer.ground.failures += not lost
        dealer.ground.notes.append(f"loss was wanted: {lost[0]}" if lost else
                                   "NOTHING WAS LOST: the power cuts prove nothing")
        self.state.data["done"]["cuts that lose"] = bool(lost)
        self.state.save()
        self.enter(dealer.kind, dealer.cuts, 0, 0)

    def deal_all(self, name, blows, make_dealer, sample):
        done = self.state.data["done"].setdefault(name, [])
        todo = [blow for blow in blows if blow.name not in set(done)]
        self.random.shuffle(todo)
        if self.arguments.sample:
            todo = todo[:sample]
        outcome = {True: 0, False: 0}

        def dealt(blow, reached):
            outcome[reached] += 1
            if reached:
                done.append(blow.name)
            else:
                print(f"not reached: {blow.name}", flush=True)
            self.show(name, len(done), len(blows))

        dealers = [make_dealer(ground) for ground in self.grounds]
        self.share_out(todo, dealers, lambda dealer, blow: dealer.deal(blow), dealt)
        if outcome[False]:
            self.counting[0].notes.append(f"{outcome[False]} not reached")
        self.enter(blows[0].kind, sum(outcome.values()), len(blows), len(done))
        self.leave_open(f"{name} of the sample" if self.arguments.sample else name,
                        outcome[True] if self.arguments.sample else len(done),
                        len(todo) if self.arguments.sample else len(blows))

    def share_out(self, todo, dealers, deal, done):
        """Each lab takes the next blow until none is left, or no time."""
        queue, troubles = iter(todo), []
        self.counting = [dealer.ground for dealer in dealers]

        def take_next():
            with self.lock:
                return None if self.is_over() or troubles else next(queue, None)

        def work(dealer):
            try:
                dealer.ground.forget()
                while (blow := take_next()) is not None:
                    result = deal(dealer, blow)
                    with self.lock:
                        done(blow, result)
                        self.state.save()
                dealer.ground.look()
            except Exception as trouble:  # told by the main thread, which ends the campaign
                troubles.append(trouble)

        threads = [threading.Thread(target=work, args=(dealer,), daemon=True) for dealer in dealers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if troubles:
            raise troubles[0]

    def sums(self):
        return {name: sum(ground.sums[name] for ground in self.counting) for name in COLUMNS[6:11]}

    def show(self, kind, done, total):
        if time.monotonic() - self.progress_shown < 10:
            return
        self.progress_shown = time.monotonic()
        print(f"{datetime.datetime.now():%H:%M:%S} {kind} {done}/{total}: " +
              ", ".join(f"{count} {name}" for name, count in self.sums().items()), flush=True)

    def enter(self, kind, runs, total, covered):
        """A line in the ledger."""
        notes = [note for ground in self.counting for note in ground.notes]
        for note in notes:
            print(f"note: {note}")
        row = [datetime.date.today().isoformat(), commit(), kind, runs, total, covered,
               *self.sums().values(), "; ".join(notes)[:300]]
        print(", ".join(f"{name} {value}" for name, value in zip(COLUMNS, row)), flush=True)
        if not self.arguments.ledger or runs == 0:
            return
        ledger = pathlib.Path(self.arguments.ledger)
        fresh = not ledger.exists()
        with open(ledger, "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if fresh:
                writer.writerow(COLUMNS)
            writer.writerow(row)


if __name__ == "__main__":
    sys.exit(Campaign(parse_arguments()).run())
