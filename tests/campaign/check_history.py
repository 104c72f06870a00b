#!/usr/bin/env python3
"""check_history.py LAB: reads what a whole exchange left behind and says whether its history holds.

Written apart from the product: Python's own library and the openssl program, nothing of ours. It
reads the databases of every centre and every terminal, the objects beside them, the tiles of the
evidence logs, and LAB/sent.jsonl, where the campaign wrote what it sent. For after everything has
come to rest. Exit 0: all holds; 1: what does not, one line each.
"""

import argparse
import base64
import collections
import json
import sys

sys.dont_write_bytecode = True
from check_evidence import Signatures, check_logs, leaf_hash, merkle_root, sha256  # noqa: E402
from history import History  # noqa: E402

GROUP_BYTES = 64 * 16400  # docs/protocol/package.md: 64 chunks of 16 KiB, each with its tag
FINALS = {"B.3", "C.5", "D.2", "E.1", "E.2"}
FINAL_OF_STATE = {"received": "E.1", "confirmed": "E.1", "returned": "E.1", "failed": "E.2",
                  "stopped": "D.2", "withdrawn": "D.2", "paper": "D.2", "expired": "C.5"}
CONSIGNED = {"consigned", "leased", "received", "confirmed", "returned", "failed"}
HANDED_OVER = {"received", "confirmed", "returned"}


# --- what was sent, and where it went ---------------------------------------------------------


def check_sent(history):
    """Every document that was taken in is at the centre once, for the recipients it named."""
    found = history.findings
    by_document = collections.defaultdict(list)
    for (sender, _), (centre, package) in history.homes.items():
        by_document[(sender, package["document_id"])].append((centre, package))
    for letter in history.sent:
        name = f"letter {letter['serial']}"
        terminal = history.terminals[letter["sender"]]
        orders = sum(s["id"] == letter["document"] for s in terminal.sendings)
        found.expect(orders == 1, "lost", f"{name}: {orders} sendings at its sender")
        packages = by_document.pop((letter["sender"], letter["document"]), [])
        found.expect(packages, "lost", f"{name}: the centre never had it")
        found.expect(len(packages) < 2, "twice", f"{name}: {len(packages)} packages")
        for centre, package in packages:
            orgs = sorted(r["org_code"] for r in centre.of_package[package["id"]])
            found.expect(orgs == sorted(letter["recipients"]), "lost",
                         f"{name}: recipients are {orgs}")
    for sender, document in by_document:
        found.add("unaccounted", f"document {document} of {sender}: nobody sent it")
    applied = collections.Counter((s["application_key"], a) for a, t in history.terminals.items()
                                  for s in t.sendings)
    for key, count in applied.items():
        found.expect(count == 1, "twice", f"sending {key}: {count} times")


def check_acceptances(history):
    """An A.1 for every package and a package, with its body, for every A.1; between centres B.1."""
    found = history.findings
    for centre in history.centres:
        for kind in ("A.1", "B.1"):
            rows = centre.own(kind)
            for key, count in collections.Counter((e["sender"], e["message_id"])
                                                  for e in rows).items():
                found.expect(count == 1, "twice", f"message {key[1]}: {count} {kind}")
                package = centre.by_key.get(key)
                found.expect(package and centre.accepts_by(package) == kind, "lost",
                             f"message {key[1]} at {centre.code}: {kind} without its row")
        for package in centre.packages:
            check_package(history, centre, package)


def check_package(history, centre, package):
    found, kind = history.findings, centre.accepts_by(package)
    name = f"message {package['message_id']} at {centre.code}"
    stated = [json.loads(e["statement"]) for e in centre.evidence_of(package, {kind})]
    stated = [s for s in stated if s["actor"].get("centre") == centre.code]
    found.expect(stated, "unaccounted", f"{name}: a row without {kind}")
    count = len(centre.of_package[package["id"]])
    found.expect(count == package["recipient_count"], "lost",
                 f"{name}: {count} recipients instead of {package['recipient_count']}")
    for statement in stated:
        found.expect(statement.get("recipient_count") == package["recipient_count"], "unaccounted",
                     f"{name}: {kind} owes another number of finals")
    if package["station"] not in ("clearing", "cleared"):
        check_body(history, centre, package)


