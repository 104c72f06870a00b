"""A whole exchange under the campaign's hands: made once by yizhan-lab, then every program is ours
to start, to stop, to kill, and to run under the saboteur."""

import datetime
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS = 120
ASK_SECONDS = 180


class Trouble(Exception):
    """The campaign itself can not go on."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def ask_once(path, method, target, body=b"", headers=None):
    connection = UnixConnection(path, 15)
    try:
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def ask(path, method, target, body=b"", headers=None, seconds=ASK_SECONDS):
    """Asks again while the program is away or in trouble, as any caller does."""
    end = time.monotonic() + seconds
    what = "no answer"
    while time.monotonic() < end:
        try:
            status, content = ask_once(path, method, target, body, headers)
            if status < 500 and status != 429:
                return status, content
            what = f"{status} {content.decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as away:
            what = repr(away)
        time.sleep(0.05)
    raise Trouble(f"{method} {target}: {what}")


def read_only(database):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
    connection.row_factory = sqlite3.Row
    return connection


class Exchange:
    """The programs of one lab. `programs` is the folder that holds them."""

    def __init__(self, root, programs):
        self.root, self.programs = pathlib.Path(root), pathlib.Path(programs)
        self.running = {}
        self.saboteurs = {}
        self.plans = self.make_plans()
        self.environment = dict(os.environ)
        # The programs may not be looked into, and tracing them shuts out the leak check.
        self.environment["ASAN_OPTIONS"] = "detect_leaks=0"
        self.log = self.root / "log"

    def make_plans(self):
        clamd = "/usr/sbin/clamd"
        plans = {}
        for name in ("clamd", "clamd-agencies"):
            plans[name] = ([clamd, "--foreground", f"--config-file={self.root}/{name}/clamd.conf"],
                           self.root / name / "clamd.sock")
        self.plan(plans, "centre-keyholder", "yizhan-keyholder", "centre/keyholder.toml",
                  "scanner-keys")
        self.plan(plans, "scanner", "yizhan-scanner", "centre/scanner.toml", "scanner")
        self.plan(plans, "exchange", "yizhan-exchange", "centre/exchange.toml", "centre")
        for agency in "abc":
            self.plan(plans, f"{agency}-keyholder", "yizhan-keyholder",
                      f"{agency}/keyholder.toml", f"{agency}-keys")
            self.plan(plans, f"{agency}-terminal", "yizhan-terminal",
                      f"{agency}/terminal.toml", agency)
        return plans

    def plan(self, plans, name, program, config, sock):
        plans[name] = ([str(self.programs / program), "--config", str(self.root / config)],
                       self.root / "run" / f"{sock}.sock")

    def make(self):
        """Anew, by the lab's own maker, which ends its programs again."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        maker = subprocess.Popen([str(self.programs / "tests/yizhan-lab"), str(self.root),
                                  str(self.programs)], env=self.environment)
        end = time.monotonic() + 4 * READY_SECONDS
        while not (self.root / "run/ready").exists():
            if maker.poll() is not None or time.monotonic() > end:
                maker.kill()
                raise Trouble("the lab does not come up")
            time.sleep(0.05)
        maker.send_signal(signal.SIGTERM)
        maker.wait()

    def start(self, name, saboteur=None):
        if self.is_running(name):
            return
        command = self.plans[name][0]
        self.saboteurs.pop(name, None)
        if saboteur is not None:
            command = saboteur.command(name, command)
            self.saboteurs[name] = saboteur
        with open(self.log / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                start_new_session=True)

    def is_running(self, name):
        return name in self.running and self.running[name].poll() is None

    def serves(self, name):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.connect(str(self.plans[name][1]))
            return True
        except OSError:
            return False

    def wait_until_ready(self, name):
        """False when it ended before it served."""
        end = time.monotonic() + READY_SECONDS
        while not self.serves(name):
            if not self.is_running(name):
                return False
            if time.monotonic() > end:
                raise Trouble(f"{name} does not serve: {self.end_of_log(name)}")
            time.sleep(0.01)
        return True

    def require(self, name):
        """Runs, plainly, and serves; a program that ends by itself is started again."""
        for _ in range(20):
            self.start(name)
            if self.wait_until_ready(name):
                return
            time.sleep(0.2)
            for other in self.plans:  # it may be what this one waits for
                self.start(other)
        raise Trouble(f"{name} keeps ending: {self.end_of_log(name)}")

    def require_all(self):
        for name in self.plans:
            self.require(name)

    def require_running(self):
        for name in self.plans:
            if not self.is_running(name):
                self.require(name)

    def kill(self, name):
        """SIGKILL; afterwards it is gone and holds no lock."""
        if not self.is_running(name):
            return
        # Whoever kills the saboteur kills the program, but only soon.
        self.running[name].send_signal(signal.SIGINT if name in self.saboteurs else signal.SIGKILL)
        self.running[name].wait(60)

    def stop(self, name):
        """In good order."""
        if not self.is_running(name):
            return
        self.running[name].terminate()
        try:
            self.running[name].wait(60)
        except subprocess.TimeoutExpired:
            self.kill(name)

    def kill_all(self):
        for name in self.plans:
            self.kill(name)

    def end_of_log(self, name):
        log = self.log / f"{name}.log"
        return log.read_text(errors="replace")[-1500:] if log.exists() else ""

    def database(self, owner):
        name = "exchange" if owner.startswith("centre") else "terminal"
        return self.root / owner / "data" / f"{name}.db"

    def count(self, owner, sql):
        connection = read_only(self.database(owner))
        try:
            return connection.execute(sql).fetchone()[0]
        finally:
            connection.close()

    def open_business(self):
        """What still has to happen, in words; empty once everything has come to rest. Asked in the
        order in which a letter goes, so that what moves on meanwhile is met further on."""
        questions = [
            ("a", "SELECT count(*) FROM sendings s WHERE NOT EXISTS"
                  " (SELECT 1 FROM outgoing_packages p WHERE p.document_id = s.id)", "unsealed"),
            ("a", "SELECT count(*) FROM outgoing_recipients"
                  " WHERE state NOT IN ('received', 'confirmed', 'returned')", "on its way"),
            ("b", "SELECT count(*) FROM hand_ins WHERE done = 0", "not handed in by b"),
            ("c", "SELECT count(*) FROM hand_ins WHERE done = 0", "not handed in by c"),
            ("centre", "SELECT count(*) FROM evidence WHERE published = 0", "unpublished"),
            ("centre", "SELECT count(*) FROM journal WHERE log_index IS NULL", "unsealed journal"),
        ]
        return self.open_of(questions) or self.answers_under_way()

    def open_of(self, questions):
        found = []
        for owner, sql, what in questions:
            try:
                count = self.count(owner, sql)
            except sqlite3.OperationalError as trouble:
                found.append(f"{owner}: {trouble}")
                continue
            if count:
                found.append(f"{count} {what}")
        return found

    def answers_under_way(self, centres=("centre",), senders=("a",)):
        """What recipients said of their letters and the senders have not heard yet."""
        answered = "SELECT count(*) FROM {} WHERE state IN ('confirmed', 'returned')"
        try:
            said = sum(self.count(c, answered.format("recipients")) for c in centres)
            heard = sum(self.count(s, answered.format("outgoing_recipients")) for s in senders)
        except sqlite3.OperationalError as trouble:
            return [str(trouble)]
        return [f"{said - heard} answers not heard by their senders"] if said > heard else []

    def settle(self, seconds=300, revive=None):
        """Until nothing is under way. What is still open then."""
        end = time.monotonic() + seconds
        while True:
            (revive or self.require_running)()
            left = self.open_business()
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.05)


