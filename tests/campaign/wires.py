"""Networks of their own for the centres of a lab, and the wires between them: each network has one
interface whose packets pass through our hands, so that a wire can be cut, be deaf in one direction,
lose packets, be slow or late. The TCP on both sides is the kernel's own. (tc netem would do as much
where the kernel has it; an interface of the kind "tun" every kernel has.)"""

import collections
import ctypes
import fcntl
import heapq
import os
import pathlib
import random
import select
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PACKET_MAX = 2048
PATIENCE = 2.0  # seconds of packets that a slow wire keeps before it drops more


class Wire:
    """One direction between two networks."""

    def __init__(self):
        self.mend()

    def mend(self):
        self.is_cut, self.loss, self.delay, self.bytes_per_second = False, 0.0, 0.0, 0
        self.free_at = 0.0


class Wires:
    """`count` networks, named from `name`; the N-th has the address 10.77.0.N."""

    def __init__(self, name, count, seed):
        self.names = [f"{name}-{i + 1}" for i in range(count)]
        self.wires = {(a, b): Wire() for a in range(count) for b in range(count) if a != b}
        self.random = random.Random(seed)
        self.passed, self.dropped = collections.Counter(), collections.Counter()
        self.waiting, self.number = [], 0
        self.stop_pipe = os.pipe()
        self.is_up, self.trouble = threading.Event(), None
        self.thread = threading.Thread(target=self.run, daemon=True)

    @staticmethod
    def hindrance():
        """Why this host may not have networks of its own, or nothing."""
        if os.geteuid() != 0:
            return "only root may make networks"
        try:
            with Wires(f"yz-try-{os.getpid()}", 1, 0):
                return ""
        except (OSError, subprocess.CalledProcessError) as trouble:
            return f"no networks here: {trouble}"

    def __enter__(self):
        for name in self.names:
            run("ip", "netns", "add", name)
        self.thread.start()
        self.is_up.wait()
        if self.trouble:
            self.__exit__()
            raise self.trouble
        for number, name in enumerate(self.names, 1):
            run("ip", "-n", name, "address", "add", f"10.77.0.{number}/24", "dev", "wire")
            run("ip", "-n", name, "link", "set", "lo", "up")
            run("ip", "-n", name, "link", "set", "wire", "up")
        return self

    def __exit__(self, *_):
        os.write(self.stop_pipe[1], b"!")
        self.thread.join()
        for end in self.stop_pipe:
            os.close(end)
        for name in self.names:
            run("ip", "netns", "delete", name)

    def inside(self, number, command):
        """The command, to be run in the N-th network (from 0)."""
        return ["nsenter", f"--net=/run/netns/{self.names[number]}", *command]

    def mend_all(self):
        for wire in self.wires.values():
            wire.mend()

    # --- the thread: it alone moves between networks ---

    def run(self):
        try:
            ends = [self.open_end(name) for name in self.names]
        except OSError as trouble:
            self.trouble = trouble
            return
        finally:
            self.is_up.set()
        numbers = {end: number for number, end in enumerate(ends)}
        while True:
            pause = max(self.waiting[0][0] - time.monotonic(), 0) if self.waiting else None
            ready = select.select([self.stop_pipe[0], *ends], [], [], pause)[0]
            if self.stop_pipe[0] in ready:
                break
            for end in ready:
                self.take(numbers[end], os.read(end, PACKET_MAX))
            self.deliver(ends)
        for end in ends:
            os.close(end)

    @staticmethod
    def open_end(name):
        """The interface belongs to the network of the thread that opens it."""
        network = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(network, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"network {name}")
        finally:
            os.close(network)
        end = os.open("/dev/net/tun", os.O_RDWR)
        try:
            fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
        except OSError:
            os.close(end)
            raise
        return end

    def take(self, source, packet):
        """IPv4 between our networks only."""
        target = packet[19] - 1 if len(packet) > 20 and packet[0] >> 4 == 4 else -1
        wire = self.wires.get((source, target))
        if wire is None or packet[16:19] != bytes((10, 77, 0)):
            return
        if wire.is_cut or self.random.random() < wire.loss:
            self.dropped[(source, target)] += 1
            return
        now = time.monotonic()
        begin = max(now, wire.free_at)
        if begin > now + PATIENCE:
            self.dropped[(source, target)] += 1
            return
        if wire.bytes_per_second:
            wire.free_at = begin = begin + len(packet) / wire.bytes_per_second
        self.number += 1
        heapq.heappush(self.waiting, (begin + wire.delay, self.number, source, target, packet))

    def deliver(self, ends):
        now = time.monotonic()
        while self.waiting and self.waiting[0][0] <= now:
            _, _, source, target, packet = heapq.heappop(self.waiting)
            if self.wires[(source, target)].is_cut:  # cut while it was under way
                self.dropped[(source, target)] += 1
                continue
            try:
                os.write(ends[target], packet)
                self.passed[(source, target)] += 1
            except OSError:
                self.dropped[(source, target)] += 1  # its interface is not up yet


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def forget_networks(name):
    """Those that an earlier campaign left behind when it was killed."""
    for left in pathlib.Path("/run/netns").glob(f"{name}-*"):
        run("ip", "netns", "delete", left.name)
