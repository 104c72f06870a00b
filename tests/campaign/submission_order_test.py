#!/usr/bin/env python3
"""From the order of system calls: nothing says "accepted" before body and row are synced.

The centre runs under strace while one letter comes in. Between the arrival of the submission and the
last sync it may send nothing to anybody. What the proof would say of a centre that forgets a sync is
shown on the same trace with that line taken out.
"""

import os
import pathlib
import re
import signal
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from exchange_lab import SOURCE, Clerk, Exchange, Trouble  # noqa: E402

CALLS = ("fsync,fdatasync,renameat,renameat2,rename,write,writev,pwrite64,sendto,sendmsg,"
         "read,readv,recvfrom,recvmsg,openat2,openat")
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
SENDS = {"sendto", "sendmsg", "write", "writev"}
RECEIVES = {"read", "readv", "recvfrom", "recvmsg"}


class Strace:
    """Starts a program under strace, as the saboteur does under itself."""

    def __init__(self, trace):
        self.trace = trace

    def command(self, _, command):
        return ["strace", "-f", "-yy", "-s", "0", "-o", str(self.trace), "-e", f"trace={CALLS}",
                *command]

    @staticmethod
    def end(process):
        """The program itself: strace would leave it running."""
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        for child in children.split():
            os.kill(int(child), signal.SIGKILL)
        process.wait()


class Step:
    """One call, complete: when it began and ended in the order of the trace, and what it did."""

    def __init__(self, thread, call, text, begin):
        self.thread, self.call, self.text, self.begin = thread, call, text, begin
        self.end = None

    def finish(self, rest, end):
        self.text, self.end = self.text + rest, end
        self.result = int(found[1]) if (found := re.search(r"\) += (-?\d+)", self.text)) else -1

    def socket(self):
        found = re.search(r"<TCP:\[([^\]]*->[^\]]*)\]>", self.text)
        return found[1] if found else None

    def does(self, call, pattern):
        return self.call in call.split("|") and re.search(pattern, self.text) is not None

    def __repr__(self):
        return f"{self.begin}: {self.thread} {self.call}({self.text}"


def steps_of(lines):
    steps, open_calls = [], {}
    for number, line in enumerate(lines):
        if found := LINE.match(line):
            step = Step(found[1], found[2], found[3].replace("<unfinished ...>", ""), number)
            if line.endswith("<unfinished ...>"):
                open_calls[(found[1], found[2])] = step
            else:
                step.finish("", number)
                steps.append(step)
        elif found := RESUMED.match(line):
            step = open_calls.pop((found[1], found[2]), None)
            if step:
                step.finish(found[3], number)
                steps.append(step)
    return sorted(steps, key=lambda step: step.begin)


def require(step, what):
    if step is None:
        raise AssertionError(what)
    return step


def first(steps, after, call, pattern, thread=None):
    """The first such call that succeeded and began after the end of another one."""
    return next((s for s in steps if s.begin > after and s.result >= 0 and s.does(call, pattern) and
                 thread in (None, s.thread)), None)


def commits(steps):
    """Each as the first write into the database's log and the sync that ends it."""
    found, begun = [], {}
    for step in steps:
        if step.does("pwrite64", r"exchange\.db-wal"):
            begun.setdefault(step.thread, step)
        elif step.result >= 0 and step.does("fdatasync|fsync", r"exchange\.db-wal"):
            if step.thread in begun:
                found.append((begun.pop(step.thread), step))
    return found


def commit_after(steps, synced, answer, thread):
    """The one that makes the row durable: its thread's own, or that of another who shared it."""
    after = [commit for commit in commits(steps) if commit[0].begin > synced.end]
    own = [commit for commit in after
           if commit[0].thread == thread and commit[0].begin < answer.begin]
    return next(iter(own or after), None)


