#!/usr/bin/env python3
"""Checks an export of one document (docs/protocol/export.md) without Yizhan: Python's own library and
the openssl program, nothing else. Written from docs/protocol, so that a fault of `yizhan verify` is not
repeated here.

    verify_export.py FOLDER|CONTAINER --trust DIR [--json]

Answers as `yizhan verify` does: 0 valid, 2 consistent under anchors that were not given, 1 broken.
Revocation lists that are deltas or indirect are not read: where a judgement would rest on them, the
export is refused.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import stat
import sys
import tempfile
import urllib.parse
import zipfile

import yizhan_cms as cms
from yizhan_forms import (Broken, addressee, base64_of, canonical, code, digest_of, fields, folded,
                          is_plain_name, items_of, leaf_hash, merkle_root, milliseconds,
                          parse_json, part_name, sha256, split_note, under_root, uuid7)

INDEX_MAX, HELD_MAX = 16 << 20, 512 << 20
HOUR, MINUTE, DAY = 3_600_000, 60_000, 86_400_000
BY_CENTRE = {"A.1", "A.2", "Held", "Released", "B.1", "B.2", "B.3", "C.5", "D.1", "D.2"}
BY_AGENCY = {"E.1", "E.2", "F.1", "F.2"}
FINAL = {"A.2", "B.3", "C.5", "D.2", "E.1", "E.2"}
PRECEDED = {"D.1": "A.1", "E.1": "D.1", "E.2": "D.1", "F.1": "E.1", "F.2": "E.1"}
PURPOSES = {"sign", "encrypt", "tls", "scanner", "evidence", "log", "officer"}


def at(where, check, *arguments, **named):
    """The check, with the file's name on its refusal."""
    try:
        return check(*arguments, **named)
    except Broken as broken:
        raise Broken(f"{where}: {broken}") from None


