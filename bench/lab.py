"""A centre with its real programs, and what they spend while yizhan-load drives it."""

import array
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from processes import anonymous_kib, below, cpu_of, run_json, stat

# Whose work a process does. Keys are used by the keyholder, for exchange and scanner.
CENTRE = ("yizhan-exchange", "yizhan-scanner", "nursery", "yizhan-keyholde")
KB100 = 102_400  # as yizhan-load reads 100KB


class MemoryWatch:
    """The most anonymous memory that any process of each name held, beyond what it held idle."""

    def __init__(self, root):
        self.root = root
        self.idle = self.sample()
        self.most = dict(self.idle)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def sample(self):
        held = {}
        for pid, (name, *_) in below(self.root).items():
            try:
                held[name] = max(held.get(name, 0), anonymous_kib(pid))
            except OSError:
                continue  # it has ended meanwhile
        return held

    def watch(self):
        while not self.over.wait(0.1):
            for name, kib in self.sample().items():
                self.most[name] = max(self.most.get(name, 0), kib)

    def finish(self):
        self.over.set()
        self.thread.join()
        return {name: {"idle_kib": self.idle.get(name, 0), "most_kib": most,
                       "over_idle_kib": most - self.idle.get(name, 0)}
                for name, most in sorted(self.most.items()) if not name.startswith("yizhan-lab")}


def centre_of(pid):
    """The folder of the centre that a process works for, by its configuration or its parent's."""
    while True:
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        except OSError:
            return ""
        config = next((word for word in words if word.endswith(".toml")), None)
        if config:
            return pathlib.Path(config).parent.name
        pid = stat(pid)[1]
        if pid <= 1 or "yizhan-lab" in words[0]:
            return ""


def bytes_below(folder):
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())


