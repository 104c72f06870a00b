"""The faults between centres, and the ground on which they are dealt: under load, several at a time;
then all is mended, everything has to come to rest within its time, and the history must hold."""

import json
import random
import sys
import threading
import time

from centres_lab import SENDERS, Centres, CentresClerk
from exchange_lab import Trouble, ask
from check_history import check
from proving_ground import LETTERS_MAX, ProvingGround

REST_SECONDS = 300  # from the end of the faults until everything is final
# The journal goes on (a witness disagrees with a restored log): what was read of store and log may
# be of two instants. What really does not hold is found each time.
LOOKS = 4
LONG = b"Yizhan " * 200_000  # more than one group
BOOKS = ("accepted", "taken_over", "passed_on", "finals", "pending")


class CentresGround(ProvingGround):
    def __init__(self, folder, programs, lab, centres, seed):
        super().__init__(folder, programs, lab)
        self.centres, self.seed = centres, seed

    def new_lab(self):
        self.leave_lab()
        self.exchange = Centres(self.lab, self.programs, self.centres, self.seed)
        self.exchange.make()
        self.exchange.require_all()
        self.clerks = [CentresClerk(self.exchange, folder) for folder, _, _, _ in
                       self.exchange.agencies if folder in SENDERS]
        self.known = self.exchange.root / "verified"
        self.counted = {"accepted": 0, "finals": 0}

    def leave_lab(self):
        if self.exchange is not None:
            self.exchange.leave()
            self.exchange = None

    def look(self):
        """Lets everything come to rest and holds the history to account. True when it holds."""
        self.exchange.require_running()
        for clerk in self.clerks:
            clerk.send()  # whatever was done, it works
        for _ in range(LOOKS):
            open_business = self.exchange.settle(REST_SECONDS)
            history = check(self.exchange.root, self.known)
            if not history.findings.lines:
                break
        books = {folder: json.loads(ask(self.exchange.root / f"run/{folder}.sock", "GET",
                                        "/v1/operator/accounting")[1])
                 for folder in self.exchange.folders}
        return self.judge(history, open_business, books)

    @staticmethod
    def compare_books(history, books):
        wrong = {}
        for folder, own in books.items():
            wanted = {**history.books[folder], "balanced": True}
            if any(own[name] != value for name, value in wanted.items()):
                wrong[folder] = (own, wanted)
        return [("unaccounted", f"the centres' books say {wrong}")] if wrong else []

    def failed(self, lines):
        print(f"  wires: passed {dict(self.exchange.wires.passed)}, "
              f"dropped {dict(self.exchange.wires.dropped)}", file=sys.stderr)
        super().failed(lines)


class Fault:
    """One, as it is dealt: what it is, how long it stays, and how it ends."""

    def __init__(self, name, seconds, end):
        self.name, self.until, self.end = name, time.monotonic() + seconds, end