class Saboteur:
    """Orders for the tracer that stands between a program and its disk (saboteur.cc)."""

    def __init__(self, exchange, tool):
        self.exchange, self.tool = exchange, tool
        self.folder = exchange.root / "sabotage"
        self.folder.mkdir(exist_ok=True)

    def files(self, name):
        return self.folder / f"{name}.orders", self.folder / f"{name}.points"

    def command(self, name, command):
        orders, points = self.files(name)
        return [str(self.tool), str(self.exchange.root), str(orders), str(points), *command]

    def order(self, name, order):
        orders, points = self.files(name)
        points.unlink(missing_ok=True)
        orders.write_text(order + "\n")

    def arm(self, name, order):
        """For a running program: from now on. Returns once the saboteur has read it."""
        self.order(name, order)
        self.exchange.running[name].send_signal(signal.SIGUSR1)
        end = time.monotonic() + 10
        while self.exchange.is_running(name) and "ARMED" not in self.lines(name):
            if time.monotonic() > end:
                raise Trouble(f"the saboteur of {name} does not hear")
            time.sleep(0.005)

    def lines(self, name):
        try:
            return self.files(name)[1].read_text().splitlines()
        except FileNotFoundError:
            return []

    def points(self, name):
        return [line.split("\t")[1] for line in self.lines(name) if line.startswith("POINT\t")]

    def hits(self, name):
        return sum(line.startswith("HIT\t") for line in self.lines(name))


