#!/usr/bin/env python3
"""check_history.py LAB: reads what a whole exchange left behind and says whether its history holds.

Written apart from the product: Python's own library and the openssl program, nothing of ours. It
reads the databases of the centre and of every terminal, the objects beside them, the tiles of the
evidence log, and LAB/sent.jsonl, where the campaign wrote what it sent. For after everything has
come to rest. Exit 0: all holds; 1: what does not, one line each.
"""

import argparse
import base64
import collections
import json
import pathlib
import sqlite3
import sys
import tomllib

sys.dont_write_bytecode = True
from check_evidence import Signatures, check_log, leaf_hash, merkle_root, sha256  # noqa: E402

GROUP_BYTES = 64 * 16400  # docs/protocol/package.md: 64 chunks of 16 KiB, each with its tag
FINALS = {"B.3", "C.5", "D.2", "E.1", "E.2"}
FINAL_OF_STATE = {"received": "E.1", "confirmed": "E.1", "returned": "E.1", "failed": "E.2",
                  "stopped": "D.2", "withdrawn": "D.2", "paper": "D.2", "expired": "C.5"}
CONSIGNED = {"consigned", "leased", "received", "confirmed", "returned", "failed"}
HANDED_OVER = {"received", "confirmed", "returned"}


class Findings:
    """What does not hold, by what it means: lost, twice, unaccounted, or broken."""

    def __init__(self):
        self.lines = []

    def add(self, meaning, text):
        self.lines.append((meaning, text))

    def expect(self, holds, meaning, text):
        if not holds:
            self.add(meaning, text)

    def count(self, meaning):
        return sum(kind == meaning for kind, _ in self.lines)


class Place:
    """One party's data folder, as read."""

    def __init__(self, folder, database, tables):
        self.folder = folder
        connection = sqlite3.connect(f"file:{folder / 'data' / database}?mode=ro", uri=True,
                                     timeout=30)
        connection.row_factory = sqlite3.Row
        with connection:  # one snapshot of all tables
            connection.execute("BEGIN")
            for table in tables:
                rows = connection.execute(f"SELECT * FROM {table}").fetchall()
                setattr(self, table, [dict(row) for row in rows])
        self.sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        self.foreign = connection.execute("PRAGMA foreign_key_check").fetchall()
        connection.close()
        for row in self.evidence:
            row["bytes"] = base64.b64decode(row["cms"]) if row["cms"] else b""

    def object(self, name):
        return self.folder / "data/objects/objects" / name[:2] / name[2:]

    def evidence_of(self, row, kinds):
        return [e for e in self.by_message[(row["sender"], row["message_id"])] if e["kind"] in kinds]

    def index(self):
        self.by_message = collections.defaultdict(list)
        for row in self.evidence:
            self.by_message[(row["sender"], row["message_id"])].append(row)


class History:
    def __init__(self, lab):
        self.lab = pathlib.Path(lab)
        self.findings = Findings()
        self.centre = Place(self.lab / "centre", "exchange.db",
                            ["submissions", "packages", "recipients", "evidence", "news", "journal"])
        self.terminals = {}
        for config in sorted(self.lab.glob("*/terminal.toml")):
            agency = tomllib.loads(config.read_text())["agency"]
            self.terminals[agency] = Place(
                config.parent, "terminal.db",
                ["sendings", "outgoing_packages", "outgoing_recipients", "mails", "mail_parts",
                 "evidence", "hand_ins"])
        for place in self.places():
            place.index()
        self.sent = self.lines("sent.jsonl")
        self.acknowledged = self.lines("acknowledged.jsonl")
        self.packages = {(p["sender"], p["message_id"]): p for p in self.centre.packages}
        self.recipients = collections.defaultdict(list)
        for row in self.centre.recipients:
            self.recipients[row["package_id"]].append(row)
        self.pending = 0

    def lines(self, name):
        file = self.lab / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def places(self):
        return [self.centre, *self.terminals.values()]


# --- what was sent, and where it went ---------------------------------------------------------


