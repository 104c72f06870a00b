"""Terminals that wait: what they cost a centre, and how soon mail wakes them."""

import json
import pathlib
import resource
import subprocess
import time

from processes import cpu_of, memory_of

OTHER_FILES = 600  # of the centre: its database, bodies, log, other connections
SETTLE = 5  # seconds until what was closed is let go


def most_terminals(wanted):
    """So many as this system lets one process have connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, wanted + OTHER_FILES),) * 2)
    except (OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return min(wanted, hard - OTHER_FILES), hard
    return wanted, None


def kernel_tcp_kib():
    """What the kernel holds for all TCP sockets of this machine, both ends."""
    pages = int(pathlib.Path("/proc/net/sockstat").read_text().split(" mem ")[1].split()[0])
    return pages * resource.getpagesize() // 1024


class Crowd:
    """One crowd from its coming to its going, with what the exchange holds at each of its phases."""

    def __init__(self, centre, terminals, options):
        self.exchange = centre.pid("yizhan-exchange")
        self.figures = {"terminals": terminals, "before": memory_of(self.exchange)}
        command = centre.load_command("--waiting", terminals, "--waiting-key",
                                      centre.root / "load/waiting.pem", *options)
        self.load = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                                     text=True)
        for line in self.load.stdout:
            self.take(json.loads(line))
        if self.load.wait() != 0:
            raise RuntimeError(f"not every terminal was woken: {self.figures}")
        time.sleep(SETTLE)
        self.figures["after"] = memory_of(self.exchange)

    def take(self, phase):
        name = phase.pop("phase")
        self.figures[name] = phase
        phase["memory"] = memory_of(self.exchange)
        phase["cpu_seconds"] = sum(cpu_of(self.exchange).values())
        phase["kernel_tcp_kib"] = kernel_tcp_kib()
        phase["load_memory"] = memory_of(self.load.pid)


def measure(lab, wanted, rest, say):
    terminals, limit = most_terminals(wanted)
    if limit:
        say(f"only {terminals} of {wanted} terminals: a process here may hold {limit} files")
    options = ("--rest", rest, "--wakes", 100, "--fan-out", min(1000, terminals // 4), "--size",
               "10KB")
    with lab(terminals) as centre:
        result = {"wanted": wanted, "file_limit": limit, "rounds": []}
        # A smaller crowd shows what each costs more; the same again, what does not come back.
        for count in (terminals // 4, terminals, terminals):
            say(f"{count} terminals wait")
            result["rounds"].append(Crowd(centre, count, options).figures)
    return result


def figures_of(result):
    """What the table says, from the rounds."""
    small, large, again = result["rounds"]
    held = [row["rested"]["memory"]["anonymous_kib"] for row in (small, large, again)]
    spread = large["terminals"] - small["terminals"]
    resting = large["rested"]["cpu_seconds"] - large["waiting"]["cpu_seconds"]
    return {
        "terminals": large["terminals"],
        "anonymous_mib": held[1] / 1024,
        "rss_mib": large["rested"]["memory"]["rss_kib"] / 1024,
        "pss_mib": large["rested"]["memory"]["pss_kib"] / 1024,
        "before_mib": small["before"]["anonymous_kib"] / 1024,
        "after_mib": large["after"]["anonymous_kib"] / 1024,
        "again_mib": held[2] / 1024,
        "again_after_mib": again["after"]["anonymous_kib"] / 1024,
        "each_kib": (held[1] - held[0]) / spread,
        "kernel_each_kib": (large["rested"]["kernel_tcp_kib"] - small["rested"]["kernel_tcp_kib"])
        / spread / 2,
        "load_mib": large["rested"]["load_memory"]["anonymous_kib"] / 1024,
        "cpu_share": resting / large["rested"]["seconds"],
        "answers_a_second": large["rested"]["answers"] / large["rested"]["seconds"],
        "connect_seconds": large["waiting"]["seconds"]}


def for_wanted_mib(result):
    """Arithmetic, not a measurement: what the wanted number would hold, at what each costs more."""
    figures = figures_of(result)
    more = result["wanted"] - figures["terminals"]
    return figures["anonymous_mib"] + more * figures["each_kib"] / 1024