def check_handovers(history):
    """What one centre calls relayed the other has, with the B.1 that both hold; and nobody has what
    its sender's centre did not hand over."""
    found = history.findings
    for key, (home, package) in history.homes.items():
        for row in home.of_package[package["id"]]:
            if row["state"] != "relayed":
                continue
            name = f"message {key[1]} to {row['org_code']}"
            next_centre = history.next_of(key, row)
            if next_centre is None:
                found.add("lost", f"{name}: relayed to {row['next_centre']}, which has no such row")
                continue
            there = next_centre.by_key[key]
            found.expect(any(r["org_code"] == row["org_code"] and r["unit_code"] == row["unit_code"]
                             for r in next_centre.of_package[there["id"]]), "lost",
                         f"{name}: relayed to {next_centre.code}, which has others only")
            proofs = {e["sha256"] for e in next_centre.own("B.1") if e["message_id"] == key[1]}
            held = {e["sha256"] for e in home.by_message[key] if e["kind"] == "B.1"}
            found.expect(proofs & held, "unaccounted", f"{name}: relayed without B.1")
    for centre in history.centres:
        for key, package in centre.by_key.items():
            if not package["from_centre"]:
                continue
            home, own = history.homes.get(key, (None, None))
            handed = {r["org_code"] for r in home.of_package[own["id"]]
                      if r["next_centre"] == centre.code} if own else set()
            for row in centre.of_package[package["id"]]:
                found.expect(row["org_code"] in handed, "unaccounted",
                             f"message {key[1]} at {centre.code}: nobody handed it over")


def check_promises(history):
    """What was told to a sender, and written down elsewhere, still is so: the order taken in at
    its terminal, the A.1 of the centre."""
    found = history.findings
    for letter in history.sent:
        sendings = history.terminals[letter["sender"]].sendings
        found.expect(any(s["id"] == letter["document"] for s in sendings), "lost",
                     f"letter {letter['serial']}: taken in, and gone")
    held = {e["sha256"] for c in history.centres for e in c.own("A.1") if e["cms"]}
    for told in history.acknowledged:
        found.expect(told["sha256"] in held and (told["sender"], told["message"]) in
                     history.homes, "lost", f"message {told['message']}: its A.1 is gone")


def check_body(history, centre, package):
    name = f"message {package['message_id']}"
    groups = base64.b64decode(package["groups"])
    wanted = [groups[i:i + 32] for i in range(0, len(groups), 32)]
    stored = centre.object(package["cipher_root"])
    if stored is None:
        return history.findings.add(
            "lost", f"{name}: {centre.accepts_by(package)} without its body")
    body = stored.read()
    hashes = [leaf_hash(body[i:i + GROUP_BYTES]) for i in range(0, len(body), GROUP_BYTES)]
    sound = (len(body) == package["body_bytes"] and hashes == wanted and
             merkle_root(wanted).hex() == package["cipher_root"])
    return history.findings.expect(sound, "lost", f"{name}: its body is damaged")


