"""Runs a program with the system calls that a unit leaves it, and no others, as systemd would.

    python3 -B under_unit.py UNIT PROGRAM [ARGUMENT …]
"""

import ctypes
import functools
import os
import re
import subprocess
import sys

KILL_PROCESS = 0x80000000
ALLOW = 0x7FFF0000
NO_NEW_PRIVILEGES = 38


@functools.cache
def members_of(group):
    """The calls of a set like @system-service."""
    said = subprocess.run(["systemd-analyze", "syscall-filter", group], check=True,
                          capture_output=True, text=True).stdout
    calls = set()
    for word in re.findall(r"^ +([@\w-]+)$", said, re.M):
        calls |= members_of(word) if word.startswith("@") else {word}
    return calls


def allowed_by(unit):
    """What the lines SystemCallFilter= add up to, each after the one before."""
    calls = set(members_of("@default"))
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        taken_away = line.startswith("~")
        for word in line.removeprefix("~").split():
            named = members_of(word) if word.startswith("@") else {word}
            calls = calls - named if taken_away else calls | named
    return calls


def forbid_all_but(calls):
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    for name in ("seccomp_rule_add", "seccomp_load"):
        getattr(seccomp, name).restype = ctypes.c_int
    rules = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(KILL_PROCESS)))
    for call in sorted(calls):
        number = seccomp.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:  # else none of this machine
            seccomp.seccomp_rule_add(rules, ctypes.c_uint32(ALLOW), number, 0)
    if seccomp.seccomp_load(rules) != 0:
        raise OSError("seccomp_load")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        calls = allowed_by(file.read())
    ctypes.CDLL(None).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    forbid_all_but(calls)
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
