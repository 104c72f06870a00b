"""The kinds of campaign: what is done to the programs, blow by blow."""

import collections
import errno
import os
import random
import subprocess
import threading
import time

from exchange_lab import Trouble

LETTERS_TO_LEARN = 4
TRIES = 10
# Who keeps something of its own. The scanner keeps nothing.
KEEPERS = ["exchange", "a-terminal", "b-terminal", "centre-keyholder", "a-keyholder",
           "b-keyholder"]
NOT_DATA = ("log/", "run/", "sabotage/")
LONG = (b"Yizhan " * 200_000)  # more than one group, so that it travels in pieces


class Blow:
    """One thing to do: `name` is its identity over resumed runs."""

    def __init__(self, kind, phase, program, point, number, order=""):
        self.kind, self.phase, self.program = kind, phase, program
        self.point, self.number, self.order = point, number, order
        self.name = f"{phase} {program}: {order or 'kill'} at {point} [{number}]"


class Kills:
    """SIGKILL of any program at any time, under load."""

    kind = "kill at random"

    def __init__(self, ground, seed):
        self.ground, self.random = ground, random.Random(seed)

    def deal_round(self, count):
        """That many kills while letters go out, then rest."""
        exchange = self.ground.exchange
        stop = threading.Event()
        troubles = []
        sender = threading.Thread(target=self.send_until, args=(stop, troubles))
        sender.start()
        for i in range(count):
            time.sleep(self.random.uniform(0.05, 0.35))
            names = list(exchange.plans)
            # Now and then all at once, as in a power cut.
            for name in names if i % 10 == 9 else [self.random.choice(names)]:
                exchange.kill(name)
            for name in names:
                exchange.start(name)
        stop.set()
        while sender.is_alive():  # it may be waiting for a terminal that ended on its own
            for name in exchange.plans:
                exchange.start(name)
            sender.join(0.1)
        if troubles:
            raise troubles[0]
        self.ground.since_check = [f"{count} kills"]
        return self.ground.look()

    def send_until(self, stop, troubles):
        try:
            while not stop.is_set():
                self.ground.clerk.send(LONG if self.random.random() < 0.1 else b"")
                time.sleep(0.1)
        except Trouble as trouble:
            troubles.append(trouble)


