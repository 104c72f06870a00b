#!/usr/bin/env python3
"""The checker itself: a sound history passes, and each of many seeded corruptions is found."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from check_evidence import leaf_hash, merkle_root, read_tail, split_entries, tile_path  # noqa: E402
from check_history import check  # noqa: E402
from exchange_lab import SOURCE, Clerk, Exchange  # noqa: E402
from stored_objects import HEAD_BYTES, REMOVED, REMOVED_AT, StoredObject, StoredObjects  # noqa: E402

LETTERS = 3
FIRST = "(SELECT min(message_id) FROM packages)"


def programs():
    return pathlib.Path(os.environ.get("YIZHAN_BUILD", SOURCE / "build/dev")).resolve()


def memory():
    """Dozens of copies of a lab are made: in memory where there is any."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def run_sql(lab, owner, *statements):
    name = "exchange" if owner.startswith("centre") else "terminal"
    connection = sqlite3.connect(lab / owner / "data" / f"{name}.db")
    with connection:
        for statement in statements:
            changed = connection.execute(statement).rowcount
            assert changed > 0, f"the corruption changed nothing: {statement}"
    connection.close()


def ask_sql(lab, owner, statement):
    name = "exchange" if owner == "centre" else "terminal"
    connection = sqlite3.connect(lab / owner / "data" / f"{name}.db")
    try:
        return connection.execute(statement).fetchone()[0]
    finally:
        connection.close()


def copy_rows(lab, owner, table, condition, changes):
    """The rows again, with some columns changed."""
    name = "exchange" if owner == "centre" else "terminal"
    connection = sqlite3.connect(lab / owner / "data" / f"{name}.db")
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changes.get(column, column) for column in columns)
    with connection:
        copied = connection.execute(
            f"INSERT INTO {table} SELECT {values} FROM {table} WHERE {condition}").rowcount
    connection.close()
    assert copied > 0


def overwrite(path, at, octets):
    path.chmod(0o600)
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(octets)


def whole(path):
    return StoredObject(path, 0, path.stat().st_size)


def flip(stored):
    octet = stored.read()[stored.length // 2]
    overwrite(stored.path, stored.start + stored.length // 2, bytes([octet ^ 1]))


def remove_body(lab):
    stored = body(lab)
    overwrite(stored.path, stored.start - HEAD_BYTES + REMOVED_AT, REMOVED)


def body(lab):
    root = ask_sql(lab, "centre", "SELECT cipher_root FROM packages LIMIT 1")
    return StoredObjects(lab / "centre/data/objects").find(root)


def received_file(lab):
    digest = ask_sql(lab, "b", "SELECT sha256 FROM mail_parts WHERE kind = 'attachment' LIMIT 1")
    return StoredObjects(lab / "b/data/objects").find(digest)


def tile(lab, kind):
    return next((lab / "centre/data/log/tile" / kind).glob("000.p/*"))


def write_head(lab, hashes):
    head = lab / "centre/data/log/head"
    origin, root = head.read_text().split("\n")[0], base64.b64encode(merkle_root(hashes)).decode()
    head.write_text(f"{origin}\n{len(hashes)}\n{root}\n")


def settle_log(lab):
    """Everything of its tail into tiles, so that there is something to corrupt in them."""
    log = lab / "centre/data/log"
    size = int((log / "head").read_text().split("\n")[1])
    settled = (log / tile_path("entries", 0, size)).read_bytes() if size > 0 else b""
    entries = split_entries(settled) + read_tail(log, size)
    shutil.rmtree(log / "tile", ignore_errors=True)
    hashes = [leaf_hash(entry) for entry in entries]
    bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    for kind, content in {"entries": bundle, "0": b"".join(hashes)}.items():
        folder = log / "tile" / kind / "000.p"
        folder.mkdir(parents=True)
        (folder / str(len(entries))).write_bytes(content)
    write_head(lab, hashes)
    (log / "tail").write_bytes(bytes(4096))


def log_twice(lab):
    """The first entry once more at the end, with everything made to fit but the checkpoint."""
    entries, hashes = tile(lab, "entries"), tile(lab, "0")
    bundle = entries.read_bytes()
    first = bundle[2:2 + int.from_bytes(bundle[:2], "big")]
    size = int(entries.name) + 1
    entries.with_name(str(size)).write_bytes(bundle + bundle[:2] + first)
    all_hashes = hashes.read_bytes() + leaf_hash(first)
    hashes.with_name(str(size)).write_bytes(all_hashes)
    write_head(lab, [all_hashes[i:i + 32] for i in range(0, len(all_hashes), 32)])


def sign_by_another(lab):
    statement = ask_sql(lab, "centre", "SELECT statement FROM evidence WHERE kind = 'D.1' LIMIT 1")
    run = subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-md", "sha256",
         "-signer", lab / "a/keys/sign.crt", "-inkey", lab / "a/keys/sign.key", "-passin",
         f"file:{lab}/passphrase"], input=statement.encode(), capture_output=True, check=True)
    cms = base64.b64encode(run.stdout).decode()
    digest = hashlib.sha256(statement.encode()).hexdigest()
    for owner in ("centre", "a", "b", "c"):
        try:
            run_sql(lab, owner, f"UPDATE evidence SET cms = '{cms}' WHERE sha256 = '{digest}'")
        except AssertionError:
            continue  # the other recipient does not have it