class Folder:
    """Step 1 and 2: the files against their index."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        index = self.regular("index.json", INDEX_MAX)
        self.signature = at("index.p7m", cms.open_signed, self.regular("index.p7m", INDEX_MAX + 65536))
        if self.signature.content != index:
            raise Broken("index.json: not what index.p7m signs")
        self.index = at("index.json", self.parse_index, index)
        self.used, self.kept = set(), {}
        for entry in self.index["files"]:
            self.read(entry)
        self.check_nothing_else()

    def regular(self, name, most):
        path = self.path / name
        try:
            status = path.lstat()
        except OSError:
            raise Broken(f"{name}: not there") from None
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise Broken(f"{name}: no ordinary file, or too large")
        return path.read_bytes()

    @staticmethod
    def parse_index(raw):
        index = parse_json(raw, INDEX_MAX, 4)
        fields(index, {"format": str, "exporter": str, "role": str, "document_id": str, "time": str,
                       "directory_version": 0, "unproven": 0, "packages": list, "files": list})
        if index["format"] != "yizhan-export-1" or canonical(index) != raw:
            raise Broken("another format, or not canonical (RFC 8785)")
        code(index["exporter"], 10)
        uuid7(index["document_id"])
        index["ms"] = milliseconds(index["time"])
        if index["role"] not in ("sender", "recipient") or not index["packages"]:
            raise Broken("role or packages")
        for number, item in enumerate(index["packages"], 1):
            fields(item, {"number": 1, "sender": str, "message_id": str})
            code(item["sender"], 10)
            uuid7(item["message_id"])
            if item["number"] != number:
                raise Broken("packages are not counted 1, 2, 3")
        last = b""
        for item in index["files"]:
            fields(item, {"name": str, "size": 0, "sha256": str})
            digest_of(item["sha256"])
            if not Folder.is_name(item["name"]) or item["name"].encode() <= last:
                raise Broken("a name that is not allowed, or out of order")
            last = item["name"].encode()
        return index

    @staticmethod
    def is_name(name):
        components = name.split("/")
        if name in ("index.json", "index.p7m") or any(c in ("", ".", "..") for c in components):
            return False
        *folders, last = components
        return all(map(is_plain_name, folders)) and (
            is_plain_name(last) or (folders[:1] == ["parts"] and part_name(last)))

    def read(self, entry):
        name, path = entry["name"], self.path
        for component in name.split("/"):
            path = path / component
            try:
                mode = path.lstat().st_mode
            except OSError:
                raise Broken(f"{name}: not there") from None
            if stat.S_ISLNK(mode):
                raise Broken(f"{name}: a link")
        is_part = name.startswith("parts/")
        if not stat.S_ISREG(mode) or path.stat().st_size != entry["size"]:
            raise Broken(f"{name}: not of its size")
        if not is_part and entry["size"] > HELD_MAX:
            raise Broken(f"{name}: too large")
        digest, held = hashlib.sha256(), bytearray()
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                if not is_part:
                    held += piece
        if digest.hexdigest() != entry["sha256"]:
            raise Broken(f"{name}: its SHA-256 is another")
        self.kept[name] = None if is_part else bytes(held)

    def check_nothing_else(self):
        names = set(self.kept) | {"index.json", "index.p7m"}
        folders = {parent for name in names for parent in parents(name)}

        def walk(folder, prefix):
            for path in folder.iterdir():
                name = prefix + path.name
                mode = path.lstat().st_mode
                if stat.S_ISDIR(mode):
                    if name not in folders:
                        raise Broken(f"{name!r}: no file of the index is in it")
                    walk(path, name + "/")
                elif not stat.S_ISREG(mode) or name not in names:
                    raise Broken(f"{name!r}: the index does not name it")

        walk(self.path, "")

    def require(self, name):
        content = self.kept.get(name)
        if content is None:
            raise Broken(f"{name}: not there")
        self.used.add(name)
        return content

    def under(self, prefix):
        return [name for name in sorted(self.kept, key=str.encode) if name.startswith(prefix)]

    def use_part(self, part):
        """The file under parts/ with that name and content."""
        found = False
        for entry in self.index["files"]:
            pieces = entry["name"].split("/", 2)
            if len(pieces) < 3 or pieces[0] != "parts" or pieces[2] != part["name"]:
                continue
            if entry["sha256"] == part["sha256"] and entry["size"] == part["length"] and not found:
                self.used.add(entry["name"])
                found = True
        return found

    def check_all_used(self):
        unused = set(self.kept) - self.used
        if unused:
            raise Broken(f"{sorted(unused)[0]!r}: nothing in the export uses it")


def parents(name):
    pieces = name.split("/")
    return ["/".join(pieces[:i]) for i in range(1, len(pieces))]


class Directory:
    """Step 3: who is who, and with which certificates."""

    def __init__(self, raw):
        document = parse_json(raw, HELD_MAX, 8)
        fields(document, {"format": str, "version": int, "issued": str, "expires": str,
                          "centres": list, "agencies": list}, {"witness_policy": dict})
        self.cosignatures = None
        if "witness_policy" in document:
            fields(document["witness_policy"], {"cosignatures": 0})
            self.cosignatures = document["witness_policy"]["cosignatures"]
            if self.cosignatures > 31:
                raise Broken("more co-signatures than fit under a checkpoint")
        if document["format"] != "yizhan-directory-1":
            raise Broken("another format")
        milliseconds(document["issued"]), milliseconds(document["expires"])
        self.version = document["version"]
        self.centres, self.agencies = {}, {}
        for item in document["centres"]:
            fields(item, {"code": str, "name": str, "standing": str, "host": str,
                          "terminal_port": int, "certificates": list},
                   {"centre_port": 1, "addresses": list})
            code(item["code"], (2, 32), "-")
            self.add(self.centres, item)
        for item in document["agencies"]:
            fields(item, {"code": str, "name": str, "standing": str, "home_centre": str,
                          "units": list, "addresses": list, "certificates": list},
                   {"former_centre": dict, "representative": dict})
            code(item["code"], 10)
            if by := item.get("representative"):
                fields(by, {"org_code": str, "from": str, "until": str})
                code(by["org_code"], 10)
                by["span"] = milliseconds(by["from"]), milliseconds(by["until"])
            if former := item.get("former_centre"):
                fields(former, {"centre": str, "moved": str})
                code(former["centre"], (2, 32), "-")
                former["until"] = milliseconds(former["moved"]) + 30 * DAY
                if former["centre"] == item["home_centre"]:
                    raise Broken("an agency that has moved to where it was")
            self.add(self.agencies, item)
        for item in self.agencies.values():
            by = self.agencies.get(item.get("representative", {}).get("org_code"), item)
            if "representative" in item and (by is item or "representative" in by
                                             or by["home_centre"] != item["home_centre"]):
                raise Broken("represented by nobody who may")

    def add(self, to, item):
        if item["code"] in to or item["standing"] not in ("active", "suspended", "closed"):
            raise Broken("a code that comes twice, or an unknown standing")
        for entry in item["certificates"]:
            fields(entry, {"purpose": str, "certificate": str, "from": str, "until": str,
                           "holder": str})
            if entry["purpose"] not in PURPOSES:
                raise Broken("an unknown purpose")
            entry["der"] = base64_of(entry["certificate"])
            entry["span"] = milliseconds(entry["from"]), milliseconds(entry["until"])
        to[item["code"]] = item

    def serves(self, centre, org, moment):
        """The home centre does; for 30 days the one from which the agency has moved."""
        agency = self.agencies[org]
        former = agency.get("former_centre")
        return agency["home_centre"] == centre or bool(
            former and former["centre"] == centre and moment < former["until"])

    def receives_for(self, org, recipient, moment):
        """Of itself, or, in its time, of whom it represents."""
        by = self.agencies.get(recipient, {}).get("representative")
        is_its_time = by is not None and by["span"][0] <= moment < by["span"][1]
        return org == recipient or bool(is_its_time and by["org_code"] == org)

    def log_keys(self, code):
        return [cms.Certificate(entry["der"]) for entry in self.centres[code]["certificates"]
                if entry["purpose"] == "log"]

    def cosignatures_required(self, own):
        """Of other centres: what the policy says; else two, or as many as there are."""
        if self.cosignatures is not None:
            return self.cosignatures
        others = [code for code, centre in self.centres.items()
                  if code != own and centre["standing"] != "closed" and self.log_keys(code)]
        return min(2, len(others))

    def check_registered(self, owner, purpose, der, moment):
        for entry in owner["certificates"] if owner else []:
            begin, end = entry["span"]
            if entry["der"] == der and entry["purpose"] == purpose and begin <= moment < end:
                return
        raise Broken(f"the signer is not registered for that ({purpose})")


class Package:
    """Steps 4 to 10 for one package."""

    def __init__(self, export, number, expected):
        self.export, self.files, self.directory = export, export.files, export.directory
        self.folder = f"packages/{number:02}/"
        raw = self.files.require(self.folder + "header.p7m")
        self.header_sha256 = sha256(raw)
        self.signed = at(self.name("header.p7m"), cms.open_signed, raw, 80 << 10)
        self.header = at(self.name("header.p7m"), self.parse_header, self.signed.content)
        if (self.header["sender"]["org_code"], self.header["message_id"]) != (
                expected["sender"], expected["message_id"]):
            raise Broken(f"{self.folder}: not the package that the index names")
        if self.header["document_id"] != export.index["document_id"]:
            raise Broken(f"{self.folder}: of another document")
        self.statements, self.verdicts = {}, {}
        self.read_statements()
        self.read_verdicts()
        self.check_numbers()
        self.read_recipients()
        self.check_chain()
        self.check_sender()
        self.check_groups()
        self.check_manifest()
        self.check_custody()
        self.check_passes()
        self.check_proofs()

    def name(self, file):
        return self.folder + file

    def parse_header(self, raw):
        header = parse_json(raw, 65536, 8)
        fields(header, {"format": str, "message_id": str, "document_id": str, "sender": dict,
                        "home_centre": str, "recipients_root": str, "recipient_count": 1,
                        "with_attachments": bool, "scanners": list, "created": str, "expires": str,
                        "plain_length": 0, "salt": str, "commitment": str, "cipher_root": str,
                        "plaintext_root": str, "directory_version": int, "policy_version": int},
               {"urgency": str, "resend_of": str, "resend_reason": str})
        fields(header["sender"], {"org_code": str, "unit_code": str, "certificate_sha256": str})
        addressee(header["sender"]["org_code"], header["sender"]["unit_code"])
        uuid7(header["message_id"]), uuid7(header["document_id"])
        code(header["home_centre"], (2, 32), "-")
        for member in ("recipients_root", "commitment", "cipher_root", "plaintext_root"):
            digest_of(header[member])
        scanners = items_of(header["scanners"], {"centre": str, "certificate_sha256": str,
                                                 "key_block_sha256": str})
        centres = [item["centre"] for item in scanners]
        life = milliseconds(header["expires"]) - milliseconds(header["created"])
        if (header["format"] != "yizhan-package-1" or header["recipient_count"] > 10000
                or header["plain_length"] > 1 << 30 or len(base64_of(header["salt"])) != 24
                or not 0 < life <= 30 * DAY or ("resend_of" in header) != ("resend_reason" in header)
                or header.get("urgency", "normal") not in ("normal", "fast", "fastest")
                or not 1 <= len(centres) <= 64 or centres != sorted(set(centres))):
            raise Broken("a member of the header is beyond what is allowed")
        if sha256(self.signed.certificate) != header["sender"]["certificate_sha256"]:
            raise Broken("signed with another certificate than the header names")
        return header

    def read_statements(self):
        for file in self.files.under(self.name("evidence/")):
            raw = self.files.require(file)
            signed = at(file, cms.open_evidence, raw)
            said = at(file, self.parse_statement, signed)
            number = leading_number(file)
            who, form = said["who"] or "all", "json" if cms.is_batched(raw) else "p7m"
            if file != self.name(f"evidence/{number:02}-{said['type']}-{who}.{form}"):
                raise Broken(f"{file}: its name is not what it states")
            if ((said["sender"], said["message_id"], said["header_sha256"])
                    != (self.header["sender"]["org_code"], self.header["message_id"],
                        self.header_sha256)
                    or said.get("plaintext_root", self.header["plaintext_root"])
                    != self.header["plaintext_root"]):
                raise Broken(f"{file}: of another package")
            at(file, self.check_actor, said, signed)
            self.export.signed_by(signed.certificate, said["ms"], file)
            self.enter(self.statements, number, file, said)

    def enter(self, to, number, file, said):
        if number in self.statements or number in self.verdicts:
            raise Broken(f"{file}: its number comes twice")
        to[number] = dict(said, file=file, number=number)

    @staticmethod
    def parse_statement(signed):
        said = parse_json(signed.content, 65536, 6)
        fields(said, {"format": str, "type": str, "sender": str, "message_id": str,
                      "header_sha256": str, "previous_sha256": list, "actor": dict, "time": str},
               {"recipient": dict, "plaintext_root": str, "recipient_count": 1, "lease": dict,
                "leaves_sha256": str, "reason": str, "detail": str, "approvals": list})
        actor = said["actor"]
        fields(actor, {"certificate_sha256": str},
               {"org_code": str, "centre": str, "terminal": str, "module": str})
        if said["format"] != "yizhan-evidence-1" or said["type"] not in BY_CENTRE | BY_AGENCY:
            raise Broken("another format or type")
        if ("org_code" in actor) == ("centre" in actor):
            raise Broken("stated by nobody, or by two")
        if actor["certificate_sha256"] != sha256(signed.certificate):
            raise Broken("signed with another certificate than it names")
        said["who"] = None
        if "recipient" in said:
            fields(said["recipient"], {"org_code": str, "unit_code": str})
            said["who"] = addressee(said["recipient"]["org_code"], said["recipient"]["unit_code"])
        if "lease" in said:
            fields(said["lease"], {"id": str, "fencing": int})
        for digest in said["previous_sha256"]:
            digest_of(digest)
        if "leaves_sha256" in said:
            digest_of(said["leaves_sha256"])
        said["ms"], said["name"] = milliseconds(said["time"]), sha256(signed.content)
        return said

    def check_actor(self, said, signed):
        cms.check_strength(signed)
        centre, org = said["actor"].get("centre"), said["actor"].get("org_code")
        if (said["type"] in BY_CENTRE) != (centre is not None):
            raise Broken("stated by a party that may not state this")
        if centre is not None:
            owner, purpose = self.directory.centres.get(centre), "evidence"
        else:
            owner, purpose = self.directory.agencies.get(org), "sign"
            if said["who"] is None or not self.directory.receives_for(
                    org, said["who"][:10], said["ms"]):
                raise Broken("an agency speaks of what another did")
        self.directory.check_registered(owner, purpose, signed.certificate, said["ms"])

    def read_verdicts(self):
        for file in self.files.under(self.name("verdicts/")):
            signed = at(file, cms.open_signed, self.files.require(file), 32 << 10)
            said = at(file, self.parse_verdict, signed)
            number = leading_number(file)
            if file != self.name(f"verdicts/{number:02}.p7m"):
                raise Broken(f"{file}: not a name of a verdict")
            at(file, self.check_scanner, said, signed)
            self.export.signed_by(signed.certificate, said["ms"], file)
            self.enter(self.verdicts, number, file, said)

    @staticmethod
    def parse_verdict(signed):
        said = parse_json(signed.content, 16384, 4)
        fields(said, {"format": str, "centre": str, "scanner_certificate_sha256": str, "sender": str,
                      "message_id": str, "header_sha256": str, "cipher_root": str,
                      "plaintext_root": str, "result": str, "inventory": dict, "engine": str,
                      "signatures_version": str, "policy_version": int, "time": str},
               {"name": str, "reason": str, "detail": str})
        fields(said["inventory"], {"parts": int, "bytes": int, "members": int, "depth": int})
        if (said["format"] != "yizhan-verdict-1"
                or said["result"] not in ("clean", "infected", "refused", "incomplete")
                or said["scanner_certificate_sha256"] != sha256(signed.certificate)):
            raise Broken("another format or result, or signed with another certificate")
        said["ms"], said["name_sha256"] = milliseconds(said["time"]), sha256(signed.content)
        return said

    def check_scanner(self, said, signed):
        header = self.header
        cms.check_strength(signed)
        if ((said["sender"], said["message_id"], said["header_sha256"], said["cipher_root"],
             said["plaintext_root"])
                != (header["sender"]["org_code"], header["message_id"], self.header_sha256,
                    header["cipher_root"], header["plaintext_root"])):
            raise Broken("of another package")
        self.directory.check_registered(self.directory.centres.get(said["centre"]), "scanner",
                                        signed.certificate, said["ms"])
        if (said["centre"], sha256(signed.certificate)) not in {
                (item["centre"], item["certificate_sha256"]) for item in header["scanners"]}:
            raise Broken("not a scanner of the header")

    def check_numbers(self):
        numbers = sorted([*self.statements, *self.verdicts])
        if numbers != list(range(1, len(numbers) + 1)):
            raise Broken(f"{self.folder}: evidence and verdicts are not counted 1, 2, 3")

    def read_recipients(self):
        file = self.name("recipients.json")
        document = at(file, parse_json, self.files.require(file), 64 << 20, 4)
        at(file, fields, document, {"recipients": list})
        self.recipients, self.leaves, role = [], {}, self.export.index["role"]
        for item in document["recipients"]:
            self.recipients.append(at(file, self.leaf, item))
        if any(a >= b for a, b in zip(self.recipients, self.recipients[1:])):
            raise Broken(f"{file}: leaves do not ascend")
        count, exporter = len(self.recipients), self.export.index["exporter"]
        if role == "sender":
            whole = (count == self.header["recipient_count"]
                     and exporter == self.header["sender"]["org_code"])
        else:
            whole = count == 1 and self.directory.receives_for(
                exporter, self.recipients[0][0], milliseconds(self.header["created"]))
        if not whole:
            raise Broken(f"{file}: not the recipients that this exporter may show")

    def leaf(self, item):
        fields(item, {"leaf": str, "leaf_index": 0, "path": list})
        raw, size = base64_of(item["leaf"]), self.header["recipient_count"]
        under_root(raw, (item["leaf_index"], size), item["path"], self.header["recipients_root"])
        leaf = parse_json(raw, 4096, 4)
        fields(leaf, {"org_code": str, "unit_code": str, "copy_kind": str, "key_blocks": list})
        blocks = [block["certificate_sha256"] for block in items_of(
            leaf["key_blocks"], {"certificate_sha256": str, "key_block_sha256": str})]
        addressee(leaf["org_code"], leaf["unit_code"])
        if (canonical(leaf) != raw or leaf["copy_kind"] not in ("original", "cc", "transcript")
                or not 1 <= len(blocks) <= 8 or blocks != sorted(set(blocks))):
            raise Broken("a recipient's leaf is not as it must be")
        self.leaves[leaf["org_code"], leaf["unit_code"]] = raw
        return leaf["org_code"], leaf["unit_code"]

    def check_chain(self):
        decisions = [s for s in self.statements.values() if s["type"] in ("A.1", "A.2")]
        # A centre whose store came back from an older copy may have accepted the same header again.
        if not decisions or (len(decisions) > 1
                             and any(s["type"] == "A.2" for s in decisions)):
            raise Broken(f"{self.folder}: no A.1, and not exactly one A.2")
        self.decision = min(decisions, key=lambda s: s["ms"])
        known = {s["name"] for s in self.statements.values()} | {self.header_sha256}
        known |= {v["name_sha256"] for v in self.verdicts.values()}
        present = {org + unit for org, unit in self.recipients}
        for said in self.statements.values():
            if said["type"] in ("A.1", "A.2"):
                self.check_decision(said)
            if said["who"] is not None and said["who"] not in present:
                raise Broken(f"{said['file']}: about nobody in the list of recipients")
            if not set(said["previous_sha256"]) <= known:
                raise Broken(f"{said['file']}: follows what is not in the export")
            before = PRECEDED.get(said["type"])
            if before and not any(
                    s["type"] == before and (before == "A.1" or s["who"] == said["who"])
                    and s["name"] in said["previous_sha256"] for s in self.statements.values()):
                raise Broken(f"{said['file']}: does not follow a {before} about the same recipient")

    def check_decision(self, said):
        if said["actor"].get("centre") != self.header["home_centre"]:
            raise Broken(f"{said['file']}: not by the sender's centre")
        if self.header_sha256 not in said["previous_sha256"]:
            raise Broken(f"{said['file']}: does not follow the header")
        if said["type"] == "A.1" and said.get("recipient_count") != self.header["recipient_count"]:
            raise Broken(f"{said['file']}: another number of recipients than the header's")

    def check_custody(self):
        """Who takes over names whom; who decides about a recipient has taken it over before."""
        home, taken = self.header["home_centre"], {}
        for said in self.statements.values():
            if said["type"] == "B.1":
                if said["actor"]["centre"] == home:
                    raise Broken(f"{said['file']}: by the sender's centre")
                taken.setdefault(said["actor"]["centre"], set()).add(said["name"])
                self.check_takeover(said)
        for said in self.statements.values():
            centre = said["actor"].get("centre", home)
            if centre == home or said["type"] in ("B.1", "B.2"):
                continue
            if centre not in taken:
                raise Broken(f"{said['file']}: by a centre that has not taken over")
            if said["type"] == "D.1" and not taken[centre] & set(said["previous_sha256"]):
                raise Broken(f"{said['file']}: does not follow the B.1 of its centre")
            if said["type"] == "B.3":
                raise Broken(f"{said['file']}: not by the sender's centre")

    def check_takeover(self, said):
        centre = said["actor"]["centre"]
        if not any(s["type"] == "A.1" and s["name"] in said["previous_sha256"]
                   for s in self.statements.values()):
            raise Broken(f"{said['file']}: does not follow the A.1")
        if "recipient_count" not in said or "leaves_sha256" not in said:
            raise Broken(f"{said['file']}: does not say whom it takes over")
        ended = {s["who"] for s in self.statements.values() if s["type"] in FINAL
                 and s["actor"].get("centre") == self.header["home_centre"]}
        hashes = []
        for org, unit in self.recipients:
            agency = self.directory.agencies.get(org)
            if not agency or org + unit in ended:
                continue
            its = agency["home_centre"]
            if "former_centre" in agency:  # either may have taken it, until one has decided
                decision = self.find_decision(org + unit)
                if decision is None:
                    return
                by = decision["actor"].get("centre")
                its = by if self.directory.serves(by, org, decision["ms"]) else its
            if its == centre:
                hashes.append(leaf_hash(self.leaves[org, unit]))
        whole = len(self.recipients) == self.header["recipient_count"]
        if not whole and said["recipient_count"] != 1:
            return  # of more than its own leaf a recipient's export can say nothing
        if (said["recipient_count"] != len(hashes)
                or said["leaves_sha256"] != sha256(b"".join(hashes))):
            raise Broken(f"{said['file']}: takes over others than the header names")

    def find_decision(self, who):
        return next((s for s in self.statements.values()
                     if s["type"] in ("D.1", "D.2", "C.5") and s["who"] == who), None)

    def check_sender(self):
        file, moment = self.name("header.p7m"), self.decision["ms"]
        owner = self.directory.agencies.get(self.header["sender"]["org_code"])
        at(file, self.directory.check_registered, owner, "sign", self.signed.certificate, moment)
        if not cms.Certificate(self.signed.certificate).may_sign:
            raise Broken(f"{file}: the certificate is not for signing")
        ahead = self.signed.time_ms - moment
        if ahead > 5 * MINUTE or -ahead > 24 * HOUR + 5 * MINUTE:
            raise Broken(f"{file}: signed at another time than it was accepted")
        if self.header["directory_version"] > self.directory.version:
            raise Broken(f"{file}: relies on a later directory")
        self.export.signed_by(self.signed.certificate, moment, file)

    def check_groups(self):
        file = self.name("groups.json")
        document = at(file, parse_json, self.files.require(file), 64 << 20, 3)
        at(file, fields, document, {"groups": list})
        groups = [at(file, digest_of, item) for item in document["groups"]]
        length = self.header["plain_length"]
        cipher = length + 16 * (length // 16384 + 1)
        if len(groups) != -(-cipher // 1_049_600):
            raise Broken(f"{file}: not as many groups as the body has")
        if merkle_root(groups).hex() != self.header["cipher_root"]:
            raise Broken(f"{file}: not under the cipher_root")

    def check_manifest(self):
        file = self.name("manifest.json")
        raw = self.files.require(file)
        if sha256(raw) != self.header["plaintext_root"]:
            raise Broken(f"{file}: not the plaintext_root of the header")
        manifest = at(file, parse_json, raw, 1 << 20, 4)
        at(file, fields, manifest, {"blind": str, "subject": str, "document_number": str,
                                    "document_type": str, "secrecy": str, "parts": list})
        if len(at(file, base64_of, manifest["blind"])) != 32 or len(manifest["parts"]) > 1000:
            raise Broken(f"{file}: blind or parts")
        kinds, names, total = [], set(), 8 + len(raw)
        for part in manifest["parts"]:
            at(file, fields, part, {"name": str, "media_type": str, "kind": str, "length": 0,
                                    "sha256": str})
            most = 4 << 20 if part["kind"] in ("di", "sw") else 1 << 30
            if not part_name(part["name"]) or part["length"] > most:
                raise Broken(f"{file}: a part's name or length")
            if not self.files.use_part(part):
                raise Broken(f"{file}: no file has the content of {part['name']!r}")
            kinds.append(part["kind"])
            names.add(folded(part["name"]))
            total += part["length"]
        if (kinds.count("di") != 1 or len(names) != len(kinds)
                or not set(kinds) <= {"di", "sw", "dm", "attachment", "rendition"}):
            raise Broken(f"{file}: not exactly one DI, or a name that comes twice")
        if total != self.header["plain_length"]:
            raise Broken(f"{file}: not of the length that the header signs")

    def check_passes(self):
        for said in self.statements.values():
            if said["type"] == "Released":
                at(said["file"], self.check_release, said)
        for said in self.statements.values():
            if said["type"] != "D.1" or said["who"] is None:
                continue
            org, centres = said["who"][:10], {self.header["home_centre"]}
            if org in self.directory.agencies:
                by = said["actor"].get("centre")
                serves = by and self.directory.serves(by, org, said["ms"])
                centres.add(by if serves else self.directory.agencies[org]["home_centre"])
            for centre in centres:
                if not any(self.passes(said, v) for v in self.verdicts.values()
                           if v["centre"] == centre):
                    raise Broken(f"{said['file']}: consigned without a pass of {centre}")

    def passes(self, consigned, verdict):
        if verdict["result"] == "clean" and verdict["name_sha256"] in consigned["previous_sha256"]:
            return True
        return any(s["type"] == "Released" and s["actor"]["centre"] == verdict["centre"]
                   and s["name"] in consigned["previous_sha256"]
                   and verdict["name_sha256"] in s["previous_sha256"]
                   for s in self.statements.values())

    def check_release(self, said):
        """Two officers of the centre, each of whom has read every verdict that it names."""
        centre, officers = self.directory.centres[said["actor"]["centre"]], set()
        for item in said.get("approvals", []):
            signed = cms.open_signed(base64_of(item), 32 << 10)
            decision = parse_json(signed.content, 16384, 3)
            fields(decision, {"format": str, "decision": str, "sender": str, "message_id": str,
                              "header_sha256": str, "overridden_sha256": list, "reason": str,
                              "time": str})
            moment = milliseconds(decision["time"])
            if (decision["format"] != "yizhan-decision-1" or decision["decision"] != "release"
                    or not decision["reason"]
                    or (decision["sender"], decision["message_id"], decision["header_sha256"])
                    != (self.header["sender"]["org_code"], self.header["message_id"],
                        self.header_sha256)):
                raise Broken("an approval is about something else")
            self.directory.check_registered(centre, "officer", signed.certificate, moment)
            if not set(said["previous_sha256"]) <= set(decision["overridden_sha256"]):
                raise Broken("an officer has not read every verdict")
            officers |= {entry["holder"] for entry in centre["certificates"]
                         if entry["der"] == signed.certificate}
            self.export.signed_by(signed.certificate, moment, said["file"])
        if len(officers) < 2:
            raise Broken("not released by two officers")

    def check_proofs(self):
        for said in [*self.statements.values(), *self.verdicts.values()]:
            file = self.name(f"proofs/{said['number']:02}.json")
            self.export.statements += 1
            if file not in self.files.kept:
                continue
            proof = at(file, parse_json, self.files.require(file), 256 << 10, 3)
            said["place"] = at(file, self.check_proof, proof, self.files.require(said["file"]))
            self.export.proven += 1

    def check_proof(self, proof, entry):
        fields(proof, {"index": 0, "path": list, "checkpoint": str}, {"timestamps": list})
        tokens = [base64_of(item) for item in proof.get("timestamps", [])]
        if len(tokens) > 8:
            raise Broken("too many time-stamps")
        text, signatures = split_note(proof["checkpoint"].encode())
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] != "" or not lines[0] or not lines[1].isdigit():
            raise Broken("not a checkpoint")
        origin, size, root = lines[0], int(lines[1]), base64_of(lines[2])
        if str(size) != lines[1] or len(root) != 32:
            raise Broken("not a checkpoint")
        keys = self.directory.log_keys(origin) if origin in self.directory.centres else []
        refusal = Broken("no log key of a centre signed the checkpoint")
        for key in keys:
            try:
                cms.check_note(origin, key, text, signatures)
                under_root(entry, (proof["index"], size), proof["path"], root.hex())
            except Broken as broken:
                refusal = broken
                continue
            count = self.count_cosignatures(origin, text, signatures)
            self.export.unwitnessed += count < max(1, self.directory.cosignatures_required(origin))
            self.export.stamped += any(
                cms.stamp_holds(token, text.encode(), tuple(self.export.trust.stamp_anchors))
                for token in tokens)
            return origin, proof["index"]
        raise refusal

    def count_cosignatures(self, own, text, signatures):
        """How many other centres of the directory have co-signed. Refuses a false line of one."""
        return sum(any([cms.check_cosignature(name, key, text, signatures)
                        for key in self.directory.log_keys(name)])
                   for name in self.directory.centres if name != own)

    def finals(self):
        """Of each recipient: the final that the log has first, and how many others there are."""
        answer = {}
        for org, unit in self.recipients:
            them = [s for s in self.statements.values()
                    if s["type"] in FINAL and s["who"] in (None, org + unit)]
            places = [s.get("place") for s in them]
            first = them[0] if len(them) == 1 else None
            if len(them) > 1 and None not in places and len({place[0] for place in places}) == 1:
                first = min(them, key=lambda s: s["place"][1])
            answer[org + unit] = {"final": first and first["type"],
                                  "superseded": len(them) - (first is not None)}
        return answer


def leading_number(file):
    digits = file.rsplit("/", 1)[1]
    digits = digits[:len(digits) - len(digits.lstrip("0123456789"))]
    return int(digits) if digits and len(digits) < 10 else 0


class Export:
    """All of it, in the order of the page."""

    def __init__(self, folder, trust):
        self.trust, self.uses, self.unknown = trust, {}, {}
        self.statements = self.proven = self.unwitnessed = self.stamped = 0
        self.files = Folder(folder)
        self.index = self.files.index
        self.files.require("README.txt")
        intermediates = [at(name, cms.one_pem, self.files.require(name))
                         for name in self.files.under("certificates/")]
        self.authorities = cms.Authorities(trust, intermediates)
        for name in self.files.under("revocation/"):
            at(name, self.authorities.add_list, self.files.require(name))
        signed = at("directory.p7m", cms.open_signed, self.files.require("directory.p7m"), HELD_MAX)
        if signed.certificate not in trust.directory_signers:
            self.unknown[sha256(signed.certificate)] = "directory.p7m"
        self.directory = at("directory.p7m", Directory, signed.content)
        if self.directory.version != self.index["directory_version"]:
            raise Broken("directory.p7m: another version than the index names")
        self.check_exporter()
        self.packages = [Package(self, number, item)
                         for number, item in enumerate(self.index["packages"], 1)]
        if self.statements - self.proven != self.index["unproven"]:
            raise Broken("index.json: another number without proof")
        self.files.check_all_used()
        for certificate, uses in self.uses.items():
            for moment, file in (min(uses), max(uses)):
                if not at(file, self.authorities.check, certificate, moment):
                    self.unknown.setdefault(sha256(certificate), file)

    def check_exporter(self):
        signer = self.files.signature.certificate
        owner = self.directory.agencies.get(self.index["exporter"])
        at("index.p7m", self.directory.check_registered, owner, "sign", signer, self.index["ms"])
        self.signed_by(signer, self.index["ms"], "index.p7m")

    def signed_by(self, certificate, moment, file):
        self.uses.setdefault(certificate, []).append((moment, file))


CONTAINER_TYPE = b"application/vnd.etsi.asic-e+zip"
MANIFEST, SEAL = "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"


class Container:
    """ASiC-E: the files of an export in a zip, under a signed manifest."""

    def __init__(self, path, folder):
        self.folder, self.held = pathlib.Path(folder), {}
        try:
            with zipfile.ZipFile(path) as archive:
                self.unpack(archive)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as broken:
            raise Broken(f"not a container: {broken}") from None

    def unpack(self, archive):
        entries = archive.infolist()
        if len({entry.filename for entry in entries}) != len(entries) or not entries:
            raise Broken("no files, or one twice")
        if any(entry.compress_type != zipfile.ZIP_STORED or entry.is_dir() for entry in entries):
            raise Broken("a packed file or a folder in the container")
        first = min(entries, key=lambda entry: entry.header_offset)
        archive.fp.seek(0)
        head = archive.fp.read(38)  # the name's length, and no extra field
        if (head[26:] != b"\x08\x00\x00\x00mimetype" or first.header_offset != 0
                or archive.read(first) != CONTAINER_TYPE):
            raise Broken("mimetype: not the first file, or another content")
        for entry in entries:
            if entry.filename in (MANIFEST, SEAL):
                self.held[entry.filename] = archive.read(entry)
            elif entry.filename != "mimetype":
                name = entry.filename
                if not (Folder.is_name(name) or name in ("index.json", "index.p7m")):
                    raise Broken("a name in the container that is not allowed")
                to = self.folder / name
                to.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, to.open("wb") as target:
                    while piece := source.read(1 << 20):
                        target.write(piece)

    def check(self, index, signature):
        """The manifest is the one that these files have, and the exporter signed it as well."""
        digests = {entry["name"]: bytes.fromhex(entry["sha256"]) for entry in index["files"]}
        for name in ("index.json", "index.p7m"):
            digests[name] = hashlib.sha256((self.folder / name).read_bytes()).digest()
        manifest = self.held.get(MANIFEST)
        if manifest != manifest_of(digests):
            raise Broken(f"{MANIFEST}: does not name the files of this container")
        seal = at(SEAL, lambda: cms.open_signed(cms.attach(self.held.get(SEAL, b""), manifest),
                                                INDEX_MAX * 2))
        if (seal.certificate, seal.time_ms) != (signature.certificate, signature.time_ms):
            raise Broken(f"{SEAL}: another signer or time than index.p7m")


def manifest_of(digests):
    lines = ['<?xml version="1.0" encoding="UTF-8"?>',
             '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" '
             'xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
             f'<asic:SigReference URI="{SEAL}" MimeType="application/pkcs7-signature"/>']
    for name in sorted(digests, key=str.encode):
        lines += [f'<asic:DataObjectReference URI="{urllib.parse.quote(name, safe="/")}">',
                  '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>',
                  f"<ds:DigestValue>{base64.b64encode(digests[name]).decode()}</ds:DigestValue>",
                  "</asic:DataObjectReference>"]
    return "\n".join([*lines, "</asic:ASiCManifest>", ""]).encode()


def open_export(path, trust):
    if pathlib.Path(path).is_dir():
        return Export(path, trust)
    with tempfile.TemporaryDirectory() as folder:
        container = Container(path, folder)
        export = Export(folder, trust)
        container.check(export.index, export.files.signature)
    return export


def verify(path, trust):
    """{"standing": "valid" | "anchor_unknown" | "broken", …}"""
    try:
        export = open_export(path, trust)
    except Broken as broken:
        return {"standing": "broken", "broken": str(broken)}
    except (IndexError, KeyError, TypeError, ValueError, StopIteration, RecursionError) as accident:
        return {"standing": "broken", "broken": f"bytes that cannot be read: {accident!r}"}
    return {"standing": "anchor_unknown" if export.unknown else "valid",
            "unknown_anchors": export.unknown, "exporter": export.index["exporter"],
            "statements": export.statements, "proven": export.proven,
            "unwitnessed": export.unwitnessed, "stamped": export.stamped,
            "packages": [{"message_id": package.header["message_id"], "recipients": package.finals()}
                         for package in export.packages]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", help="a folder, or an ASiC-E container")
    parser.add_argument("--trust", required=True)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        trust = cms.Trust(pathlib.Path(options.trust))
    except (cms.NotThere, Broken, OSError) as wrong:
        print(f"信任資料夾無法使用：{wrong}", file=sys.stderr)
        return 2
    report = verify(options.export, trust)
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    elif report["standing"] == "broken":
        print(f"無效：{report['broken']}", file=sys.stderr)
    else:
        words = "有效" if report["standing"] == "valid" else "前後一致，但信任起點不明"
        print(f"{words}：證據 {report['statements']} 份，{report['proven']} 份載於日誌，"
              f"未經見證（unwitnessed）{report['unwitnessed']} 份，有時戳 {report['stamped']} 份")
        for digest, file in report["unknown_anchors"].items():
            print(f"  {digest}  {file}")
    return {"valid": 0, "anchor_unknown": 2, "broken": 1}[report["standing"]]


if __name__ == "__main__":
    sys.exit(main())
