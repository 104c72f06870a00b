#!/usr/bin/env python3
"""./dev bench: what a document costs, beside what it must cost and beside Postfix, in one run.

  --full   also other sizes, 1 GB, up to 4,000 recipients, 40,000 terminals that wait instead of
           4,000, and ten minutes without pause
  --only PART  that part alone, among the figures of the last run: two-centres or waiting
  --print  prints the tables of the last run again

Everything is measured here and now, on this machine: floor (floor.cc), the scans alone, the product
with its real programs under yizhan-load, Postfix. Tables as docs/performance.md has them on the
terminal, a picture in build/bench/stages.svg, all of it as JSON in build/bench/result.json.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import postfix  # noqa: E402
import tables  # noqa: E402
import waiting  # noqa: E402
from lab import KB100, Lab  # noqa: E402
from processes import run_json  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[1]
WORK = SOURCE / "build/bench"
PROGRAMS = pathlib.Path(os.environ.get("YIZHAN_PROGRAMS", SOURCE / "build/release"))
TOOLS = SOURCE / "build/release/bench"
LAB = pathlib.Path(os.environ.get("YIZHAN_LAB", SOURCE / "build/dev/tests/yizhan-lab"))
FIXED = ("--mix", "fixed", "--size", "100KB")
PEER = pathlib.Path("/var/tmp/yizhan-bench")  # where Postfix's own user may walk

# What nobody can save of one document to one recipient: how often a party does each primitive of
# floor.cc. Commits are shared by as many documents as are under way (8). TLS is half of both ends.
FLOOR = {
    "sender": {"sign": 1, "wrap": 2, "aead": 1, "hash": 2, "tls_both_ends": 0.5, "verify": 4},
    "intake": {"tls_both_ends": 0.5, "hash": 1, "verify": 1, "commit_body_8": 1, "sign": 1},
    "onward": {"verify": 3, "sign": 1, "tls_both_ends": 0.5, "commit_row_8": 2},
    "scanner": {"unwrap": 1, "aead": 1, "hash": 1, "verify": 1, "sign": 1},
    "recipient": {"tls_both_ends": 0.5, "hash": 2, "verify": 3, "unwrap": 1, "aead": 1, "sign": 2},
}


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


# Those that grow with the document.
BULK = ("aead", "hash", "tls_both_ends", "commit_body_8")


def measure_floor(size, times=1):
    """Of a document of `times` the size: what grows with it is taken so many times."""
    primitives = run_json(TOOLS / "yizhan-floor", size, WORK)
    cost = {name: row["cpu_us"] / 1000 * (times if name in BULK else 1)
            for name, row in primitives.items()}
    parties = {party: sum(count * cost[name] for name, count in needs.items())
               for party, needs in FLOOR.items()}
    return {"primitives": primitives, "cpu_ms": parties}


def lab(agencies, more=""):
    return Lab(WORK, PROGRAMS, LAB, agencies, more)


def show(name, figures):
    cpu = figures["cpu_ms"]
    say(f"{name}: {figures['documents_per_second']:.1f} documents/s, CPU of the centre "
        f"{tables.cpu_of_centre(cpu):.2f} ms and clamd {cpu.get('clamd', 0):.2f} ms a document")
    return figures


def measure_main(result, full):
    with lab(40) as centre:
        say("clamd alone")
        result["scan_alone"] = centre.scan_alone()
        centre.load(*FIXED, "--window", 8, "--seconds", 3)  # warm
        plans = [(tables.MAIN, (*FIXED, "--window", 8, "--seconds", 20)),
                 ("100 KB, window 32", (*FIXED, "--window", 32, "--seconds", 20)),
                 ("100 KB, window 1", (*FIXED, "--window", 1, "--seconds", 8)),
                 ("100 KB, window 8, all three scans",
                  (*FIXED, "--window", 8, "--seconds", 20, "--clamd",
                   centre.root / "clamd/clamd.sock"))]
        if full:
            plans += [("10 KB, window 8", ("--mix", "small", "--window", 8, "--seconds", 20)),
                      ("1 MB, window 8", ("--mix", "fixed", "--size", "1MB", "--window", 8,
                                          "--seconds", 20)),
                      ("10 MB, window 2", ("--mix", "fixed", "--size", "10MB", "--window", 2,
                                           "--seconds", 20)),
                      ("realistic, window 8", ("--mix", "realistic", "--window", 8,
                                               "--seconds", 30)),
                      ("100 KB, ten minutes", (*FIXED, "--window", 8, "--minutes", 10))]
        for name, options in plans:
            result["loads"][name] = show(name, centre.load(*options))
        half = result["loads"][tables.MAIN]["documents_per_second"] / 2
        name = f"100 KB, {half:.0f} a second"
        result["loads"][name] = show(name, centre.load(*FIXED, "--rate", max(round(half), 1),
                                                       "--seconds", 20))
        say("counting syncs")
        result["syncs"] = [centre.count_syncs(1), centre.count_syncs(32)]
        measure_peers(result, centre)


def measure_intake(result):
    say("intake alone")
    with lab(40) as centre:
        centre.load(*FIXED, "--window", 8, "--seconds", 3)  # warm
        result["intake_alone"] = centre.intake_alone(400)
        spent = tables.cpu_of_centre(result["intake_alone"]["cpu_ms"])
        say(f"intake alone: CPU of the centre {spent:.2f} ms a document")


def measure_postgresql(result):
    with lab(40, "postgresql") as centre:
        centre.load(*FIXED, "--window", 8, "--seconds", 3)  # warm
        name = "100 KB, window 8, PostgreSQL"
        result["loads"][name] = show(name, centre.load(*FIXED, "--window", 8, "--seconds", 20))


def measure_two_centres(result):
    """The same load, every recipient at the second centre, beside the one-centre figure."""
    with lab(40, "near-8") as centres:
        centres.load(*FIXED, "--window", 8, "--seconds", 3)  # warm
        before = centres.cpu_by_centre()
        name = tables.TWO_CENTRES
        figures = result["loads"][name] = show(
            name, centres.load(*FIXED, "--window", 8, "--seconds", 20))
        after = centres.cpu_by_centre()
        figures["cpu_ms_by_centre"] = {
            folder: {name: (seconds - before.get(folder, {}).get(name, 0)) * 1000 /
                     figures["accepted"]
                     for name, seconds in sorted(names.items()) if name != "yizhan-lab"}
            for folder, names in sorted(after.items())}


def measure_waiting(result, full):
    result["waiting"] = waiting.measure(lambda count: lab(1, f"waiting-{count}"),
                                        40_000 if full else 4_000, 65 if full else 20, say)


def measure_recipients(result, count):
    with lab(count + 1) as centre:
        before = centre.scans()
        name = f"100 KB to {count} recipients"
        figures = centre.load(*FIXED, "--recipients", count, "--receivers", count, "--senders", 1,
                              "--documents", 1, "--window", 1, "--connections", 500)
        figures["scans"] = centre.scans() - before
        result["loads"][name] = show(name, figures)


def measure_large(result):
    say("floor of 1000 MB")
    result["floor_1000_mb"] = measure_floor(1 << 20, 1000)
    with lab(2) as centre:
        centre.load(*FIXED, "--senders", 1, "--receivers", 1, "--window", 1, "--documents", 20)
        result["loads"]["1000 MB"] = show("1000 MB", centre.load(
            "--mix", "fixed", "--size", "1000MB", "--senders", 1, "--receivers", 1, "--window", 1,
            "--documents", 1, "--workspace", WORK))


def measure_peers(result, centre):
    if os.geteuid() != 0:
        return say("Postfix: left out: only root may start it")
    say("Postfix")
    result["peer"] = postfix.measure(PEER, KB100, 500, 8)
    say("Postfix with S/MIME and a scan")
    result["sealed_peer"] = postfix.measure_sealed(PEER, centre.letter_text(), {
        "count": 500, "connections": 8, "program": TOOLS / "smime_filter",
        "clamd_socket": centre.root / "clamd/clamd.sock", "clamd_pid": centre.pid("clamd")})
    return None


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: *(\d+)", pathlib.Path("/proc/meminfo").read_text())
    commit = subprocess.run(["git", "-C", str(SOURCE), "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return {"cpu": model[1] if model else platform.machine(), "cores": os.cpu_count(),
            "memory_gib": int(memory[1]) >> 20, "kernel": platform.release(), "commit": commit,
            "time": datetime.datetime.now().isoformat(timespec="seconds"),
            "load_average_before": os.getloadavg()[0]}


def measure(full):
    result = {"machine": machine(), "loads": {}}
    say("floor")
    result["floor"] = measure_floor(KB100)
    measure_main(result, full)
    measure_intake(result)
    measure_postgresql(result)
    measure_two_centres(result)
    measure_waiting(result, full)
    for count in (100, 800, 4000) if full else (100,):
        measure_recipients(result, count)
    if full:
        measure_large(result)
    return result


def measure_part(arguments, file):
    """Beside what stands there, with the machine and commit of its own."""
    result = json.loads(file.read_text()) if file.exists() else {"loads": {}}
    result.setdefault("parts", {})[arguments.only] = machine()
    if arguments.only == "waiting":
        measure_waiting(result, arguments.full)
    else:
        with lab(40) as centre:  # the one-centre figure of the same quarter of an hour
            centre.load(*FIXED, "--window", 8, "--seconds", 3)
            result["loads"][tables.MAIN] = show(
                tables.MAIN, centre.load(*FIXED, "--window", 8, "--seconds", 20))
        measure_two_centres(result)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", choices=["two-centres", "waiting"])
    parser.add_argument("--print", action="store_true")
    arguments = parser.parse_args()
    # Told to end, it takes along what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    WORK.mkdir(parents=True, exist_ok=True)
    file = WORK / "result.json"
    if not arguments.print:
        result = measure_part(arguments, file) if arguments.only else measure(arguments.full)
        file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    result = json.loads(file.read_text())
    if "machine" in result:
        (WORK / "stages.svg").write_text(tables.picture(result))
    print("\n" + tables.page(result) + f"\n\nAll figures: {file}; picture: {WORK / 'stages.svg'}")


if __name__ == "__main__":
    main()