def roc_date(text, serial):
    today = datetime.datetime.now(datetime.timezone.utc)
    year = str(today.year - 1911)
    return (text.replace("@BASE@", year + serial).replace("@SERIAL@", serial)
            .replace("@YEAR@", year)
            .replace("@DATE@", f"中華民國{year}年{today.month}月{today.day}日"))


class Clerk:
    """Sends letters from a to b and c, and keeps for the checker what was sent."""

    sender, recipients = "T01000000A", ["T37600000B", "T38100000C"]

    def __init__(self, exchange, folder="a"):
        self.exchange = exchange
        self.sent = exchange.root / "sent.jsonl"
        self.number = len(self.sent.read_text().splitlines()) if self.sent.exists() else 0
        documents = SOURCE / "tests/world/documents"
        self.di = (documents / "infected.di").read_text()
        self.sw = (documents / "infected.sw").read_text()
        self.socket = exchange.root / f"run/{folder}.sock"
        self.lock = threading.Lock()

    def call(self, method, target, body, kind="application/json"):
        status, answer = ask(self.socket, method, target, body, {"Content-Type": kind})
        if status >= 400:
            raise Trouble(f"{target}: {status} {answer.decode(errors='replace')}")
        return json.loads(answer) if answer else {}

    def upload(self, draft, name, content):
        """Block by block where it is long; after a break on from where the terminal stands."""
        block = 1 << 20
        for offset in range(0, max(len(content), 1), block):
            self.call("PUT", f"/api/v1/drafts/{draft}/files/{name}?offset={offset}",
                      content[offset:offset + block], "application/octet-stream")

    def hand_in(self, draft, parts, order, key):
        """Uploads again what the terminal's disk could not keep."""
        for _ in range(5):
            for name, part in parts.items():
                self.upload(draft, name, part)
            status, answer = ask(self.socket, "POST", f"/api/v1/drafts/{draft}/sending",
                                 json.dumps(order).encode(),
                                 {"Content-Type": "application/json", "Idempotency-Key": key})
            if status < 300:
                return json.loads(answer)
            if b"attachment_missing" not in answer:
                break
        raise Trouble(f"letter refused: {status} {answer.decode(errors='replace')}")

    def send(self, attachment=b""):
        with self.lock:
            self.number += 1
            serial = f"{self.number:07}"
        base = roc_date("@BASE@", serial)
        content = attachment or f"附件內容 {serial}\n".encode()  # the same when sent again
        di = roc_date(self.di, serial).replace("裝置操作說明", f"裝置操作說明 {serial}")
        draft = self.call("POST", "/api/v1/drafts", b"{}")["draft"]
        parts = {f"{base}.di": di.encode(), f"{base}.sw": self.sw.encode(),
                 f"{base}-ATTCH1.txt": content}
        names = list(parts)
        order = {"pairs": [{"di": names[0], "sw": names[1], "files": [names[2]]}],
                 "person": "王小明"}
        answer = self.hand_in(draft, parts, order, f"letter-{serial}")
        record = {"serial": serial, "document": answer["id"], "sender": self.sender,
                  "recipients": self.recipients,
                  "files": {name: hashlib.sha256(part).hexdigest()
                            for name, part in parts.items()}}
        with self.lock:
            self.keep(record)
        return answer["id"]

    def answer(self, folder="b"):
        """b confirms the younger of its letters that wait for an answer (F.1) and returns the next
        one (F.2)."""
        socket_of_b = self.exchange.root / f"run/{folder}.sock"
        status, page = ask(socket_of_b, "GET", "/api/v1/inbox?limit=50")
        waiting = [item["id"] for item in json.loads(page)["items"] if item["state"] == "received"]
        if status != 200 or len(waiting) < 2:
            raise Trouble(f"nothing to answer: {status} {page.decode(errors='replace')[:200]}")
        for mail, action, body in ((waiting[0], "confirmation", {}),
                                   (waiting[1], "return", {"kind": "misdirected"})):
            status, said = ask(socket_of_b, "POST", f"/api/v1/inbox/{mail}/{action}",
                               json.dumps(body).encode(), {"Content-Type": "application/json"})
            if status not in (200, 409):  # 409: it was said before somebody was killed
                raise Trouble(f"{action}: {status} {said.decode(errors='replace')}")

    def keep(self, record):
        with open(self.sent, "a") as sent:
            sent.write(json.dumps(record, ensure_ascii=False) + "\n")