def move_in_batch(lab):
    """A consignment with the place of another in its batch."""
    condition = "id = (SELECT min(id) FROM evidence WHERE kind = 'D.1')"
    cms = ask_sql(lab, "centre", f"SELECT cms FROM evidence WHERE {condition}")
    evidence = json.loads(base64.b64decode(cms))  # it is one of a batch
    evidence["index"] ^= 1
    moved = json.dumps(evidence, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    cms = base64.b64encode(moved.encode()).decode()
    run_sql(lab, "centre", f"UPDATE evidence SET cms = '{cms}' WHERE {condition}")


def forge_sent(lab, change):
    lines = (lab / "sent.jsonl").read_text().splitlines()
    (lab / "sent.jsonl").write_text("\n".join(change(lines)) + "\n")


def another_letter(lines):
    letter = json.loads(lines[0])
    letter["document"] = letter["document"][:-4] + "0000"
    return [*lines, json.dumps(letter)]


# What is done, to whom, and what has to be said about it.
CORRUPTIONS = {
    "a row behind A.1 is gone": (
        lambda lab: run_sql(lab, "centre", f"DELETE FROM packages WHERE message_id = {FIRST}"),
        "lost", "A.1 without its row"),
    "an A.1 is gone": (
        lambda lab: run_sql(lab, "centre", "DELETE FROM evidence WHERE kind = 'A.1' AND "
                            f"message_id = {FIRST}"), "unaccounted", "a row without A.1"),
    "a recipient is gone": (
        lambda lab: run_sql(lab, "centre", "DELETE FROM recipients WHERE id = "
                            "(SELECT min(id) FROM recipients)"), "lost", "recipients instead of"),
    "a body is gone": (remove_body, "lost", "A.1 without its body"),
    "a body has flipped": (lambda lab: flip(body(lab)), "lost", "its body is damaged"),
    "a package came twice": (
        lambda lab: copy_rows(lab, "centre", "packages", f"message_id = {FIRST}",
                              {"id": "'x'", "message_id": "'x'"}), "twice", "2 packages"),
    "a final is gone": (
        lambda lab: run_sql(lab, "centre", "DELETE FROM evidence WHERE id = "
                            "(SELECT min(id) FROM evidence WHERE kind = 'E.1')"),
        "unaccounted", "but its finals are []"),
    "a final came twice": (
        lambda lab: copy_rows(lab, "centre", "evidence", "id = (SELECT min(id) FROM evidence "
                              "WHERE kind = 'E.1')", {"id": "'x'", "sha256": "'x'"}),
        "twice", "finals ['E.1', 'E.1']"),
    "a final without its fact": (
        lambda lab: run_sql(lab, "centre", "UPDATE recipients SET state = 'consigned' WHERE id = "
                            "(SELECT min(id) FROM recipients)"), "unaccounted", "accounting: "),
    "a D.1 is gone": (
        lambda lab: run_sql(lab, "centre", "DELETE FROM evidence WHERE id = "
                            "(SELECT min(id) FROM evidence WHERE kind = 'D.1')"),
        "unaccounted", "consigned without D.1"),
    "a mail is gone": (
        lambda lab: run_sql(lab, "b", "DELETE FROM mails WHERE id = (SELECT min(id) FROM mails)"),
        "lost", "the mail is not there"),
    "a mail came twice": (
        lambda lab: copy_rows(lab, "b", "mails", "id = (SELECT min(id) FROM mails)",
                              {"id": "'x'", "message_id": "'x'"}), "twice", "2 times at b"),
    "a mail has other files": (
        lambda lab: run_sql(lab, "c", "UPDATE mail_parts SET sha256 = 'x' WHERE kind = 'sw'"),
        "lost", "not the files that were sent"),
    "a received file is gone": (lambda lab: received_file(lab).path.unlink(), "lost", "is missing"),
    "a received file has flipped": (lambda lab: flip(received_file(lab)), "lost", "damaged"),
    "a received mail without E.1": (
        lambda lab: run_sql(lab, "b", "DELETE FROM evidence WHERE kind = 'E.1'"),
        "unaccounted", "received with 0 E.1"),
    "the sender lacks a proof": (
        lambda lab: run_sql(lab, "a", "DELETE FROM evidence WHERE kind = 'E.1'"),
        "unaccounted", "E.1 missing"),
    "the sender sees another state": (
        lambda lab: run_sql(lab, "a", "UPDATE outgoing_recipients SET state = 'held'"),
        "unaccounted", "held at its sender"),
    "a sending is gone": (
        lambda lab: run_sql(lab, "a", "DELETE FROM sendings WHERE id = (SELECT min(id) FROM "
                            "sendings)"), "lost", "0 sendings at its sender"),
    "a statement was changed": (
        lambda lab: run_sql(lab, "centre", "UPDATE evidence SET statement = "
                            "replace(statement, 'recipient_count\":2', 'recipient_count\":3') "
                            "WHERE kind = 'A.1'"), "broken", "not the bytes it is named by"),
    "a signature was changed": (
        lambda lab: run_sql(lab, "centre", "UPDATE evidence SET cms = substr(cms, 1, "
                            "length(cms) - 20) || 'AAAAAAAA' || substr(cms, length(cms) - 11) "
                            "WHERE kind = 'E.1'"), "broken", "openssl refuses its signature"),
    "an evidence has another's place in its batch": (
        move_in_batch, "broken", "what is signed is not what is stated"),
    "an evidence signed by another": (sign_by_another, "broken", "signed by another"),
    "an evidence never signed": (
        lambda lab: run_sql(lab, "centre", "UPDATE evidence SET cms = NULL WHERE kind = 'D.1'"),
        "unaccounted", "unsigned"),
    "a log entry has flipped": (
        lambda lab: flip(whole(tile(lab, "entries"))), "broken", "do not match their hashes"),
    "a log entry stands there twice": (log_twice, "twice", "in the log at"),
    "the log lost its end": (
        lambda lab: tile(lab, "entries").unlink(), "lost", "is missing"),
    "a place in the log is wrong": (
        lambda lab: run_sql(lab, "centre", "UPDATE evidence SET log_index = log_index + 1 "
                            "WHERE kind = 'A.1'"), "unaccounted", "not in the log at its place"),
    "a journal entry is gone": (
        lambda lab: run_sql(lab, "centre", "DELETE FROM journal WHERE id = (SELECT min(id) FROM "
                            "journal)"), "unaccounted", "belongs to nothing"),
    "the checkpoint was forged": (
        lambda lab: (lab / "centre/data/log/checkpoint").write_text(
            (lab / "centre/data/log/checkpoint").read_text()[:-12] + "AAAAAAAAAAA\n"),
        "broken", "not signed by the log's key"),
    "news skipped a number": (
        lambda lab: run_sql(lab, "centre", "DELETE FROM news WHERE sequence = 2"),
        "unaccounted", "a gap"),
    "news told twice": (
        lambda lab: copy_rows(lab, "centre", "news", "sequence = 1",
                              {"sequence": "(SELECT max(n.sequence) + 1 FROM news n WHERE "
                                           "n.org_code = news.org_code)"}), "twice", "told twice"),
    "a letter never arrived": (
        lambda lab: forge_sent(lab, another_letter), "lost", "the centre never had it"),
    "an A.1 that its sender was told of is gone": (
        lambda lab: (lab / "acknowledged.jsonl").write_text(json.dumps(
            {"sender": "T01000000A", "message": "x", "sha256": "x"}) + "\n"), "lost", "its A.1 is gone"),
    "a document that nobody sent": (
        lambda lab: forge_sent(lab, lambda lines: lines[1:]), "unaccounted", "nobody sent"),
}


class CheckerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="yizhan-checker-", dir=memory())
        cls.sound = pathlib.Path(cls.folder.name) / "sound"
        exchange = Exchange(cls.sound, programs())
        exchange.make()
        settings = cls.sound / "centre/exchange.toml"
        settings.write_text('batch_signing = "on"\n' + settings.read_text())
        exchange.require_all()
        try:
            clerk = Clerk(exchange)
            for _ in range(LETTERS):
                clerk.send()
            cls.left = exchange.settle()
        finally:
            exchange.kill_all()
        settle_log(cls.sound)
        shutil.rmtree(cls.sound / "run")
        for name in ("clamd", "clamd-agencies"):
            shutil.rmtree(cls.sound / name)
        cls.known = pathlib.Path(cls.folder.name) / "known"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_a_sound_history_holds(self):
        self.assertEqual(self.left, [])
        history = check(self.sound, self.known)
        self.assertEqual(history.findings.lines, [])
        self.assertEqual((history.accepted, history.finals, history.pending),
                         (2 * LETTERS, 2 * LETTERS, 0))

    def test_each_seeded_corruption_is_found(self):
        check(self.sound, self.known)
        for name, (corrupt, meaning, text) in CORRUPTIONS.items():
            with self.subTest(name):
                lab = pathlib.Path(self.folder.name) / "corrupted"
                shutil.copytree(self.sound, lab)
                try:
                    corrupt(lab)
                    # What was verified stays verified: its name is the hash of its bytes.
                    known = shutil.copy(self.known, lab / "known")
                    lines = check(lab, known).findings.lines
                finally:
                    shutil.rmtree(lab)
                self.assertTrue(any(kind == meaning and text in said for kind, said in lines),
                                f"said only {lines}")

    def test_what_is_pending_is_counted_and_no_finding(self):
        lab = pathlib.Path(self.folder.name) / "pending"
        shutil.copytree(self.sound, lab)
        first = "id = (SELECT min(id) FROM recipients)"
        org = ask_sql(lab, "centre", f"SELECT org_code FROM recipients WHERE {first}")
        owner = "b" if org.endswith("B") else "c"
        message = ask_sql(lab, "centre", "SELECT message_id FROM packages WHERE id = (SELECT "
                                         f"package_id FROM recipients WHERE {first})")
        final = f"kind = 'E.1' AND message_id = '{message}' AND recipient = '{org}'"
        unproven = ("DELETE FROM evidence_proofs WHERE evidence_id IN "
                    f"(SELECT id FROM evidence WHERE {final})")
        run_sql(lab, "centre", f"UPDATE recipients SET state = 'consigned' WHERE {first}",
                f"DELETE FROM news WHERE evidence_id = (SELECT id FROM evidence WHERE {final})",
                f"DELETE FROM evidence WHERE {final}")
        run_sql(lab, "a", unproven, f"DELETE FROM evidence WHERE {final}",
                "UPDATE outgoing_recipients SET "
                f"state = 'consigned' WHERE message_id = '{message}' AND org_code = '{org}'")
        mail = f"(SELECT id FROM mails WHERE message_id = '{message}')"
        run_sql(lab, owner, f"DELETE FROM hand_ins WHERE mail_id = {mail}",
                f"DELETE FROM mail_parts WHERE mail_id = {mail}",
                f"DELETE FROM mails WHERE message_id = '{message}'", unproven,
                f"DELETE FROM evidence WHERE {final}")
        history = check(lab, self.known)
        self.assertEqual(history.pending, 1)
        lines = [text for _, text in history.findings.lines
                 if "log: entry" not in text and "news of" not in text]  # they remember
        self.assertEqual(lines, [])


if __name__ == "__main__":
    unittest.main()
