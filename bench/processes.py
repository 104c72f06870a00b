"""What processes cost: from /proc, for those that a bench started and nobody else's."""

import json
import os
import pathlib
import subprocess

TICK = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """Name, parent, and the CPU seconds of the process and of its children that ended."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
    return name, int(rest[1]), sum(map(int, rest[11:13])) / TICK, sum(map(int, rest[13:15])) / TICK


def table():
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = stat(entry.name)
            except (OSError, ValueError):
                continue  # it has ended meanwhile
    return found


def below(root):
    """The process and all that descend from it."""
    processes = table()
    family, grown = {root}, True
    while grown:
        more = {pid for pid, (_, parent, _, _) in processes.items() if parent in family} - family
        family |= more
        grown = bool(more)
    return {pid: processes[pid] for pid in family if pid in processes}


def cpu_of(root):
    """CPU seconds by name, of the process and all that descend from it, ended ones included."""
    seconds = {}
    for name, _, own, ended in below(root).values():
        seconds[name] = seconds.get(name, 0) + own + ended
    return seconds


def anonymous_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1])
    return 0


def memory_of(pid):
    """Anonymous, resident and proportional memory, in KiB."""
    names = {"Anonymous:": "anonymous_kib", "Rss:": "rss_kib", "Pss:": "pss_kib"}
    held = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        word = line.split()
        if word[0] in names:
            held[names[word[0]]] = int(word[1])
    return held


def run_json(*command):
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                         check=False)
    if not run.stdout.strip().startswith("{"):
        raise RuntimeError(f"{command[0]}: {run.stdout[-500:]}{run.stderr[-500:]}")
    return json.loads(run.stdout)
