"""The first process of the guest whose power is cut (power_cuts.py): the programs of one lab on a
disk of their own, under load, until it goes dark.

What is acknowledged is told outside at once, over a serial line: nothing in here remembers it.
"""

import fcntl
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import tty

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from blows import LONG  # noqa: E402
from check_history import check_at_once  # noqa: E402
from exchange_lab import Clerk, Exchange, ask, read_only  # noqa: E402

OUTSIDE = pathlib.Path("/run/outside")
LONG_EVERY = 12
OPEN_MAX = 3  # letters without an A.1: more would only keep the others from theirs
LOOK_SECONDS = 0.05
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
# Nothing comes to the disk by itself: it is there because a program asked for it, or is lost.
WRITEBACK = {"dirty_writeback_centisecs": 0, "dirty_expire_centisecs": 360_000,
             "dirty_ratio": 90, "dirty_background_ratio": 80}


class Line:
    """To the world outside. What was written here is there, whatever becomes of us."""

    def __init__(self):
        self.serial = open("/dev/ttyS0", "r+b", buffering=0)
        tty.setraw(self.serial)
        self.lock = threading.Lock()

    def say(self, event, **facts):
        with self.lock:
            self.serial.write((json.dumps({"event": event, **facts}) + "\n").encode())


def mount(kind, what, where, options="rw"):
    where.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", kind, "-o", options, what, str(where)], check=True)


def make_ready(outside):
    """A small system: the host's files to read, memory to write, and nobody to talk to."""
    os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", TMPDIR="/run")
    mount("proc", "proc", pathlib.Path("/proc"))
    for folder in ("/run", "/dev/shm"):
        mount("tmpfs", "tmpfs", pathlib.Path(folder))
    mount("hostfs", "outside", OUTSIDE, outside)
    for name, value in WRITEBACK.items():
        pathlib.Path("/proc/sys/vm", name).write_text(str(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


class OutsideClerk(Clerk):
    """Keeps outside what was sent. What got no answer before a cut it sends again."""

    def __init__(self, exchange, line):
        super().__init__(exchange)
        self.line = line

    def keep(self, record):
        self.line.say("sent", record=record)

    def send_on(self):
        while True:
            self.send(LONG if self.number % LONG_EVERY == LONG_EVERY - 1 else b"")
            while self.open_letters() >= OPEN_MAX:
                time.sleep(LOOK_SECONDS)

    def open_letters(self):
        return self.number - self.exchange.count(
            "a", "SELECT count(*) FROM evidence WHERE kind = 'A.1'")


def tell_acceptances(exchange, line):
    """Every A.1 that the sender holds, as soon as it does."""
    file = exchange.root / "acknowledged.jsonl"
    told = {json.loads(one)["sha256"] for one in file.open()} if file.exists() else set()
    terminal = read_only(exchange.database("a"))
    while True:
        try:
            rows = terminal.execute("SELECT sender, message_id AS message, sha256 FROM evidence"
                                    " WHERE kind = 'A.1'").fetchall()
        except sqlite3.OperationalError:
            rows = []
        for row in rows:
            if row["sha256"] not in told:
                told.add(row["sha256"])
                line.say("accepted", **row)
        time.sleep(LOOK_SECONDS)


def start_all(exchange):
    for name in exchange.plans:
        exchange.start(name)
    exchange.require_all()


def load(exchange, line):
    clerk = OutsideClerk(exchange, line)
    line.say("load")
    threading.Thread(target=tell_acceptances, args=(exchange, line), daemon=True).start()
    clerk.send_on()


def rest(exchange, line):
    """Lets everything come to rest, and hands the lab out to be looked at."""
    OutsideClerk(exchange, line).send()  # whatever was done, it works
    left = exchange.settle()
    books = json.loads(ask(exchange.root / "run/centre.sock", "GET",
                           "/v1/operator/accounting")[1])
    exchange.kill_all()
    subprocess.run(["tar", "-cf", str(OUTSIDE / "lab.tar"), "--exclude=*.sock", "-C",
                    str(exchange.root), "."], check=True)
    os.sync()
    line.say("rest", open=left, books=books)


def work(outside):
    line = Line()
    try:
        make_ready(outside)
        orders = json.loads((OUTSIDE / "orders.json").read_text())
        os.environ.update(orders["environment"])
        exchange = Exchange(orders["lab"], orders["programs"])
        mount(orders["file_system"], "/dev/ubda", exchange.root)
        mount("tmpfs", "tmpfs", exchange.root / "run")  # sockets: in memory, as on any Debian
        line.say("mounted")
        for file in OUTSIDE.glob("*.jsonl"):
            shutil.copy(file, exchange.root)
        line.say("looked", lines=check_at_once(exchange.root))
        start_all(exchange)
        {"load": load, "rest": rest}[orders["task"]](exchange, line)
    except Exception as trouble:
        line.say("trouble", text=repr(trouble)[:1500])
        raise


def main():
    if os.fork() == 0:
        work(sys.argv[1])
        os._exit(0)
    while True:  # the first process buries all others, and never ends
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(1)


if __name__ == "__main__":
    main()
