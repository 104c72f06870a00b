"""One lab after the other, and what its history says: shared by all kinds of campaign."""

import json
import shutil
import sys
import time

from check_history import check
from exchange_lab import Clerk, Exchange, Saboteur, ask

LETTERS_MAX = 250  # then a new lab: the checker reads all of it each time
CHECK_EVERY = 20
COUNTS = ("accepted", "finals", "lost", "twice", "unaccounted")


class ProvingGround:
    def __init__(self, folder, programs, lab):
        self.folder, self.programs, self.lab = folder, programs, lab
        self.exchange = None
        self.failures = 0
        self.sums = dict.fromkeys(COUNTS, 0)
        self.notes = []

    def forget(self):
        """A new kind begins to count, in a lab of its own."""
        self.sums = dict.fromkeys(COUNTS, 0)
        self.notes = []
        self.since_check = []
        self.new_lab()

    def new_lab(self):
        self.leave_lab()
        self.exchange = Exchange(self.lab, self.programs)
        self.exchange.make()
        self.exchange.require_all()
        self.clerk = Clerk(self.exchange)
        self.saboteur = Saboteur(self.exchange, self.programs / "tests/campaign/saboteur")
        self.known = self.exchange.root / "verified"
        self.counted = {"accepted": 0, "finals": 0}

    def leave_lab(self):
        if self.exchange is not None:
            self.exchange.kill_all()
            self.exchange = None

    def did(self, what):
        """One blow was dealt and everything runs again; looks at the history now and then."""
        self.since_check.append(what)
        if len(self.since_check) >= CHECK_EVERY:
            self.look()

    def look(self):
        """Lets everything come to rest and holds the history to account. True when it holds."""
        self.exchange.require_running()
        self.clerk.send()  # whatever was done, it works
        open_business = self.exchange.settle()
        history = check(self.exchange.root, self.known)
        books = json.loads(ask(self.exchange.root / "run/centre.sock", "GET",
                               "/v1/operator/accounting")[1])
        return self.judge(history, open_business, books)

    def judge(self, history, open_business, books):
        lines = list(history.findings.lines)
        lines += [("unaccounted", f"does not come to rest: {text}") for text in open_business]
        lines += self.compare_books(history, books)
        for name in self.counted:
            self.sums[name] += getattr(history, name) - self.counted[name]
            self.counted[name] = getattr(history, name)
        if lines:
            self.failed(lines)
        elif len(history.sent) > LETTERS_MAX:
            self.new_lab()
        self.since_check = []
        return not lines

    @staticmethod
    def compare_books(history, books):
        """The centre's own books say what the evidence says."""
        wanted = {"accepted": history.accepted, "pending": history.pending, "balanced": True}
        wrong = {name: books[name] for name in wanted if books[name] != wanted[name]}
        return [("unaccounted", f"the centre's books say {wrong}")] if wrong else []

    def failed(self, lines):
        """Keeps the lab as it is for whoever has to understand it, and goes on in a new one."""
        self.failures += 1
        for meaning, _ in lines:
            name = meaning if meaning in ("lost", "twice") else "unaccounted"
            self.sums[name] += 1
        print(f"\nHISTORY DOES NOT HOLD after {self.since_check}:", file=sys.stderr)
        for meaning, text in lines[:20]:
            print(f"  {meaning}: {text}", file=sys.stderr)
        self.notes.append(f"{lines[0][1]} after {self.since_check[-1:]}")
        self.exchange.kill_all()
        kept = self.folder / f"failed-{self.lab.name}-{int(time.time())}"
        self.keep(kept)
        print(f"  kept in {kept}", file=sys.stderr)
        self.new_lab()

    def keep(self, kept):
        shutil.copytree(self.exchange.root, kept, ignore=shutil.ignore_patterns("*.sock"))
