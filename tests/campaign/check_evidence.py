"""The checker's second half: evidence and its log, held against the openssl program and RFC 9162.
Nothing of the product's."""

import base64
import collections
import hashlib
import multiprocessing.pool
import os
import json
import pathlib
import ssl
import subprocess
import tempfile

TILE_WIDTH = 256


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def merkle_root(hashes):
    """RFC 9162 §2.1.1."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle_root(hashes[:split]) + merkle_root(hashes[split:])).digest()


def root_over(node, place, path):
    """RFC 9162 §2.1.3.2: the root of the tree in which the node stands at (index, size). None: the path
    is of another length."""
    index, size = place
    if size == 1 or not path:
        return node if size == 1 and not path else None
    split = 1 << (size - 1).bit_length() - 1
    beside, right = path[-1], index >= split
    inner = (index - split, size - split) if right else (index, split)
    own = root_over(node, inner, path[:-1])
    if own is None:
        return None
    return hashlib.sha256(b"\1" + (beside + own if right else own + beside)).digest()


def is_batched(evidence):
    return evidence.startswith(b'{"format":"yizhan-batched-evidence-1",')


def batched_statement(evidence, batch):
    """What the evidence of a batch states, once it is found under the root that was signed; or None."""
    batch = json.loads(batch)
    statement = evidence["statement"].encode()
    root = root_over(leaf_hash(b"yizhan-batch-1\n" + statement), (evidence["index"], batch["count"]),
                     [bytes.fromhex(node) for node in evidence["path"]])
    if batch["format"] != "yizhan-batch-1" or root is None or root.hex() != batch["root"]:
        return None
    return statement


class Signatures:
    """Verifies with the openssl program; what it has verified once it knows by its SHA-256."""

    def __init__(self, history, known):
        self.history, self.known_file = history, pathlib.Path(known) if known else None
        self.known = set()
        if self.known_file and self.known_file.exists():
            self.known = set(self.known_file.read_text().split())
        self.folder = tempfile.TemporaryDirectory()
        trust = history.lab / "trust"
        self.trust = pathlib.Path(self.folder.name) / "trust.pem"
        self.trust.write_bytes(b"".join(
            path.read_bytes() for kind in ("anchors", "intermediates")
            for path in sorted((trust / kind).iterdir())))
        self.certificates = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def certificate(self, name):
        if name not in self.certificates:
            pem = (self.history.lab / name).read_text()
            self.certificates[name] = ssl.PEM_cert_to_DER_cert(pem)
        return self.certificates[name]

    def signer_of(self, row):
        """The certificate file that may sign this."""
        stated = json.loads(row["statement"])
        actor = stated.get("actor", {})
        if actor.get("org_code") in self.history.terminals:
            return f"{self.history.terminals[actor['org_code']].folder.name}/keys/sign.crt"
        code = stated["centre"] if row["kind"] == "verdict" else actor.get("centre")
        folders = {centre.code: centre.folder.name for centre in self.history.centres}
        key = "scanner" if row["kind"] == "verdict" else "evidence"
        return f"{folders[code]}/keys/{key}.crt"

    def verify(self, digest, row):
        """Nothing, or what is wrong with it."""
        base = os.path.join(self.folder.name, digest)
        try:
            batched = json.loads(row["bytes"]) if is_batched(row["bytes"]) else None
        except ValueError:
            return "not an evidence of a batch"
        cms = base64.b64decode(batched["signature"]) if batched else row["bytes"]
        run = subprocess.run(
            ["openssl", "cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any",
             "-CAfile", str(self.trust), "-signer", base + ".pem", "-out", base + ".json"],
            input=cms, capture_output=True, check=False)
        if run.returncode != 0:
            return "openssl refuses its signature"
        content = pathlib.Path(base + ".json").read_bytes()
        if batched:
            content = batched_statement(batched, content)
        signer = ssl.PEM_cert_to_DER_cert(pathlib.Path(base + ".pem").read_text())
        os.unlink(base + ".json")
        os.unlink(base + ".pem")
        if content != row["statement"].encode():
            return "what is signed is not what is stated"
        if signer != self.certificate(self.signer_of(row)):
            return "signed by another than it should be"
        self.known.add(digest)
        return None

    def check_all(self):
        rows = {}  # the same evidence lies in several places: looked at once
        for place in self.history.places():
            for row in place.evidence:
                digest = sha256(row["bytes"] + row["statement"].encode())
                if row["bytes"] and digest not in self.known:
                    rows[digest] = (place, row)
        with multiprocessing.pool.ThreadPool(4) as pool:
            verdicts = pool.map(lambda digest: self.verify(digest, rows[digest][1]), rows)
        for (place, row), wrong in zip(rows.values(), verdicts):
            if wrong:
                self.history.findings.add(
                    "broken",
                    f"{row['kind']} of {row['message_id']} at {place.folder.name}: {wrong}")
        if self.known_file:
            self.known_file.write_text("\n".join(sorted(self.known)))


def tile_path(level, index, width):
    """C2SP tlog-tiles."""
    parts = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(parts)}{partial}"


def split_entries(bundle):
    entries, at = [], 0
    while at + 2 <= len(bundle):
        length = int.from_bytes(bundle[at:at + 2], "big")
        entries.append(bundle[at + 2:at + 2 + length])
        at += 2 + length
    return entries if at == len(bundle) else []


def read_tail(folder, size):
    """What was appended after the tiles that the head names: records of length, index of the first
    entry, SHA-256 and bundle, until one does not go on where the log ends."""
    tail, at, entries = (folder / "tail").read_bytes(), 0, []
    while at + 44 <= len(tail):
        length = int.from_bytes(tail[at:at + 4], "big")
        covered = tail[at + 4:at + 12] + tail[at + 44:at + 44 + length]
        first = int.from_bytes(covered[:8], "big")
        if first != size + len(entries) or tail[at + 12:at + 44] != hashlib.sha256(
                covered).digest():
            break
        entries += split_entries(covered[8:])
        at += 44 + length
    return entries


def read_log(history, folder):
    """Every entry that is durable: those of the tiles that the head promises, each proven by the
    hash tile beside it, and those of the tail."""
    lines = (folder / "head").read_text().split("\n")
    size, root = int(lines[1]), base64.b64decode(lines[2])
    entries, hashes = [], []
    for index in range((size + TILE_WIDTH - 1) // TILE_WIDTH):
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        try:
            bundle = split_entries((folder / tile_path("entries", index, width)).read_bytes())
            tile = (folder / tile_path(0, index, width)).read_bytes()
        except FileNotFoundError as missing:
            history.findings.add("lost", f"log: {missing.filename} is missing")
            return [], []
        own = [leaf_hash(entry) for entry in bundle]
        history.findings.expect(b"".join(own) == tile and len(own) == width, "broken",
                                f"log: entries of tile {index} do not match their hashes")
        entries += bundle
        hashes += own
    history.findings.expect(merkle_root(hashes) == root, "broken", "log: not the root of its head")
    newest = read_tail(folder, size)
    return entries + newest, hashes + [leaf_hash(entry) for entry in newest]


def check_checkpoint(history, centre, folder, hashes):
    text, _, signature = (folder / "checkpoint").read_text().partition("\n\n")
    origin, size, root = text.split("\n")[:3]
    found = history.findings
    found.expect(merkle_root(hashes[:int(size)]) == base64.b64decode(root) and
                 int(size) <= len(hashes), "broken", "log: the checkpoint shows another log")
    found.expect(int(size) == len(hashes), "unaccounted", "log: the newest entries stand under "
                                                          "no checkpoint")
    blob = base64.b64decode(signature.split()[-1])
    with tempfile.TemporaryDirectory() as work:
        base = pathlib.Path(work)
        (base / "signature").write_bytes(blob[4:])
        (base / "text").write_text(text + "\n")
        certificate = str(centre.folder / "keys/log.crt")
        key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
                             capture_output=True, check=True).stdout
        (base / "key").write_bytes(key)
        run = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin",
                              "-inkey", base / "key", "-in", base / "text",
                              "-sigfile", base / "signature"], capture_output=True, check=False)
    found.expect(run.returncode == 0 and signature.startswith(f"— {origin} "), "broken",
                 "log: the checkpoint is not signed by the log's key")


def check_logs(history):
    for centre in history.centres:
        check_log(history, centre)


def check_log(history, centre):
    """Every evidence and every journal entry stands in the log once, at its place; nothing else."""
    found = history.findings
    folder = centre.folder / "data/log"
    entries, hashes = read_log(history, folder)
    if not entries:
        return
    check_checkpoint(history, centre, folder, hashes)
    owners = [(f"{e['kind']} of {e['message_id']}", e["log_index"], e["bytes"])
              for e in centre.evidence]
    owners += [(f"journal {j['id']}", j["log_index"], j["entry"].encode())
               for j in centre.journal]
    places = collections.defaultdict(list)
    for index, entry in enumerate(entries):
        places[entry].append(index)
    claimed = set()
    for name, index, content in owners:
        there = places[content]
        found.expect(len(there) < 2, "twice", f"{name}: in the log at {there}")
        found.expect(there and index in there, "unaccounted",
                     f"{name}: not in the log at its place {index}")
        claimed.update(there)
    for index in set(range(len(entries))) - claimed:
        found.add("unaccounted", f"log: entry {index} belongs to nothing in the store")
