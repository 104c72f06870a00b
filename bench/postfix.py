"""The peer: Postfix relays the same bytes from one instance to another, which keeps them in a
maildir. No scan, no crypto. Instances of our own, in a folder of our own, on free ports."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

from processes import cpu_of

MASTER = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Instance:
    def __init__(self, folder, settings):
        self.folder, self.port = folder, free_port()
        self.config = folder / "etc"
        self.config.mkdir(parents=True)
        for name in ("queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        lines = {"compatibility_level": "3.6", "queue_directory": folder / "queue",
                 "data_directory": folder / "data", "mail_owner": "postfix",
                 "setgid_group": "postdrop", "myhostname": "bench.test", "mydestination": "",
                 "mynetworks": "127.0.0.0/8", "inet_interfaces": "127.0.0.1",
                 "inet_protocols": "ipv4", "alias_maps": "", "local_recipient_maps": "",
                 "maillog_file": "/var/log/yizhan-bench-postfix.log", "smtputf8_enable": "no",
                 "daemon_directory": "/usr/lib/postfix/sbin", "message_size_limit": "100000000",
                 "smtpd_client_connection_count_limit": "0", "in_flow_delay": "0",
                 "default_destination_concurrency_limit": "20", **settings}
        (self.config / "main.cf").write_text("".join(f"{k} = {v}\n" for k, v in lines.items()))
        (self.config / "master.cf").write_text(MASTER.format(port=f"127.0.0.1:{self.port}"))

    def command(self, word):
        run = subprocess.run(["postfix", "-c", str(self.config), word], capture_output=True,
                             text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(f"postfix {word}: {run.stderr}")

    def start(self):
        self.command("start")
        self.master = int((self.folder / "queue/pid/master.pid").read_text())

    def stop(self):
        self.command("stop")

    def cpu(self):
        return sum(cpu_of(self.master).values())


class Relay:
    """Two instances; mails go in at the first and come to rest in the second's maildir."""

    def __init__(self, folder):
        # Postfix wants a path that its own user may walk.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.mails = folder / "mails"
        self.mails.mkdir()
        shutil.chown(self.mails, "postfix", "postfix")
        person, group = (os.stat(self.mails).st_uid, os.stat(self.mails).st_gid)
        self.second = Instance(folder / "second", {
            "virtual_mailbox_domains": "b.test", "virtual_mailbox_base": self.mails,
            "virtual_mailbox_maps": "static:inbox/", "virtual_uid_maps": f"static:{person}",
            "virtual_gid_maps": f"static:{group}", "virtual_minimum_uid": "1",
            "virtual_mailbox_limit": "0"})
        self.first = Instance(folder / "first", {
            "relay_domains": "b.test", "smtp_host_lookup": "native",
            "relayhost": f"[127.0.0.1]:{self.second.port}"})
        self.second.start()
        self.first.start()

    def stop(self):
        for instance in (self.first, self.second):
            instance.stop()

    def arrived(self):
        inbox = self.mails / "inbox/new"
        return len(os.listdir(inbox)) if inbox.exists() else 0

    def send(self, message, count, connections):
        """Documents a second and CPU seconds per 1,000, until all have come to rest."""
        begun, before = time.monotonic(), self.first.cpu() + self.second.cpu()
        already = self.arrived()
        subprocess.run(["smtp-source", "-d", "-s", str(connections), "-m", str(count), "-F",
                        str(message), "-f", "s@a.test", "-t", "r@b.test",
                        f"inet:127.0.0.1:{self.first.port}"], check=True)
        while self.arrived() - already < count:
            if time.monotonic() - begun > 300:
                raise RuntimeError(f"only {self.arrived() - already} of {count} mails arrived")
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        time.sleep(0.5)  # queue files are removed
        cpu = self.first.cpu() + self.second.cpu() - before
        return {"documents": count, "connections": connections,
                "documents_per_second": count / seconds, "cpu_ms_per_document": cpu * 1000 / count}


def measure(folder, size, count, connections):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    message = pathlib.Path(folder) / "message"
    relay = Relay(pathlib.Path(folder) / "postfix")
    try:
        text = b"Subject: bench\n\n" + b"".join(b"%063d\n" % i for i in range(size // 64))
        message.write_bytes(text)
        relay.send(message, 20, connections)  # warm
        return relay.send(message, count, connections)
    finally:
        relay.stop()