class Sabotage:
    """Blows at single system calls: learns where the points are, then deals with one by one."""

    def __init__(self, ground):
        self.ground = ground
        self.healed = False
        self.left_out = 0  # calls that some learning runs made and others did not

    # --- learning ---

    def learn(self):
        """The points of every phase: name and how often every run reached it."""
        points = []
        for program in KEEPERS:
            points += self.learn_start_and_stop(program)
        letter = self.learn_letter("letter", b"")
        known = {point[1:] for point in letter}
        # Of a long letter what it does more than a short one.
        more = [point for point in self.learn_letter("long letter", LONG)
                if point[1:] not in known]
        return points + letter + more + self.learn_letter("answer", b"")

    def counted(self, phase, program, runs):
        """How many calls of each name every run made (in which there were any): more than that
        is a matter of timing, and is told."""
        fewest, most = {}, collections.Counter()
        for run in runs:
            for point, count in collections.Counter(run).items():
                if not point.split(" ", 1)[1].startswith(NOT_DATA):
                    fewest[point] = min(count, fewest.get(point, count))
                    most[point] = max(count, most[point])
        self.left_out += most.total() - sum(fewest.values())
        return [(phase, program, point, number) for point, count in fewest.items()
                for number in range(1, count + 1)]

    def learn_start_and_stop(self, program):
        ground = self.ground
        ground.clerk.send()
        ground.exchange.settle()
        starts, stops = [], []
        for _ in range(2):
            self.restart(program, "watch 0 0 0 *")
            starts.append(ground.saboteur.points(program))
            ground.clerk.send()
            ground.exchange.settle()
            ground.saboteur.arm(program, "watch 0 0 0 *")
            self.stop(program)
            stops.append(ground.saboteur.points(program))
            self.fell("exchange")
            ground.exchange.require_all()
        return self.counted("start", program, starts) + self.counted("stop", program, stops)

    def learn_letter(self, phase, attachment):
        exchange, saboteur = self.ground.exchange, self.ground.saboteur
        runs = collections.defaultdict(list)
        for program in KEEPERS:
            self.restart(program, "watch 0 0 0 *")
        for _ in range(LETTERS_TO_LEARN):
            self.prepare(phase)
            for program in KEEPERS:
                saboteur.arm(program, "watch 0 0 0 *")
            self.act(phase, attachment)
            exchange.settle()
            for program in KEEPERS:
                runs[program].append(saboteur.points(program))
        for program in KEEPERS:
            self.fell(program)
        exchange.require_all()
        return [point for program in KEEPERS
                for point in self.counted(phase, program, runs[program])]

    def prepare(self, phase):
        """Two letters have arrived that wait for an answer."""
        if phase == "answer":
            for _ in range(2):
                self.ground.clerk.send()
            self.ground.exchange.settle()

    def act(self, phase, attachment):
        if phase == "answer":
            self.ground.clerk.answer()
        else:
            self.ground.clerk.send(attachment)

    def restart(self, program, order):
        """Under the saboteur. False when it ended before it served."""
        exchange, saboteur = self.ground.exchange, self.ground.saboteur
        self.fell(program)
        saboteur.order(program, order)
        exchange.start(program, saboteur)
        serves = exchange.wait_until_ready(program)
        exchange.require_running()
        return serves

    def fell(self, program):
        """Makes sure of it. With the centre all its terminals fall, as in a power cut: those that
        live on would wait a while before they ask it again."""
        exchange = self.ground.exchange
        exchange.kill(program)
        for name in exchange.plans:
            if program == "exchange" and name.endswith("-terminal"):
                exchange.kill(name)

    def stop(self, program):
        """Without the centre, at which a terminal waits for news for half a minute."""
        if program.endswith("-terminal"):
            self.ground.exchange.kill("exchange")
        self.ground.exchange.stop(program)

    # --- dealing ---

    def deal(self, blow):
        """True when the point was reached; everything runs plainly again afterwards."""
        # One letter does not bring every point: a database tidies up only every few.
        for _ in range(TRIES):
            reached = self.try_once(blow)
            self.revive()
            if reached:
                break
        self.ground.did(blow.name)
        return reached

    def try_once(self, blow):
        exchange, saboteur, program = self.ground.exchange, self.ground.saboteur, blow.program
        order = f"{blow.order or 'kill 0'} {blow.number} {blow.count_of_hits} {blow.point}"
        self.healed = False
        if blow.phase == "start":
            self.restart(program, order)
            # Its loops may still be on their first round.
            end = time.monotonic() + 2
            while not saboteur.hits(program) and time.monotonic() < end:
                time.sleep(0.02)
        elif blow.phase == "stop":
            self.ensure_tapped(program)
            self.ground.clerk.send()
            exchange.settle()
            if exchange.is_running(program):
                saboteur.arm(program, order)
            self.stop(program)
        else:
            self.ensure_tapped(program)
            self.prepare(blow.phase)
            saboteur.arm(program, order)
            self.act_and_settle(blow)
        reached = self.healed or saboteur.hits(program) > 0
        # What was not reached in time shall not strike later.
        if exchange.is_running(program) and program in exchange.saboteurs:
            saboteur.arm(program, "watch 0 0 0 *")
        return reached

    def ensure_tapped(self, program):
        exchange = self.ground.exchange
        if not exchange.is_running(program) or program not in exchange.saboteurs:
            if not self.restart(program, "watch 0 0 0 *"):
                raise Trouble(f"{program} does not start under the saboteur")

    def act_and_settle(self, blow):
        exchange = self.ground.exchange
        attachment = LONG if blow.phase == "long letter" else b""
        sender = threading.Thread(target=self.act, args=(blow.phase, attachment))
        sender.start()
        healing = time.monotonic() + (2 if blow.count_of_hits == 0 else 1e9)
        while sender.is_alive():
            self.revive()
            if time.monotonic() > healing:
                self.heal(blow.program)
            sender.join(0.02)
        self.revive()
        if blow.count_of_hits == 0:
            exchange.settle(2, self.revive)

        def recover():
            self.revive()
            self.heal(blow.program)

        left = exchange.settle(60, recover)
        if left:  # somebody lives, but does not recover by itself
            self.ground.notes.append(f"restart needed after {blow.name}: {left}")
            exchange.kill_all()
            exchange.require_all()
            exchange.settle()

    def revive(self):
        """What has ended runs again, plainly."""
        exchange = self.ground.exchange
        if not exchange.is_running("exchange"):
            self.fell("exchange")
        exchange.require_running()

    def heal(self, program):
        """The disk is well again, if it ever was hit."""
        exchange = self.ground.exchange
        if exchange.is_running(program) and program in exchange.saboteurs:
            if self.ground.saboteur.hits(program):
                self.healed = True
                self.ground.saboteur.arm(program, "watch 0 0 0 *")