def check_sent(history):
    """Every document that was taken in is at the centre once, for the recipients it named."""
    found = history.findings
    by_document = collections.defaultdict(list)
    for package in history.centre.packages:
        by_document[(package["sender"], package["document_id"])].append(package)
    for letter in history.sent:
        name = f"letter {letter['serial']}"
        terminal = history.terminals[letter["sender"]]
        orders = sum(s["id"] == letter["document"] for s in terminal.sendings)
        found.expect(orders == 1, "lost", f"{name}: {orders} sendings at its sender")
        packages = by_document.pop((letter["sender"], letter["document"]), [])
        found.expect(packages, "lost", f"{name}: the centre never had it")
        found.expect(len(packages) < 2, "twice", f"{name}: {len(packages)} packages")
        for package in packages:
            orgs = sorted(r["org_code"] for r in history.recipients[package["id"]])
            found.expect(orgs == sorted(letter["recipients"]), "lost",
                         f"{name}: recipients are {orgs}")
    for sender, document in by_document:
        found.add("unaccounted", f"document {document} of {sender}: nobody sent it")
    applied = collections.Counter(s["application_key"] for t in history.terminals.values()
                                  for s in t.sendings)
    for key, count in applied.items():
        found.expect(count == 1, "twice", f"sending {key}: {count} times")


def check_acceptances(history):
    """An A.1 for every package and a package, with its body, for every A.1."""
    found = history.findings
    accepted = collections.Counter((e["sender"], e["message_id"])
                                   for e in history.centre.evidence if e["kind"] == "A.1")
    for key, count in accepted.items():
        found.expect(count == 1, "twice", f"message {key[1]}: {count} A.1")
        found.expect(key in history.packages, "lost", f"message {key[1]}: A.1 without its row")
    for key, package in history.packages.items():
        found.expect(key in accepted, "unaccounted", f"message {key[1]}: a row without A.1")
        count = len(history.recipients[package["id"]])
        found.expect(count == package["recipient_count"], "lost",
                     f"message {key[1]}: {count} recipients instead of {package['recipient_count']}")
        for row in history.centre.evidence_of(package, {"A.1"}):
            stated = json.loads(row["statement"])
            found.expect(stated.get("recipient_count") == package["recipient_count"],
                         "unaccounted", f"message {key[1]}: A.1 owes another number of finals")
        if package["station"] not in ("clearing", "cleared"):
            check_body(history, package)


def check_promises(history):
    """What was told to a sender, and written down elsewhere, still is so: the order taken in at
    its terminal, the A.1 of the centre."""
    found = history.findings
    for letter in history.sent:
        sendings = history.terminals[letter["sender"]].sendings
        found.expect(any(s["id"] == letter["document"] for s in sendings), "lost",
                     f"letter {letter['serial']}: taken in, and gone")
    held = {e["sha256"] for e in history.centre.evidence if e["kind"] == "A.1" and e["cms"]}
    for told in history.acknowledged:
        found.expect(told["sha256"] in held and (told["sender"], told["message"]) in
                     history.packages, "lost", f"message {told['message']}: its A.1 is gone")


def check_body(history, package):
    name = f"message {package['message_id']}"
    groups = base64.b64decode(package["groups"])
    wanted = [groups[i:i + 32] for i in range(0, len(groups), 32)]
    path = history.centre.object(package["cipher_root"])
    if not path.exists():
        return history.findings.add("lost", f"{name}: A.1 without its body")
    body = path.read_bytes()
    hashes = [leaf_hash(body[i:i + GROUP_BYTES]) for i in range(0, len(body), GROUP_BYTES)]
    sound = (len(body) == package["body_bytes"] and hashes == wanted and
             merkle_root(wanted).hex() == package["cipher_root"])
    return history.findings.expect(sound, "lost", f"{name}: its body is damaged")


def check_finals(history):
    """One final for each recipient, and it is the one that the recipient's state speaks of."""
    found = history.findings
    known = set()
    for (_, message), package in history.packages.items():
        finals = collections.defaultdict(list)
        consigned = collections.Counter()
        for row in history.centre.evidence_of(package, FINALS | {"D.1"}):
            if row["kind"] == "D.1":
                consigned[row["recipient"]] += 1
            elif not row["superseded"]:
                finals[row["recipient"]].append(row["kind"])
        for recipient in history.recipients[package["id"]]:
            who = recipient["org_code"] + recipient["unit_code"]
            known.add((package["sender"], message, who))
            name = f"message {message} to {who}"
            kinds = finals[who]
            found.expect(len(kinds) < 2, "twice", f"{name}: finals {kinds}")
            wanted = FINAL_OF_STATE.get(recipient["state"])
            history.pending += wanted is None
            found.expect(kinds[:1] == ([wanted] if wanted else []), "unaccounted",
                         f"{name}: {recipient['state']}, but its finals are {kinds}")
            found.expect(consigned[who] < 2, "twice", f"{name}: {consigned[who]} D.1")
            if recipient["state"] in CONSIGNED:
                found.expect(consigned[who], "unaccounted", f"{name}: consigned without D.1")
    for row in history.centre.evidence:
        if row["kind"] in FINALS:
            found.expect((row["sender"], row["message_id"], row["recipient"]) in known,
                         "unaccounted", f"{row['kind']} of {row['message_id']}: no such recipient")