def check_finals(history):
    """One final for each recipient, at whichever centre has it, and it is the one that the
    recipient's state there speaks of."""
    found = history.findings
    finals = collections.defaultdict(dict)  # of all centres: by its digest, since it travels
    for centre in history.centres:
        for e in centre.evidence:
            if e["kind"] in FINALS and not e["superseded"]:
                finals[(e["sender"], e["message_id"], e["recipient"])][e["sha256"]] = e["kind"]
    for centre, key, package, row in history.in_custody():
        who = row["org_code"] + row["unit_code"]
        name = f"message {key[1]} to {who}"
        kinds = sorted(finals.pop((*key, who), {}).values())
        found.expect(len(kinds) < 2, "twice", f"{name}: finals {kinds}")
        wanted = {FINAL_OF_STATE.get(row["state"])}
        if row["state"] == "stopped":
            wanted.add("B.3")
        history.pending += wanted == {None}
        found.expect(kinds[0] in wanted if kinds else wanted == {None}, "unaccounted",
                     f"{name}: {row['state']}, but its finals are {kinds}")
        consigned = sum(e["recipient"] == who for e in centre.evidence_of(package, {"D.1"}))
        found.expect(row["state"] != "failed", "lost", f"{name}: its recipient could not open it")
        # What it forgot that it had consigned, a store from an older copy consigns once more.
        found.expect(consigned <= 1 + centre.returns, "twice", f"{name}: {consigned} D.1")
        if row["state"] in CONSIGNED:
            found.expect(consigned, "unaccounted", f"{name}: consigned without D.1")
    for (_, message, _), kinds in finals.items():
        found.add("unaccounted", f"{list(kinds.values())} of {message}: no such recipient")


def check_accounting(history):
    """Out of the evidence alone. Each centre: what it accepted and took over is final, passed on or
    pending. All of them: Σ recipients(A.1) = Σ finals + pending."""
    def recipients(rows):
        return sum(json.loads(e["statement"])["recipient_count"] for e in rows)

    history.books = {}
    finals = {e["sha256"] for c in history.centres for e in c.evidence
              if e["kind"] in FINALS and not e["superseded"]}
    for centre in history.centres:
        own = centre.own("B.1")
        passed_on = [e for e in centre.evidence if e["kind"] == "B.1" and not e["superseded"] and
                     e not in own]
        here = [row for c, _, _, row in history.in_custody() if c is centre]
        ended = sum(row["state"] in FINAL_OF_STATE for row in here)
        books = {"accepted": recipients(centre.own("A.1")), "taken_over": recipients(own),
                 "passed_on": recipients(passed_on), "finals": ended, "pending": len(here) - ended}
        history.books[centre.folder.name] = books
        history.findings.expect(
            books["accepted"] + books["taken_over"] ==
            books["finals"] + books["passed_on"] + books["pending"],
            "unaccounted", f"accounting of {centre.code}: {books}")
    owed = sum(books["accepted"] for books in history.books.values())
    history.accepted, history.finals = owed, len(finals)
    history.findings.expect(owed == len(finals) + history.pending, "unaccounted",
                            f"accounting: {owed} accepted, {len(finals)} finals, "
                            f"{history.pending} pending")


# --- at the terminals -------------------------------------------------------------------------


def check_mails(history):
    """What a centre has E.1 for lies at the recipient, once, byte for byte as it was sent."""
    found = history.findings
    letters = {(s["sender"], s["document"]): s for s in history.sent}
    for _, key, _, recipient in history.in_custody():
        terminal = history.terminals[recipient["org_code"]]
        if recipient["state"] in HANDED_OVER:
            states = [m["state"] for m in terminal.mails_by[key]]
            found.expect(states and states[0] in HANDED_OVER, "lost",
                         f"message {key[1]} at {terminal.folder.name}: E.1, but the mail is "
                         f"{states or 'not there'}")
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
    found.expect((mail["sender"], mail["message_id"]) in history.homes, "unaccounted",
                 f"{name}: received, unknown to its sender's centre")
    handed_in = {e["sha256"] for c in history.centres for e in c.evidence_of(mail, {"E.1"})}
    waiting = {h["evidence_id"] for h in terminal.hand_ins if not h["done"]}
    for row in own:
        found.expect(row["sha256"] in handed_in or row["id"] in waiting, "unaccounted",
                     f"{name}: its E.1 never came to the centre")
    if letter is None:
        return found.add("unaccounted", f"{name}: nobody sent that document")
    parts = {p["name"]: p["sha256"] for p in terminal.parts_by[mail["id"]]}
    found.expect(parts == letter["files"], "lost", f"{name}: not the files that were sent")
    for digest in parts.values():
        stored = terminal.object(digest)
        if stored is None or sha256(stored.read()) != digest:
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
    """The sender sees what the centres know, and holds the proof of it."""
    found = history.findings
    for agency, terminal in history.terminals.items():
        for package in terminal.outgoing_packages:
            key = (agency, package["message_id"])
            name = f"message {package['message_id']} at its sender"
            if (package["state"] == "accepted") != (key in history.homes):
                found.add("unaccounted", f"{name}: {package['state']}; the centre says otherwise")
            held = {e["sha256"] for e in terminal.by_message[key]}
            for row in (row for c in history.centres for row in c.by_message[key]):
                found.expect(row["sha256"] in held, "unaccounted", f"{name}: {row['kind']} missing")
        own = {p["message_id"] for p in terminal.outgoing_packages}
        for sender, message in history.homes:
            if sender == agency:
                found.expect(message in own, "unaccounted", f"message {message}: sender forgot it")
    states = {(agency, r["message_id"], r["org_code"], r["unit_code"]): r["state"]
              for agency, t in history.terminals.items() for r in t.outgoing_recipients}
    for centre, key, _, row in history.in_custody():
        seen = states.get((*key, row["org_code"], row["unit_code"]))
        if seen not in (None, row["state"]):
            found.add("unaccounted", f"message {key[1]}: {row['state']} at {centre.code}, "
                                     f"{seen} at its sender")


