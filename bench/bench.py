#!/usr/bin/env python3
"""./dev bench: what a document costs, beside what it must cost and beside Postfix, in one run.

  --full   also other sizes, many recipients, and ten minutes without pause

Everything is measured here and now, on this machine: floor (floor.cc), the scans alone, the product
with its real programs under yizhan-load, Postfix. Tables on the terminal, all of it as JSON in
build/bench/result.json.
"""

import argparse
import array
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import postfix  # noqa: E402
from processes import anonymous_kib, below, cpu_of  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[1]
WORK = SOURCE / "build/bench"
PROGRAMS = SOURCE / "build/release"
LAB = SOURCE / "build/dev/tests/yizhan-lab"
KB100 = 100_000

# What nobody can save of one document to one recipient: how often a party does each primitive of
# floor.cc. Commits are shared by as many documents as are under way (8). TLS is half of both ends.
FLOOR = {
    "sender": {"sign": 1, "wrap": 2, "aead": 1, "hash": 2, "tls_both_ends": 0.5, "verify": 4},
    "intake": {"tls_both_ends": 0.5, "hash": 1, "verify": 1, "commit_body_8": 1, "sign": 1},
    "onward": {"verify": 3, "sign": 1, "tls_both_ends": 0.5, "commit_row_8": 2},
    "scanner": {"unwrap": 1, "aead": 1, "hash": 1, "verify": 1, "sign": 1},
    "recipient": {"tls_both_ends": 0.5, "hash": 2, "verify": 3, "unwrap": 1, "aead": 1, "sign": 2},
}
# Whose work a process does. Keys are used by the keyholder, for exchange and scanner.
CENTRE = ("yizhan-exchange", "yizhan-scanner", "nursery", "yizhan-keyholde")


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


def run_json(*command):
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                         check=False)
    if not run.stdout.strip().startswith("{"):
        raise RuntimeError(f"{command[0]}: {run.stdout[-500:]}{run.stderr[-500:]}")
    return json.loads(run.stdout)


def measure_floor(size):
    primitives = run_json(PROGRAMS / "bench/yizhan-floor", size, WORK)
    parties = {party: sum(count * primitives[name]["cpu_us"] / 1000
                          for name, count in needs.items()) for party, needs in FLOOR.items()}
    return {"primitives": primitives, "cpu_ms": parties}


class Lab:
    """A centre with its real programs, on the real disk: its syncs count."""

    def __init__(self, agencies):
        self.root = WORK / "lab"
        shutil.rmtree(self.root, ignore_errors=True)
        with open(WORK / "lab.log", "wb") as log:
            self.maker = subprocess.Popen([LAB, self.root, PROGRAMS, str(agencies)], stdout=log,
                                          stderr=log)
        while not (self.root / "run/ready").exists():
            if self.maker.poll() is not None:
                raise RuntimeError(f"the lab does not come up: {WORK / 'lab.log'}")
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.maker.terminate()
        self.maker.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def pid(self, name):
        return next(pid for pid, (found, *_) in below(self.maker.pid).items() if found == name)

    def cpu(self):
        return cpu_of(self.maker.pid)

    def load(self, *options):
        """One run of yizhan-load, with what every program of the centre spent on a document."""
        before = self.cpu()
        usage = os.times()
        figures = run_json(PROGRAMS / "yizhan-load", "--json", "--directory",
                           self.root / "directory.p7m", "--directory-anchors",
                           self.root / "trust/directory-anchors.pem", "--trust",
                           self.root / "trust", "--agencies", self.root / "load", *options)
        after, spent = self.cpu(), os.times()
        figures["cpu_ms"] = {name: (after[name] - before.get(name, 0)) * 1000 / figures["accepted"]
                             for name in sorted(after) if not name.startswith("yizhan-lab")}
        own = spent.children_user + spent.children_system - usage.children_user - \
            usage.children_system
        figures["cpu_ms"]["yizhan-load"] = own * 1000 / figures["accepted"]
        figures["anonymous_kib"] = {name: anonymous_kib(self.pid(name)) for name in CENTRE}
        if not figures["right"]:
            raise RuntimeError(f"not every document came through: {figures['faults']}")
        return figures

    def count_syncs(self, window):
        """Syncs of the exchange for one document, by strace: slower, but the same syncs."""
        trace = WORK / "syncs"
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

    def scan_alone(self, count=200):
        """clamd with nobody else at work: the scans of one document, DI and attachment."""
        pid, path = self.pid("clamd"), self.root / "clamd/clamd.sock"
        parts = [(3_000, "<函>"), (KB100 - 3_000, "")]

        def scan(number):
            for size, head in parts:
                words = f"{head}主旨 {number} 檢送會議紀錄，請查照。\n" * (size // 40)
                file = os.memfd_create("scan")
                os.write(file, words.encode()[:size])
                with socket.socket(socket.AF_UNIX) as clamd:
                    clamd.connect(str(path))
                    clamd.sendall(b"nFILDES\n")
                    clamd.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                             array.array("i", [file]))])
                    answer = clamd.recv(4096)
                os.close(file)
                if not answer.rstrip().endswith(b"OK"):
                    raise RuntimeError(f"clamd: {answer}")

        scan(0)
        begun, before = time.monotonic(), cpu_of(pid)["clamd"]
        for number in range(1, count + 1):
            scan(number)
        return {"documents": count, "scans": count * len(parts),
                "cpu_ms_per_document": (cpu_of(pid)["clamd"] - before) * 1000 / count,
                "wall_ms_per_document": (time.monotonic() - begun) * 1000 / count}