def check_accounting(history):
    """Σ recipients(A.1) = Σ finals + pending, out of the evidence alone."""
    owed = sum(json.loads(e["statement"])["recipient_count"]
               for e in history.centre.evidence if e["kind"] == "A.1")
    finals = sum(e["kind"] in FINALS and not e["superseded"] for e in history.centre.evidence)
    history.accepted, history.finals = owed, finals
    history.findings.expect(owed == finals + history.pending, "unaccounted",
                            f"accounting: {owed} accepted, {finals} finals, {history.pending} pending")


# --- at the terminals -------------------------------------------------------------------------


def check_mails(history):
    """What the centre has E.1 for lies at the recipient, once, byte for byte as it was sent."""
    found = history.findings
    letters = {(s["sender"], s["document"]): s for s in history.sent}
    for (_, message), package in history.packages.items():
        for recipient in history.recipients[package["id"]]:
            terminal = history.terminals[recipient["org_code"]]
            name = f"message {message} at {terminal.folder.name}"
            mails = [m for m in terminal.mails_by[(package["sender"], message)]]
            if recipient["state"] in HANDED_OVER:
                states = [m["state"] for m in mails]
                found.expect(states and states[0] in HANDED_OVER, "lost",
                             f"{name}: E.1, but the mail is {states or 'not there'}")
    for terminal in history.terminals.values():
        seen = collections.Counter()
        for mail in terminal.mails:
            if mail["state"] not in HANDED_OVER:
                continue
            seen[(mail["sender"], mail["document_id"])] += 1
            check_mail(history, terminal, mail, letters.get((mail["sender"], mail["document_id"])))
        for (_, document), count in seen.items():
            found.expect(count == 1, "twice",
                         f"document {document}: {count} times at {terminal.folder.name}")


def check_mail(history, terminal, mail, letter):
    found = history.findings
    name = f"message {mail['message_id']} at {terminal.folder.name}"
    own = [e for e in terminal.evidence_of(mail, {"E.1"})
           if e["recipient"] == mail["org_code"] + mail["unit_code"]]
    found.expect(len(own) == 1, "unaccounted", f"{name}: received with {len(own)} E.1")
    package = history.packages.get((mail["sender"], mail["message_id"]))
    found.expect(package, "unaccounted", f"{name}: received, unknown to the centre")
    handed_in = {e["sha256"] for e in history.centre.evidence_of(mail, {"E.1"})}
    waiting = {h["evidence_id"] for h in terminal.hand_ins if not h["done"]}
    for row in own:
        found.expect(row["sha256"] in handed_in or row["id"] in waiting, "unaccounted",
                     f"{name}: its E.1 never came to the centre")
    if letter is None:
        return found.add("unaccounted", f"{name}: nobody sent that document")
    parts = {p["name"]: p["sha256"] for p in terminal.parts_by[mail["id"]]}
    found.expect(parts == letter["files"], "lost", f"{name}: not the files that were sent")
    for digest in parts.values():
        path = terminal.object(digest)
        if not path.exists() or sha256(path.read_bytes()) != digest:
            found.add("lost", f"{name}: file {digest[:12]} is missing or damaged")
    return None


def index_mails(history):
    for terminal in history.terminals.values():
        terminal.mails_by = collections.defaultdict(list)
        terminal.parts_by = collections.defaultdict(list)
        for mail in terminal.mails:
            terminal.mails_by[(mail["sender"], mail["message_id"])].append(mail)
        for part in terminal.mail_parts:
            terminal.parts_by[part["mail_id"]].append(part)


