"""Power cuts: the whole exchange in a user-mode-linux of its own, killed at any moment under load.

What the guest had not brought to its disk is gone with it, as on a machine whose plug is pulled.
What its sender holds an A.1 for was told outside before, and must be there afterwards.

The disk is ext2, which keeps no journal: there a name is durable when its folder was synced, and
not because some other file was. So a forgotten sync of a folder shows. But there a file that was
deleted, and whose deletion is not yet on the disk, still claims blocks that were given to another.

Debian 12's guest spoils the memory of a process of several threads that forks. None in it does: the
programs fork before their first thread, and Python starts others by vfork.
"""

import json
import os
import pathlib
import queue
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

from check_history import check
from exchange_lab import Exchange, Trouble
from proving_ground import ProvingGround

KERNEL = pathlib.Path("/usr/bin/linux.uml")
FILE_SYSTEM = "ext2"
DISK_BYTES = 512 << 20
MEMORY = "512M"
START_SECONDS, REST_SECONDS = 400, 900
LOAD_SECONDS = (0.1, 8)
RECOVERY_SECONDS = (0, 6)
RECOVERY_EVERY = 5  # one cut of so many falls into the recovery from the one before
# Where a deleted file takes a block of another for the list of its own blocks, e2fsck finds numbers
# there that are none and strikes them out: eleven, 44 bytes of what the other had synced, until at
# the twelfth it clears the deleted file. With this it strikes out nothing, and copies what two
# claim, so that each has its own; a second run, without, has nothing left to harm.
HANDS_OFF = "[problems]\n\t0x010010 = {\n\t\tforce_no = true\n\t}\n"
MENDED, LEFT = 1, 4  # bits of what e2fsck returns
# The machine's many processes end with us, however we end: then nobody holds the other end.
GUARD = ('exec 3<&0; (read -r _ <&3; kill -9 "-$$") >/dev/null 2>&1 & '
         'exec "$@" </dev/null 3<&-')


class Guest:
    """The machine. Its disk and what is told outside outlive it."""

    def __init__(self, folder, lab, programs):
        self.folder, self.lab, self.programs = folder, lab, programs
        self.image, self.outside = folder / "image", folder / "outside"
        self.process = None

    def make_disk(self):
        """A fresh one, with the lab as it stands."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.outside.mkdir(parents=True)
        with open(self.image, "wb") as image:
            image.truncate(DISK_BYTES)
        subprocess.run([f"/sbin/mkfs.{FILE_SYSTEM}", "-q", "-F", "-m", "0", "-d", str(self.lab),
                        str(self.image)], check=True)

    def mend_disk(self):
        """As any machine does at its start, but without harm to what was synced."""
        hands_off = self.folder / "hands-off.conf"
        hands_off.write_text(HANDS_OFF)
        subprocess.run(["cp", "--sparse=always", str(self.image), str(self.folder / "as-cut")],
                       check=True)  # for whoever has to understand what came of it
        self.e2fsck(MENDED | LEFT, {"E2FSCK_CONFIG": str(hands_off)})
        self.e2fsck(MENDED, {})

    def e2fsck(self, tolerated, environment):
        run = subprocess.run(["/sbin/e2fsck", "-fy", str(self.image)], capture_output=True,
                             text=True, check=False, env={**os.environ, **environment})
        if run.returncode & ~tolerated:
            raise Trouble(f"the disk can not be mended: {run.stdout[-1000:]}{run.stderr[-500:]}")

    def boot(self, task, environment):
        self.mend_disk()
        (self.outside / "orders.json").write_text(json.dumps(
            {"task": task, "lab": str(self.lab), "programs": str(self.programs),
             "file_system": FILE_SYSTEM, "environment": environment}))
        self.events = queue.Queue()
        init = pathlib.Path(__file__).with_name("guest_init.py")
        command = [str(KERNEL), f"mem={MEMORY}", "rootfstype=hostfs", "rootflags=/", "ro",
                   f"ubd0={self.image}", f"uml_dir={self.folder}/uml", "umid=guest", "con=null",
                   "con0=null,fd:2", "ssl0=null,fd:1", f"init={sys.executable}", "--", "-B",
                   str(init), str(self.outside)]
        preload = self.programs / "tests/campaign/whole_registers.so"
        with open(self.folder / "console", "wb") as console:
            self.process = subprocess.Popen(
                ["sh", "-c", GUARD, "guard", *command], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=console, start_new_session=True,
                env={**os.environ, "LD_PRELOAD": str(preload)})
        self.listener = threading.Thread(target=self.listen, args=(self.process.stdout,))
        self.listener.start()

    def listen(self, serial):
        """Writes down what is told. A line cut short was not told, and some are the kernel's."""
        for line in serial:
            if not line.startswith(b'{"event":') or not line.endswith(b"\n"):
                continue
            event = json.loads(line)
            kept = {"sent": "sent", "accepted": "acknowledged"}.get(event.pop("event"))
            if kept:
                with open(self.outside / f"{kept}.jsonl", "a") as file:
                    file.write(json.dumps(event.get("record", event)) + "\n")
            else:
                self.events.put(json.loads(line))
        self.events.put({"event": "dark"})

    def wait_for(self, wanted, seconds):
        end = time.monotonic() + seconds
        while True:
            try:
                event = self.events.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise Trouble(f"the guest is not {wanted} after {seconds} s") from None
            if event["event"] == wanted:
                return event
            if event["event"] == "trouble":
                raise Trouble(event["text"])
            if event["event"] == "dark":
                raise Trouble(f"the guest ended: {self.console()}")

    def console(self):
        return (self.folder / "console").read_text(errors="replace")[-1500:]

    def cut(self):
        """The kernel and all of its processes, at once."""
        process, self.process = self.process, None
        if process is None:
            return
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.listener.join()
        process.stdin.close()
        process.stdout.close()

    def told(self, kept):
        file = self.outside / f"{kept}.jsonl"
        return len(file.read_text().splitlines()) if file.exists() else 0