# --- evidence and its log ---------------------------------------------------------------------


def check_statements(history):
    """Each is what its name says, says what its row says, and follows on something known."""
    found = history.findings
    evidence = [e for place in history.places() for e in place.evidence]
    names = {e["sha256"] for e in evidence}
    followed = {p for e in evidence for p in json.loads(e["statement"]).get("previous_sha256", [])}
    came_back = any(centre.returns for centre in history.centres)
    for place in history.places():
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
            # Told to a recipient, who had not fetched it when its centre forgot it and its verdicts.
            if kind == "D.1" and came_back and place not in history.centres and \
                    row["sha256"] not in followed:
                continue
            for previous in stated.get("previous_sha256", []):
                found.expect(previous in names or previous == stated["header_sha256"], "broken",
                             f"{name}: follows on something unknown")


def check_databases(history):
    for place in history.places():
        history.findings.expect(place.sound and not place.foreign, "broken",
                                f"{place.folder.name}: the database is damaged")


def check_order(history):
    """Nothing is stated before what it follows on: no receipt before its fact."""
    rows = [e for place in history.places() for e in place.evidence]  # of one evidence, each copy
    stated = {e["sha256"]: json.loads(e["statement"]) for e in rows}
    for statement in [json.loads(e["statement"]) for e in rows]:
        for previous in statement.get("previous_sha256", []):
            earlier = stated.get(previous)
            history.findings.expect(
                earlier is None or earlier["time"] <= statement["time"], "broken",
                f"{statement.get('type', 'verdict')} of {statement['message_id']}: stated before "
                f"what it follows on")


def check_news(history):
    """Each reader is told of each evidence once, without a gap; by a store that came back from an
    older copy, and to which a package came again, once more."""
    for centre in history.centres:
        told = collections.defaultdict(list)
        for row in centre.news:
            told[row["org_code"]].append(row)
        for reader, rows in told.items():
            name = f"news of {centre.code} for {reader}"
            numbers = sorted(r["sequence"] for r in rows)
            history.findings.expect(numbers == list(range(1, len(rows) + 1)), "unaccounted",
                                    f"{name}: a gap in the numbers")
            twice = [e for e, count in collections.Counter(r["evidence_id"] for r in rows).items()
                     if count > 1 and not centre.returns]
            history.findings.expect(not twice, "twice", f"{name}: told twice of {twice}")


PROMISES = [check_databases, check_promises, check_acceptances]
CHECKS = [check_databases, check_sent, check_promises, check_acceptances, check_handovers,
          check_finals, check_accounting, index_mails, check_mails, check_senders, check_statements,
          check_order, check_logs, check_news]


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