def product_runs(full):
    fixed = ["--mix", "fixed", "--size", "100KB"]
    with Lab(40) as lab:
        say("clamd alone")
        runs = {"scan_alone": lab.scan_alone(), "loads": {}}
        lab.load(*fixed, "--window", 8, "--seconds", 3)  # warm
        plans = [("100 KB, window 8", [*fixed, "--window", 8, "--seconds", 20]),
                 ("100 KB, window 32", [*fixed, "--window", 32, "--seconds", 20]),
                 ("100 KB, window 1", [*fixed, "--window", 1, "--seconds", 8])]
        if full:
            plans += [("10 KB, window 8", ["--mix", "small", "--window", 8, "--seconds", 20]),
                      ("1 MB, window 8", ["--mix", "fixed", "--size", "1MB", "--window", 8,
                                          "--seconds", 20]),
                      ("10 MB, window 2", ["--mix", "fixed", "--size", "10MB", "--window", 2,
                                           "--seconds", 20]),
                      ("realistic, window 8", ["--mix", "realistic", "--window", 8,
                                               "--seconds", 30]),
                      ("100 KB, ten minutes", [*fixed, "--window", 8, "--minutes", 10])]
        for name, options in plans:
            runs["loads"][name] = show_load(name, lab.load(*options))
        half = runs["loads"]["100 KB, window 8"]["documents_per_second"] / 2
        name = f"100 KB, {half:.0f} a second"
        figures = lab.load(*fixed, "--rate", round(half), "--seconds", 20)
        runs["loads"][name] = show_load(name, figures)
        say("counting syncs")
        runs["syncs"] = [lab.count_syncs(1), lab.count_syncs(32)]
    recipients = (100, 800, 4000) if full else (100,)
    for count in recipients:
        with Lab(count + 1) as lab:
            name = f"100 KB to {count} recipients"
            figures = lab.load(*fixed, "--recipients", count, "--receivers", count, "--senders", 1,
                               "--documents", 1, "--window", 1, "--connections", 500)
            runs["loads"][name] = show_load(name, figures)
    return runs


def show_load(name, figures):
    cpu = figures["cpu_ms"]
    say(f"{name}: {figures['documents_per_second']:.1f} documents/s, CPU of the centre "
        f"{sum(cpu.get(one, 0) for one in CENTRE):.2f} ms and clamd {cpu.get('clamd', 0):.2f} ms "
        "a document")
    return figures


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: *(\d+)", pathlib.Path("/proc/meminfo").read_text())
    commit = subprocess.run(["git", "-C", str(SOURCE), "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return {"cpu": model[1] if model else platform.machine(), "cores": os.cpu_count(),
            "memory_gib": int(memory[1]) >> 20, "kernel": platform.release(), "commit": commit,
            "time": datetime.datetime.now().isoformat(timespec="seconds"),
            "load_average_before": os.getloadavg()[0]}


def print_tables(result):
    floor, loads = result["floor"]["cpu_ms"], result["product"]["loads"]
    main_load = loads["100 KB, window 8"]["cpu_ms"]
    alone = result["product"]["scan_alone"]["cpu_ms_per_document"]
    print("\nOne document of 100 KB, CPU in ms          floor   product   ratio")
    rows = [("centre: exchange and its keys", floor["intake"] + floor["onward"],
             main_load["yizhan-exchange"] + main_load["yizhan-keyholde"]),
            ("centre: scanner with its children", floor["scanner"],
             main_load["yizhan-scanner"] + main_load["nursery"]),
            ("centre, without clamd", floor["intake"] + floor["onward"] + floor["scanner"],
             sum(main_load[name] for name in CENTRE)),
            ("sender and recipient (yizhan-load)", floor["sender"] + floor["recipient"],
             main_load["yizhan-load"]),
            ("clamd, beside the same scans alone", alone, main_load["clamd"])]
    for name, least, spent in rows:
        print(f"  {name:38}{least:9.2f}{spent:10.2f}{spent / least:8.1f}")
    print("\nWhole job with the centre's scan       documents/s   A.1 p50/p99   D.1 p50/p99 ms")
    for name, figures in loads.items():
        late = figures["latency_ms"]
        print(f"  {name:38}{figures['documents_per_second']:9.1f}"
              f"{late['A.1']['p50']:9.1f}/{late['A.1']['p99']:<7.1f}"
              f"{late['D.1']['p50']:8.1f}/{late['D.1']['p99']:.1f}")
    print("\nSyncs of the exchange for one document: " + ", ".join(
        f"{row['syncs_per_document']:.1f} at window {row['window']}"
        for row in result["product"]["syncs"]))
    if "peer" in result:
        peer = result["peer"]
        print(f"\nPostfix, relaying the same bytes, no scan, no crypto: "
              f"{peer['documents_per_second']:.0f} documents/s, "
              f"{peer['cpu_ms_per_document']:.2f} ms CPU a document")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    result = {"machine": machine()}
    say("floor")
    result["floor"] = measure_floor(KB100)
    result["product"] = product_runs(arguments.full)
    if os.geteuid() == 0:
        say("Postfix")
        result["peer"] = postfix.measure(pathlib.Path("/var/tmp/yizhan-bench"), KB100, 500, 8)
    else:
        say("Postfix: left out: only root may start it")
    print_tables(result)
    (WORK / "result.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"\nAll figures: {WORK / 'result.json'}")


if __name__ == "__main__":
    main()