def killing_blows(points):
    blows = [Blow("kill at a point", *point) for point in points]
    for blow in blows:
        blow.count_of_hits = 1
    return blows


def failing_blows(points):
    """Each name of the way of a letter: first, middle and last call, every fault that fits."""
    last = {}
    for phase, program, point, number in points:
        if phase in ("letter", "long letter", "answer"):
            last[(phase, program, point)] = max(number, last.get((phase, program, point), 0))
    blows = []
    for (phase, program, point), count in last.items():
        call = point.split(" ")[0]
        faults = [(f"error {errno.EIO}", 1), (f"error {errno.ENOSPC}", 1)]
        if call in ("fsync", "fdatasync"):
            faults = [(f"lose {errno.EIO}", 1), (f"error {errno.EIO}", 1), ("delay 2000", 1)]
        elif call in ("unlinkat", "unlink"):
            faults = faults[:1]
        elif call in ("pwrite64", "write"):
            faults += [("short 0", 1), (f"error {errno.ENOSPC}", 0)]
        for order, hits in faults:
            for number in sorted({1, (count + 1) // 2, count}):
                blow = Blow("fault at a point", phase, program, point, number, order)
                blow.count_of_hits = hits
                blow.name += " from there on" if hits == 0 else ""
                blows.append(blow)
    return blows


class FullDisk:
    """The data folder of a program on a file system that is full but for a few pages."""

    kind = "full disk"
    ROOMS = [0, 4, 8, 16, 32, 64, 128, 256, 512, 1024]  # KiB

    def __init__(self, ground):
        self.ground = ground

    @staticmethod
    def hindrance():
        return "" if os.geteuid() == 0 else "only root may mount a small file system"

    @classmethod
    def blows(cls):
        return [Blow(cls.kind, "letter", program, f"{room} KiB left", 0, "full")
                for program in ("exchange", "a-terminal", "b-terminal") for room in cls.ROOMS]

    def deal(self, blow):
        exchange = self.ground.exchange
        owner = "centre" if blow.program == "exchange" else blow.program[0]
        data = exchange.root / owner / "data"
        room = int(blow.point.split()[0]) << 10
        exchange.kill(blow.program)
        with SmallDisk(data) as disk:
            exchange.require(blow.program)
            disk.fill(room)
            sender = threading.Thread(target=self.send_three)
            sender.start()
            sender.join(1.5)
            exchange.settle(1, self.start_all)
            disk.free()
            while sender.is_alive():
                for name in exchange.plans:
                    if not exchange.is_running(name):
                        exchange.require(name)
                sender.join(0.05)
            left = exchange.settle(60)
            if left:
                self.ground.notes.append(f"restart needed after {blow.name}: {left}")
            exchange.kill(blow.program)
        exchange.require(blow.program)
        self.ground.did(blow.name)
        return disk.was_full

    def start_all(self):
        """A program may find no room even to start: it is tried again, as systemd does."""
        for name in self.ground.exchange.plans:
            self.ground.exchange.start(name)

    def send_three(self):
        for attachment in (b"", LONG, b""):
            self.ground.clerk.send(attachment)


class SmallDisk:
    """Moves a data folder onto its own small file system, and back."""

    def __init__(self, data):
        self.data, self.aside = data, data.parent / "data-aside"

    def __enter__(self):
        self.data.rename(self.aside)
        self.data.mkdir(mode=0o700)
        self.run("mount", "-t", "tmpfs", "-o", "size=256m,mode=0700", "campaign", self.data)
        self.run("cp", "-a", f"{self.aside}/.", self.data)
        self.was_full = False
        return self

    def __exit__(self, *_):
        self.run("rm", "-rf", self.aside)
        self.aside.mkdir(mode=0o700)
        self.run("cp", "-a", f"{self.data}/.", self.aside)
        self.run("umount", "-l", self.data)
        self.data.rmdir()
        self.aside.rename(self.data)

    @staticmethod
    def run(*command):
        subprocess.run([str(word) for word in command], check=True)

    def fill(self, room):
        with open(self.data / ".ballast", "wb") as ballast:
            for _ in range(20):  # the program may write meanwhile, and then there is less
                status = os.statvfs(self.data)
                size = max(status.f_bavail * status.f_frsize - room, 1)
                try:
                    return os.posix_fallocate(ballast.fileno(), 0, size)
                except OSError as trouble:
                    if trouble.errno != errno.ENOSPC:
                        raise
        raise Trouble("the small disk does not stand still")

    def free(self):
        status = os.statvfs(self.data)
        self.was_full = status.f_bavail * status.f_frsize < 1 << 20
        (self.data / ".ballast").unlink()