def check_senders(history):
    """The sender sees what the centre knows, and holds the proof of it."""
    found = history.findings
    for agency, terminal in history.terminals.items():
        for package in terminal.outgoing_packages:
            key = (agency, package["message_id"])
            name = f"message {package['message_id']} at its sender"
            if (package["state"] == "accepted") != (key in history.packages):
                found.add("unaccounted", f"{name}: {package['state']}; the centre says otherwise")
            held = {e["sha256"] for e in terminal.by_message[key]}
            for row in history.centre.by_message[key]:
                found.expect(row["sha256"] in held, "unaccounted", f"{name}: {row['kind']} missing")
        own = {p["message_id"] for p in terminal.outgoing_packages}
        for sender, message in history.packages:
            if sender == agency:
                found.expect(message in own, "unaccounted", f"message {message}: sender forgot it")
        states = {(r["message_id"], r["org_code"], r["unit_code"]): r["state"]
                  for r in terminal.outgoing_recipients}
        for key, state in states.items():
            package = history.packages.get((agency, key[0]))
            for row in history.recipients[package["id"]] if package else []:
                if (row["org_code"], row["unit_code"]) == key[1:] and row["state"] != state:
                    found.add("unaccounted", f"message {key[0]}: {row['state']} at the centre, "
                                             f"{state} at its sender")


# --- evidence and its log ---------------------------------------------------------------------


def check_statements(history):
    """Each is what its name says, says what its row says, and follows on something known."""
    found = history.findings
    for place in history.places():
        names = {e["sha256"] for e in place.evidence} | {e["sha256"] for e in history.centre.evidence}
        seen = collections.Counter(e["sha256"] for e in place.evidence)
        for row in place.evidence:
            name = f"{row['kind']} of {row['message_id']} at {place.folder.name}"
            stated = json.loads(row["statement"])
            kind = stated.get("type", "verdict")
            named = (kind, stated["message_id"], stated["sender"])
            found.expect(named == (row["kind"], row["message_id"], row["sender"]), "broken",
                         f"{name}: states another thing than its row")
            found.expect(sha256(row["statement"].encode()) == row["sha256"], "broken",
                         f"{name}: not the bytes it is named by")
            found.expect(seen[row["sha256"]] == 1, "twice", f"{name}: in the store twice")
            found.expect(row["bytes"], "unaccounted", f"{name}: unsigned")
            for previous in stated.get("previous_sha256", []):
                found.expect(previous in names or previous == stated["header_sha256"], "broken",
                             f"{name}: follows on something unknown")


def check_databases(history):
    for place in history.places():
        history.findings.expect(place.sound and not place.foreign, "broken",
                                f"{place.folder.name}: the database is damaged")


def check_news(history):
    """Each reader is told of each evidence once, without a gap."""
    told = collections.defaultdict(list)
    for row in history.centre.news:
        told[row["org_code"]].append(row)
    for org, rows in told.items():
        numbers = sorted(r["sequence"] for r in rows)
        history.findings.expect(numbers == list(range(1, len(rows) + 1)), "unaccounted",
                                f"news of {org}: a gap in the numbers")
        twice = [e for e, count in collections.Counter(r["evidence_id"] for r in rows).items()
                 if count > 1]
        history.findings.expect(not twice, "twice", f"news of {org}: told twice of {twice}")


PROMISES = [check_databases, check_promises, check_acceptances]
CHECKS = [check_databases, check_sent, check_promises, check_acceptances, check_finals,
          check_accounting, index_mails, check_mails, check_senders, check_statements, check_log,
          check_news]


def check_at_once(lab):
    """What must hold at any time, also with everything under way. What does not."""
    history = History(lab)
    for one in PROMISES:
        one(history)
    return history.findings.lines


def check(lab, known=None):
    history = History(lab)
    for one in CHECKS:
        one(history)
    with Signatures(history, known) as signatures:
        signatures.check_all()
    return history


def main():
    parser = argparse.ArgumentParser(description="Holds the history of a lab's exchange to account.")
    parser.add_argument("lab")
    parser.add_argument("--known", help="file of signatures that this checker verified before")
    arguments = parser.parse_args()
    history = check(arguments.lab, arguments.known)
    for meaning, text in history.findings.lines:
        print(f"{meaning}: {text}")
    print(f"{len(history.sent)} documents sent, {history.accepted} recipients accepted, "
          f"{history.finals} finals, {history.pending} pending, "
          f"{sum(len(p.evidence) for p in history.places())} evidences, "
          f"{len(history.findings.lines)} findings")
    return 1 if history.findings.lines else 0


if __name__ == "__main__":
    sys.exit(main())