class CentreFaults:
    """Wires cut, deaf one way, losing, slow, late; centres killed, paused, restarted; and each
    round ends with one that comes back from a copy older than what it handed over since."""

    kind = "fault between centres"
    # The more often, the more of them.
    MENU = {"cut": 4, "deaf": 3, "lossy": 3, "slow": 2, "late": 2, "alone": 2,
            "kill exchange": 4, "kill scanner": 1, "kill keyholder": 1, "kill centre": 2,
            "kill terminal": 1, "pause": 4, "restart": 2, "older copy": 2}

    def __init__(self, ground, seed):
        self.ground, self.random = ground, random.Random(seed)
        self.under_way = []
        self.copies = 0

    def deal_round(self, count):
        """That many under load, up to three at a time; then all is mended and looked at."""
        ground = self.ground
        dealt = self.deal_under_load(count - 1)
        ground.since_check = dealt
        if ground.exchange.settle(REST_SECONDS):
            return ground.look()  # an older copy would set everybody to work, and hide it
        dealt.append(self.restore(self.random.randrange(ground.exchange.count_of_centres)))
        return ground.look()

    def deal_under_load(self, count):
        ground, stop, troubles = self.ground, threading.Event(), []
        senders = [threading.Thread(target=self.send_until, args=(clerk, stop, troubles))
                   for clerk in ground.clerks]
        for sender in senders:
            sender.start()
        dealt = []
        for _ in range(count):
            time.sleep(self.random.uniform(0.1, 0.5))
            while len(self.under_way) >= 3:
                self.end_one()
            name = self.random.choices(list(self.MENU), self.MENU.values())[0]
            self.under_way.append(self.begin(name))
            dealt.append(self.under_way[-1].name)
            self.end_those_due()
        stop.set()
        while self.under_way:
            self.end_one()
        while any(sender.is_alive() for sender in senders):
            ground.exchange.require_running()
            time.sleep(0.1)
        if troubles:
            raise troubles[0]
        return dealt

    def restore(self, centre):
        """What its agency sends to others waits for a cut wire; there the copy is made. It is
        handed over, and the centre comes back from the copy."""
        exchange = self.ground.exchange
        folder, program = exchange.folders[centre], exchange.programs_of(centre)[0]
        touched = [wire for ends, wire in exchange.wires.wires.items() if centre in ends]
        for wire in touched:
            wire.is_cut = True
        for _ in range(2):
            self.ground.clerks[centre].send()
        exchange.pause_when_only_forwarding(folder, program, SENDERS[centre])
        exchange.copy_store(folder)
        exchange.resume(program)
        for wire in touched:
            wire.mend()
        time.sleep(self.random.uniform(0, 4))
        exchange.kill(program)
        exchange.restore_store(folder)
        exchange.require(program)
        return f"restore {folder}"

    def send_until(self, clerk, stop, troubles):
        try:
            while not stop.is_set():
                clerk.send(LONG if self.random.random() < 0.1 else b"")
                time.sleep(0.3)
            if self.random.random() < 0.5:
                self.answer_one(clerk)
        except Trouble as trouble:
            troubles.append(trouble)

    def answer_one(self, clerk):
        """A confirmation and a return, where there are letters to answer."""
        try:
            clerk.answer(self.random.choice("bc"))
        except Trouble as none:
            if "nothing to answer" not in str(none):
                raise

    # --- beginning and ending ---

    def end_those_due(self):
        for fault in [f for f in self.under_way if f.until <= time.monotonic()]:
            self.under_way.remove(fault)
            fault.end()

    def end_one(self):
        fault = min(self.under_way, key=lambda f: f.until)
        self.under_way.remove(fault)
        time.sleep(max(0, fault.until - time.monotonic()))
        fault.end()

    def begin(self, name):
        exchange = self.ground.exchange
        centre = self.random.randrange(exchange.count_of_centres)
        if name in ("cut", "deaf", "lossy", "slow", "late", "alone"):
            return self.begin_on_wires(name, centre)
        seconds = self.random.uniform(0.2, 3)
        program = exchange.programs_of(centre)[0]
        if name == "pause":
            exchange.pause(program)
            return Fault(f"pause {program}", seconds, lambda: exchange.resume(program))
        if name == "older copy":
            return self.begin_older_copy(centre)
        if name == "restart":
            exchange.resume(program)
            exchange.stop(program)
            return Fault(f"restart {program}", 0, lambda: exchange.start(program))
        victims = {"kill exchange": [program], "kill scanner": exchange.programs_of(centre)[1:2],
                   "kill keyholder": exchange.programs_of(centre)[2:],
                   "kill centre": exchange.programs_of(centre),
                   "kill terminal": [self.random.choice(exchange.agencies)[0] + "-terminal"]}[name]
        for victim in victims:
            exchange.kill(victim)

        def start():
            for victim in victims:
                exchange.start(victim)
        return Fault(f"{name}: {victims}", seconds / 2, start)

    def begin_older_copy(self, centre):
        """A copy of everything in the midst of it; seconds later the centre comes back from it."""
        exchange = self.ground.exchange
        folder, program = exchange.folders[centre], exchange.programs_of(centre)[0]
        self.copies += 1
        name = f"copy-{self.copies}"
        was_running = exchange.is_running(program)
        exchange.pause(program)
        exchange.copy_store(folder, name)
        if was_running:
            exchange.resume(program)

        def come_back():
            exchange.resume(program)
            exchange.kill(program)
            exchange.restore_store(folder, name)
            exchange.start(program)
        return Fault(f"older copy {folder}", self.random.uniform(0.5, 6), come_back)

    def begin_on_wires(self, name, centre):
        wires = self.ground.exchange.wires
        other = self.random.choice([n for n in range(len(wires.names)) if n != centre])
        ends = {"deaf": [(centre, other)],
                "alone": [w for w in wires.wires if centre in w]}.get(
                    name, [(centre, other), (other, centre)])
        touched = [wires.wires[end] for end in ends]
        for wire in touched:
            wire.is_cut = name in ("cut", "deaf", "alone")
            wire.loss = self.random.uniform(0.1, 0.5) if name == "lossy" else 0.0
            wire.delay = self.random.uniform(0.1, 0.6) if name == "late" else 0.0
            wire.bytes_per_second = 30_000 if name == "slow" else 0

        def mend():
            for wire in touched:
                wire.mend()
        return Fault(f"{name} {ends}", self.random.uniform(0.5, 5), mend)