def prove_order(lines):
    """Raises AssertionError when the answer could leave before all is durable. The proven chain."""
    steps = steps_of(lines)
    segment = r"objects/segments/"
    head = require(first(steps, -1, "pwrite64", segment), "no body came")
    body = require(first(steps, head.end, "pwrite64", segment, head.thread),
                   "the body does not follow its head")
    thread = body.thread
    arrival = max(s.end for s in steps if s.call in RECEIVES and s.socket() and s.result > 0 and
                  s.begin < head.begin)
    synced = require(first(steps, body.end, "fsync|fdatasync", segment),
                     "the body's segment is never synced")
    answer = require(next((s for s in steps if s.begin > arrival and s.call in SENDS and
                           s.socket()), None), "nothing is ever answered")
    row, committed = require(commit_after(steps, synced, answer, thread), "the row is never synced")
    if answer.begin < committed.end:
        raise AssertionError(f"{answer} leaves before {committed}")
    unsynced = [s for s in steps if s.does("pwrite64", r"exchange\.db-wal") and
                s.thread == thread and committed.end < s.begin < answer.begin]
    if unsynced:
        raise AssertionError(f"{answer} leaves before {unsynced[0]} is synced")
    return [body, synced, row, committed, answer]


def prove_segment_named(lines):
    """Raises AssertionError when a body could stand in a file that a crash takes the name from."""
    steps = steps_of(lines)
    made = require(first(steps, -1, "openat2", r"O_CREAT.*objects/segments/\d+>"),
                   "no segment is made")
    body = require(first(steps, made.end, "pwrite64", r"objects/segments/\d+>"), "no body came")
    named = require(first(steps, made.end, "fsync|fdatasync", r"/objects/segments>", made.thread),
                    "the segment's folder is never synced")
    if body.begin < named.end:
        raise AssertionError(f"{body} before {named}")


class SubmissionOrderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="yizhan-order-") as folder:
            programs = pathlib.Path(os.environ.get("YIZHAN_BUILD", SOURCE / "build/dev")).resolve()
            exchange = Exchange(pathlib.Path(folder) / "lab", programs)
            exchange.make()
            trace = pathlib.Path(folder) / "trace"
            strace = Strace(trace)
            for name in exchange.plans:
                exchange.start(name, strace if name == "exchange" else None)
                if not exchange.wait_until_ready(name):
                    raise Trouble(f"{name} ends: {exchange.end_of_log(name)}")
            try:
                clerk = Clerk(exchange)
                clerk.send()  # connections and threads are there afterwards
                exchange.settle()
                time.sleep(0.5)
                before = trace.stat().st_size
                clerk.send()
                cls.left = exchange.settle()
            finally:
                Strace.end(exchange.running["exchange"])
                exchange.kill_all()
            whole = trace.read_bytes()
            cls.all_lines = whole.decode(errors="replace").splitlines()
            cls.lines = whole[before:].decode(errors="replace").splitlines()

    def test_the_answer_leaves_only_after_body_and_row_are_synced(self):
        self.assertEqual(self.left, [])
        chain = prove_order(self.lines)
        for step in chain:
            print(f"  {step.begin:5} {step.call}({step.text[:110]}")

    def test_a_new_segment_has_its_name_before_anything_stands_in_it(self):
        prove_segment_named(self.all_lines)

    def test_the_proof_fails_where_a_sync_is_missing_or_late(self):
        body, synced, _, committed, answer = prove_order(self.lines)
        for step, what in ((synced, "segment is never synced"),
                           (committed, "the row is never synced|leaves before")):
            # Every such call on that file before the answer is made a failed one.
            file = re.search(r"<([^>]*)>", step.text)[1]
            doctored = [re.sub(r"= 0$", "= -1 EIO (Input/output error)", line)
                        if body.begin < i <= answer.begin and file in line and
                        re.search(rf"\b{step.call}\b", line) else line
                        for i, line in enumerate(self.lines)]
            with self.assertRaisesRegex(AssertionError, what):
                prove_order(doctored)

    def test_the_proof_fails_where_the_answer_is_early(self):
        chain = prove_order(self.lines)
        committed, answer = chain[-2], chain[-1]
        early = list(self.lines)
        line = early.pop(answer.begin)
        early.insert(committed.begin, line)
        with self.assertRaisesRegex(AssertionError, "leaves before"):
            prove_order(early)


if __name__ == "__main__":
    unittest.main()