class DarkGround(ProvingGround):
    """A proving ground whose programs run in a guest; only its history is looked at out here."""

    def __init__(self, ground, environment):
        super().__init__(ground.folder, ground.programs, ground.lab)
        self.environment = environment
        self.guest = Guest(self.lab.with_name(self.lab.name + "-guest"), self.lab, self.programs)

    def new_lab(self):
        self.leave_lab()
        self.exchange = Exchange(self.lab, self.programs)
        self.exchange.make()
        self.known = self.exchange.root / "verified"
        self.counted = {"accepted": 0, "finals": 0}
        self.guest.make_disk()

    def leave_lab(self):
        self.guest.cut()
        super().leave_lab()

    def look(self):
        if not self.since_check:
            return True
        try:
            self.guest.boot("rest", self.environment)
            self.guest.wait_for("looked", START_SECONDS)
            told = self.guest.wait_for("rest", REST_SECONDS)
        except Trouble as trouble:
            return self.failed([("unaccounted", f"does not come back: {trouble}")])
        finally:
            self.guest.cut()
        self.fetch_lab()
        return self.judge(check(self.lab, self.known), told["open"], told["books"])

    def fetch_lab(self):
        known = self.known.read_bytes() if self.known.exists() else b""
        shutil.rmtree(self.lab)
        self.lab.mkdir()
        tar = self.guest.outside / "lab.tar"
        subprocess.run(["tar", "-xf", str(tar), "-C", str(self.lab)], check=True)
        tar.unlink()
        self.known.write_bytes(known)
        for kept in self.guest.outside.glob("*.jsonl"):
            shutil.copy(kept, self.lab)

    def failed(self, lines):
        super().failed(lines)
        self.since_check = []

    def keep(self, kept):
        super().keep(kept)
        subprocess.run(["cp", "-a", "--sparse=always", str(self.guest.folder),
                        str(kept / "guest")], check=True)


class PowerCuts:
    """Cut after cut on the same disk."""

    kind = "power cut"
    environment = {}

    def __init__(self, ground, seed):
        self.ground, self.random = DarkGround(ground, self.environment), random.Random(seed)
        self.cuts = self.acknowledged = 0

    @staticmethod
    def hindrance():
        return "" if KERNEL.exists() else f"there is no {KERNEL} (Debian: user-mode-linux)"

    def deal_round(self, count):
        """That many cuts, then rest."""
        for _ in range(count):
            found = self.cut()
            if found:
                self.ground.failed(found)
        return self.ground.look()

    def cut(self):
        """One more, and what does not hold after the one before."""
        guest = self.ground.guest
        told = guest.told("acknowledged")
        try:
            guest.boot("load", self.ground.environment)
            guest.wait_for("mounted", START_SECONDS)
            if self.random.randrange(RECOVERY_EVERY) == 0:
                time.sleep(self.random.uniform(*RECOVERY_SECONDS))
                self.ground.since_check.append("a cut in recovery")
                return []
            found = guest.wait_for("looked", START_SECONDS)["lines"]
            if found:
                return found
            guest.wait_for("load", START_SECONDS)
            self.wait_under_load()
            self.ground.since_check.append("a cut under load")
            return []
        except Trouble as trouble:
            return [("unaccounted", f"does not come back: {trouble}")]
        finally:
            guest.cut()
            self.cuts += 1
            self.acknowledged += guest.told("acknowledged") - told

    def wait_under_load(self):
        time.sleep(self.random.uniform(*LOAD_SECONDS))


class ForgetfulPowerCuts(PowerCuts):
    """The same with programs that do not sync their folders: something must be lost."""

    kind = "power cut, folder sync knocked out"
    environment = {"YZ_KNOCKOUT": "folder_synced"}

    def lose(self, cuts):
        """Until a promise is broken, at most so many. What was lost, in words."""
        while self.cuts <= cuts:  # what a cut lost shows after the next start
            found = self.cut()
            lost = [text for meaning, text in found if meaning == "lost"]
            if lost:
                return lost
            if found:
                self.ground.new_lab()
        return []

    def wait_under_load(self):
        """As soon as there is something to lose."""
        guest, end = self.ground.guest, time.monotonic() + START_SECONDS
        told = guest.told("acknowledged")
        while guest.told("acknowledged") == told and time.monotonic() < end:
            time.sleep(0.02)
