"""The peer: Postfix relays the same bytes from one instance to another, which keeps them in a
maildir. Once as it is, and once through a filter between the two that opens S/MIME, verifies,
asks clamd, and signs a receipt (smime_filter.cc). Instances of our own, in a folder of our own, on
free ports."""

import base64
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

    def __init__(self, folder, filter_of=None):
        """`filter_of`: given the second instance's port, starts the filter and returns its own port
        and who it is: a dictionary of name and process id, itself and whom it asks."""
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
        self.second.start()
        port, self.helpers = self.second.port, {}
        if filter_of:
            port, self.helpers = filter_of(self.second.port)
        self.first = Instance(folder / "first", {
            "relay_domains": "b.test", "smtp_host_lookup": "native",
            "relayhost": f"[127.0.0.1]:{port}"})
        self.first.start()

    def stop(self):
        for instance in (self.first, self.second):
            instance.stop()

    def cpu(self):
        return {"postfix": self.first.cpu() + self.second.cpu(),
                **{name: sum(cpu_of(pid).values()) for name, pid in self.helpers.items()}}

    def arrived(self):
        inbox = self.mails / "inbox/new"
        return len(os.listdir(inbox)) if inbox.exists() else 0

    def send(self, message, count, connections):
        """Documents a second and CPU seconds per 1,000, until all have come to rest."""
        begun, before = time.monotonic(), self.cpu()
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
        cpu = {name: (spent - before[name]) * 1000 / count for name, spent in self.cpu().items()}
        return {"documents": count, "connections": connections,
                "documents_per_second": count / seconds, "cpu_ms": cpu,
                "cpu_ms_per_document": sum(cpu.values())}


def run(folder, message, count, connections, filter_of=None):
    relay = Relay(pathlib.Path(folder) / "postfix", filter_of)
    try:
        relay.send(message, 20, connections)  # warm
        return relay.send(message, count, connections)
    finally:
        relay.stop()


def measure(folder, size, count, connections):
    """No scan, no crypto."""
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    message = pathlib.Path(folder) / "message"
    text = b"Subject: bench\n\n" + b"".join(b"%063d\n" % i for i in range(size // 64))
    message.write_bytes(text)
    return run(folder, message, count, connections)


def openssl(*words, data=b""):
    return subprocess.run(["openssl", *map(str, words)], input=data, check=True,
                          capture_output=True).stdout


def make_keys(folder):
    """A root, and one P-256 key for sender and filter each, certified by it."""
    root = folder / "root"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=root", "-days", 2, "-keyout", f"{root}.key", "-out", f"{root}.crt")
    for name in ("sender", "filter"):
        file = folder / name
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                f"/CN={name}", "-keyout", f"{file}.key", "-out", f"{file}.csr")
        (folder / "extensions").write_text("keyUsage=digitalSignature,keyAgreement\n"
                                           "extendedKeyUsage=emailProtection\n")
        openssl("x509", "-req", "-in", f"{file}.csr", "-CA", f"{root}.crt", "-CAkey",
                f"{root}.key", "-days", 2, "-CAcreateserial", "-extfile", folder / "extensions",
                "-out", f"{file}.crt")


def seal(folder, content):
    """Signed, then enveloped: what a mail client sends."""
    signed = openssl("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-signer",
                     folder / "sender.crt", "-inkey", folder / "sender.key", data=content)
    sealed = openssl("cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER",
                     folder / "filter.crt", data=signed)
    text = base64.encodebytes(sealed)
    return (b"Subject: bench\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime;"
            b" smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\n" + text)


def measure_sealed(folder, content, plan):
    """With S/MIME, one scan, and a receipt. `plan`: count, connections, program, and the socket and
    process id of the clamd."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    make_keys(folder)
    message = folder / "sealed"
    message.write_bytes(seal(folder, content))
    started = []

    def start_filter(next_port):
        port = free_port()
        started.append(subprocess.Popen(
            [str(word) for word in (plan["program"], port, next_port, folder / "filter.key",
                                    folder / "filter.crt", folder / "root.crt",
                                    plan["clamd_socket"])]))
        time.sleep(0.3)
        return port, {"filter": started[0].pid, "clamd": plan["clamd_pid"]}

    try:
        return run(folder, message, plan["count"], plan["connections"], start_filter)
    finally:
        for process in started:
            process.terminate()
            process.wait()