class Lab:
    """On the real disk: its syncs count."""

    def __init__(self, work, programs, lab, agencies, more=""):
        self.work, self.programs, self.root = work, programs, work / "lab"
        shutil.rmtree(self.root, ignore_errors=True)
        command = [lab, self.root, programs, str(agencies)] + ([more] if more else [])
        with open(work / "lab.log", "wb") as log:
            self.maker = subprocess.Popen(command, stdout=log, stderr=log)
        while not (self.root / "run/ready").exists():
            if self.maker.poll() is not None:
                raise RuntimeError(f"the lab does not come up: {work / 'lab.log'}")
            time.sleep(0.1)
        self.database = self.find_database()

    def find_database(self):
        host = re.search(r"postgresql:host=(\S+)",
                         (self.root / "centre/exchange.toml").read_text())
        return host and int((pathlib.Path(host[1]) / "data/postmaster.pid").read_text().split()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.maker.terminate()
        self.maker.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def pid(self, name):
        return next(pid for pid, (found, *_) in below(self.maker.pid).items() if found == name)

    def cpu(self):
        spent = cpu_of(self.maker.pid)
        if self.database:  # it has left its maker
            spent["postgres"] = sum(cpu_of(self.database).values())
        return spent

    def cpu_by_centre(self):
        """CPU seconds by centre's folder and by name; what both share stands under ""."""
        spent = {}
        for pid, (name, _, own, ended) in below(self.maker.pid).items():
            folder = centre_of(pid)
            spent.setdefault(folder, {}).setdefault(name, 0)
            spent[folder][name] += own + ended
        return spent

    def load_command(self, *options):
        return (self.programs / "yizhan-load", "--json", "--directory",
                self.root / "directory.p7m", "--directory-anchors",
                self.root / "trust/directory-anchors.pem", "--trust",
                self.root / "trust", "--agencies", self.root / "load", *options)

    def load(self, *options, may_stop_short=False):
        """One run of yizhan-load, with what every program of the centre spent on a document."""
        before, usage = self.cpu(), os.times()
        stored = bytes_below(self.root / "centre/data")
        memory = MemoryWatch(self.maker.pid)
        try:
            figures = run_json(*self.load_command(*options))
        finally:
            held = memory.finish()
        after, spent = self.cpu(), os.times()
        figures["cpu_ms"] = {name: (after[name] - before.get(name, 0)) * 1000 / figures["accepted"]
                             for name in sorted(after) if not name.startswith("yizhan-lab")}
        own = spent.children_user + spent.children_system - usage.children_user - \
            usage.children_system
        figures["cpu_ms"]["yizhan-load"] = own * 1000 / figures["accepted"]
        figures["memory"] = held
        figures["stored_bytes"] = bytes_below(self.root / "centre/data") - stored
        if not figures["right"] and not may_stop_short:
            raise RuntimeError(f"not every document came through: {figures['faults']}")
        return figures

    def scans(self):
        """How many packages the centre has scanned so far."""
        return (self.root / "log/scanner.log").read_text(errors="replace").count("event=scanned")

    def intake_alone(self, documents):
        """As many at once are accepted, and wait for a scanner that sleeps."""
        scanner = self.pid("yizhan-scanner")
        os.kill(scanner, signal.SIGSTOP)
        try:
            return self.load("--mix", "fixed", "--size", "100KB", "--window", documents,
                             "--documents", documents, "--drain", 1, may_stop_short=True)
        finally:
            os.kill(scanner, signal.SIGCONT)

    def count_syncs(self, window):
        """Syncs of the exchange for one document, by strace: slower, but the same syncs."""
        trace = self.work / "syncs"
        tracer = subprocess.Popen(["strace", "-f", "-q", "-o", trace, "-e",
                                   "trace=fsync,fdatasync", "-p", str(self.pid("yizhan-exchange"))],
                                  stderr=subprocess.DEVNULL)
        time.sleep(1)
        figures = self.load("--mix", "fixed", "--size", "100KB", "--window", window, "--seconds", 5)
        tracer.terminate()
        tracer.wait()
        calls = len(re.findall(r"f(?:data)?sync\(", trace.read_text(errors="replace")))
        return {"window": window, "documents": figures["accepted"], "syncs": calls,
                "syncs_per_document": calls / figures["accepted"]}

    def write_letters(self, count):
        """The very parts that yizhan-load would send, as files."""
        letters = self.work / "letters"
        shutil.rmtree(letters, ignore_errors=True)
        subprocess.run([str(word) for word in self.load_command(
            "--letters", letters, "--size", "100KB", "--documents", count)], check=True)
        return letters

    def letter_text(self):
        letters = self.write_letters(1)
        return b"".join(part.read_bytes() for part in sorted(letters.iterdir()))

    def scan_alone(self, count=200):
        """clamd with nobody else at work: letters by descriptor, in one session, one after the
        other."""
        letters = self.write_letters(count + 1)
        pid = self.pid("clamd")
        with socket.socket(socket.AF_UNIX) as clamd:
            clamd.connect(str(self.root / "clamd/clamd.sock"))
            clamd.sendall(b"zIDSESSION\0")
            scans = 0
            for number in range(count + 1):
                if number == 1:  # the first one was to warm it
                    scans, begun, before = 0, time.monotonic(), cpu_of(pid)["clamd"]
                for part in sorted(letters.glob(f"{number + 1}-*")):
                    scan_by_descriptor(clamd, part)
                    scans += 1
            spent, wall = cpu_of(pid)["clamd"] - before, time.monotonic() - begun
        shutil.rmtree(letters)
        return {"documents": count, "scans": scans, "cpu_ms_per_document": spent * 1000 / count,
                "wall_ms_per_document": wall * 1000 / count}


def scan_by_descriptor(clamd, path):
    file = os.memfd_create("scan")
    os.write(file, path.read_bytes())
    clamd.sendall(b"zFILDES\0")
    clamd.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
    answer = b""
    while not answer.endswith(b"\0"):
        answer += clamd.recv(4096)
    os.close(file)
    if not answer.endswith(b": OK\0"):
        raise RuntimeError(f"clamd: {answer}")
