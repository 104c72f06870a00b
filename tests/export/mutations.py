"""Ways to alter an export. Half of them leave the index as it was; the others are what an exporter who
lies would do: index and signature fit again, and the rest must tell."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess

import yizhan_cms as cms
from yizhan_forms import canonical, leaf_hash

HOSTILE_NUMBERS = ["-1", "0", "1", "2", "1.0", "1e2", "9007199254740992", "-0", "01", "true", "null",
                   '"1"']
HOSTILE_TEXTS = ['""', '"x"', '"\\u0000"', '"\\ud800"', '"\\ufdd0"', "7", "null", "[]",
                 '"2026-10-02T02:00:00Z"', '"2026-13-02T02:00:00Z"', '"%s"' % ("0" * 64)]


class Mutator:
    def __init__(self, folder, key, random):
        self.folder, self.key, self.random = pathlib.Path(folder), key, random

    def files(self, ending=""):
        return sorted(path for path in self.folder.rglob("*")
                      if path.is_file() and not path.is_symlink() and path.name.endswith(ending))

    def one(self, ending=""):
        return self.random.choice(self.files(ending))

    def mutate(self):
        """Alters the folder; says how."""
        resigned = self.random.random() < 0.5
        plain = [self.flip, self.flip_several, self.cut, self.extend, self.swap, self.delete, self.add,
                 self.rename, self.link, self.edit_json, self.edit_json_text, self.respace,
                 self.empty_folder, self.nothing]
        deep = [*plain[:11], self.edit_json, self.edit_json, self.edit_json_text, self.flip_signed,
                self.high_s, self.long_length, self.trailing, self.drop_statement, self.renumber,
                self.copy_statement, self.drop_proof, self.edit_checkpoint, self.add_witness, self.edit_stamp,
                self.edit_index, self.edit_index, self.swap_lists]
        if self.batched():
            deep += [self.forge_batch] * 8
        way = self.random.choice(deep if resigned else plain)
        what = way()
        if resigned:
            what += self.sign_again()
        return f"{way.__name__} {what}"

    # ---- bytes

    def flip(self):
        path = self.one()
        raw = bytearray(path.read_bytes())
        if raw:
            raw[self.random.randrange(len(raw))] ^= 1 << self.random.randrange(8)
        path.write_bytes(raw)
        return str(path)

    def flip_several(self):
        return " ".join(self.flip() for _ in range(self.random.randrange(2, 5)))

    def flip_signed(self):
        path = self.one(".p7m")
        raw = bytearray(path.read_bytes())
        raw[self.random.randrange(len(raw))] ^= 1 << self.random.randrange(8)
        path.write_bytes(raw)
        return str(path)

    def cut(self):
        path = self.one()
        raw = path.read_bytes()
        path.write_bytes(raw[:self.random.randrange(len(raw) + 1)])
        return str(path)

    def extend(self):
        path = self.one()
        path.write_bytes(path.read_bytes() + self.random.randbytes(self.random.randrange(1, 9)))
        return str(path)

    def swap(self):
        a, b = self.one(), self.one()
        left, right = a.read_bytes(), b.read_bytes()
        a.write_bytes(right)
        b.write_bytes(left)
        return f"{a} {b}"

    # ---- names

    def delete(self):
        path = self.one()
        path.unlink()
        return str(path)

    def add(self):
        folder = self.random.choice([self.folder, *(p for p in self.folder.rglob("*") if p.is_dir())])
        name = self.random.choice(["more.txt", ".hidden", "99.p7m", "檔案.txt", "03.json", "a b",
                                   "CON", "x\u202ey", "09-E.1-all.p7m"])
        (folder / name).write_bytes(self.random.randbytes(9))
        return f"{folder} {name}"

    def rename(self):
        path = self.one()
        path.rename(path.with_name(self.random.choice(["x", path.name + "x", "01" + path.name[2:],
                                                       "1" + path.name[2:], path.name.upper()])))
        return str(path)

    def link(self):
        path = self.one()
        path.unlink()
        path.symlink_to(self.one())
        return str(path)

    def empty_folder(self):
        (self.folder / self.random.choice(["parts/02", "more", "packages/02"])).mkdir()
        return ""

    def nothing(self):
        return ""

    # ---- JSON

    def places(self, value, path=()):
        yield path
        if isinstance(value, dict):
            for name in value:
                yield from self.places(value[name], (*path, name))
        elif isinstance(value, list):
            for index in range(len(value)):
                yield from self.places(value[index], (*path, index))

    def edit_json(self):
        """Something that is well-formed, in place of something."""
        path = self.one(".json")
        try:
            document = json.loads(path.read_bytes())
        except ValueError:
            return "unreadable"
        place = self.random.choice(list(self.places(document)))
        if not place:
            path.write_bytes(canonical([document]))
            return f"{path} wrapped"
        owner = document
        for step in place[:-1]:
            owner = owner[step]
        way = self.random.randrange(4)
        if way == 0 and isinstance(owner, list):
            owner.insert(place[-1], owner[place[-1]])
        elif way == 1:
            del owner[place[-1]]
        elif isinstance(owner[place[-1]], int) and way == 2:
            owner[place[-1]] += self.random.choice([-1, 1, 1000])
        elif isinstance(owner[place[-1]], str) and way == 2:
            owner[place[-1]] = owner[place[-1]][::-1]
        else:
            owner[place[-1]] = self.random.choice([0, 1, "", "x", [], {}, None, True, "0" * 64])
        path.write_bytes(canonical(document))
        return f"{path} {place} {way}"

    def edit_json_text(self):
        """Something that may be no such JSON at all."""
        path = self.one(".json")
        text = path.read_text(errors="surrogateescape")
        colon = self.random.choice([i for i, c in enumerate(text) if c == ":"] or [0])
        end = min(i for i in (text.find(",", colon), text.find("}", colon), len(text)) if i > colon)
        new = self.random.choice(HOSTILE_NUMBERS + HOSTILE_TEXTS)
        if self.random.random() < 0.2:
            new = text[colon + 1:end] + "," + text[max(0, text.rfind('"', 0, max(colon - 1, 0))):end]
        path.write_text(text[:colon + 1] + new + text[end:], errors="surrogateescape")
        return f"{path} {colon} {new!r}"

    def respace(self):
        path = self.one(".json")
        text = path.read_text(errors="surrogateescape")
        path.write_text(text.replace(",", self.random.choice([", ", ",\n", ",\t", ",\u00a0"]), 1),
                        errors="surrogateescape")
        return str(path)

    # ---- what is signed

    def high_s(self):
        path = self.one(".p7m")
        try:
            new = respell(path.read_bytes(), lambda signature: turned(signature))
        except (cms.Broken, IndexError):
            return "not ECDSA"
        path.write_bytes(new)
        return str(path)

    def long_length(self):
        """The outermost length, written in one octet more."""
        path = self.one(".p7m")
        raw = path.read_bytes()
        _, begin, end = cms.read_one(raw)
        octets = (end - begin).to_bytes(4, "big")
        path.write_bytes(raw[:1] + b"\x84" + octets + raw[begin:])
        return str(path)

    def trailing(self):
        path = self.one(".p7m")
        path.write_bytes(path.read_bytes() + b"\0")
        return str(path)

    def statements(self):
        return self.batched() + [p for p in self.files(".p7m")
                                 if p.parent.name in ("evidence", "verdicts")]

    def drop_statement(self):
        path = self.random.choice(self.statements())
        path.unlink()
        proof = path.parent.parent / "proofs" / f"{path.name[:2]}.json"
        if self.random.random() < 0.5 and proof.exists():
            proof.unlink()
        return str(path)

    def renumber(self):
        path, other = self.random.choice(self.statements()), self.random.randrange(1, 12)
        path.rename(path.with_name(f"{other:02}{path.name[2:]}"))
        return f"{path} {other}"

    def copy_statement(self):
        path = self.random.choice(self.statements())
        number = len(self.statements()) + 1
        path.with_name(f"{number:02}{path.name[2:]}").write_bytes(path.read_bytes())
        self.count_unproven(+1)
        return str(path)

    def drop_proof(self):
        proofs = [p for p in self.files(".json") if p.parent.name == "proofs"]
        if not proofs:
            return "none"
        path = self.random.choice(proofs)
        path.unlink()
        if self.random.random() < 0.7:
            self.count_unproven(+1)
        return str(path)

    def edit_checkpoint(self):
        proofs = [p for p in self.files(".json") if p.parent.name == "proofs"]
        if not proofs:
            return "none"
        path = self.random.choice(proofs)
        proof = json.loads(path.read_bytes())
        note = list(proof["checkpoint"])
        note[self.random.randrange(len(note))] = self.random.choice("0Az\n —")
        proof["checkpoint"] = "".join(note)
        path.write_bytes(canonical(proof))
        return str(path)

    def add_witness(self):
        """A further line that is well-formed is no fault; a false one of the log itself is."""
        proofs = [p for p in self.files(".json") if p.parent.name == "proofs"]
        if not proofs:
            return "none"
        path = self.random.choice(proofs)
        proof = json.loads(path.read_bytes())
        last = proof["checkpoint"].rstrip("\n").rsplit("\n", 1)[1]
        proof["checkpoint"] += self.random.choice(
            ["— witness.example AAAAAAAAAAAA\n", "— witness.example AAAA\n", "— a b c\n", last + "\n",
             last[:-8] + "AAAAAAA=\n", "\n"])
        path.write_bytes(canonical(proof))
        return str(path)

    def edit_stamp(self):
        """A token with another byte, or none that could be read, or of no use."""
        proofs = [p for p in self.files(".json") if p.parent.name == "proofs"]
        if not proofs:
            return "none"
        path = self.random.choice(proofs)
        proof = json.loads(path.read_bytes())
        token = bytearray(base64.b64decode(proof.get("timestamps", ["AAAA"])[0]))
        way = self.random.randrange(4)
        if way < 2:
            token[self.random.randrange(len(token))] ^= 1 << self.random.randrange(8)
        elif way == 2:
            token = token[:self.random.randrange(len(token) + 1)] + bytes(self.random.randrange(3))
        tokens = [base64.b64encode(token).decode()]
        proof["timestamps"] = self.random.choice([tokens, tokens * 9, [], ["?"], [7], tokens * 2])
        path.write_bytes(canonical(proof))
        return str(path)

    def swap_lists(self):
        lists = self.files(".crl") + self.files(".pem")
        path = self.random.choice(lists)
        if self.random.random() < 0.5:
            path.unlink()
        else:
            path.write_bytes(self.random.choice(lists).read_bytes())
        return str(path)

    # ---- evidence of a batch

    def batched(self):
        return [path for path in self.files(".json") if path.parent.name == "evidence"]

    def forge_batch(self):
        """Another place, statement, path or signature; or another batch, signed with the exporter's key,
        which signed those of a recipient in truth."""
        path, other = self.random.choice(self.batched()), self.random.choice(self.batched())
        try:
            evidence, source = json.loads(path.read_bytes()), json.loads(other.read_bytes())
            raw = base64.b64decode(evidence["signature"])
            batch = json.loads(cms.open_signed(raw).content)
        except (ValueError, cms.Broken, KeyError, IndexError, TypeError):
            return "unreadable"
        way = self.random.choice(["swap", "longer", "shorter", "sides", "alone", "plain leaf", "count",
                                  "format", "member", "statement", "signed else", "again"])
        if way == "swap":
            name = self.random.choice(["index", "path", "signature", "statement"])
            evidence[name] = source[name]
        elif way == "longer":
            evidence["path"].append(self.random.choice(["0" * 64, "A" * 64, "0" * 63, 7]))
        elif way == "shorter":
            evidence["path"] = evidence["path"][:-1]
        elif way == "sides":
            evidence["index"] ^= 1
        elif way == "alone":  # a tree of one leaf is one
            evidence.update(index=0, path=[])
            batch.update(count=1, root=leaf_hash(b"yizhan-batch-1\n"
                                                 + evidence["statement"].encode()).hex())
        elif way == "plain leaf":  # as a log would hash it
            evidence.update(index=0, path=[])
            batch.update(count=1, root=leaf_hash(evidence["statement"].encode()).hex())
        elif way == "count":
            batch["count"] = self.random.choice([0, -1, batch["count"] + 1, 1024, 1025, 1 << 40, "2"])
        elif way == "format":
            batch["format"] = self.random.choice(["yizhan-batch-2", "yizhan-evidence-1", "", 1])
        elif way == "member":
            self.random.choice([batch, evidence])["more"] = 1
        elif way == "statement":
            evidence["statement"] += self.random.choice([" ", "\n", "\ufeff", "\u0000"])
        elif way == "signed else":
            batch = json.loads(evidence["statement"])
        if way in ("alone", "plain leaf", "count", "format", "member", "signed else", "again"):
            evidence["signature"] = base64.b64encode(sign(raw, canonical(batch), self.key)).decode()
        path.write_bytes(canonical(evidence))
        proof = path.parent.parent / "proofs" / f"{path.name[:2]}.json"
        if proof.exists() and self.random.random() < 0.8:  # the log would tell as well
            proof.unlink()
            self.count_unproven(+1)
        return f"{path} {way}"

    # ---- the index

    def index(self):
        return json.loads((self.folder / "index.json").read_bytes())

    def write_index(self, index):
        (self.folder / "index.json").write_bytes(canonical(index))

    def count_unproven(self, more):
        index = self.index()
        index["unproven"] += more
        self.write_index(index)

    def edit_index(self):
        index = self.index()
        name = self.random.choice(sorted(set(index) - {"files"}))
        index[name] = self.random.choice(
            [index[name], 0, 7, 8, "sender", "recipient", "T01000000A", "T37600000B",
             "2026-10-02T03:00:00.000Z", "2020-10-02T03:00:00.000Z", "2030-10-02T03:00:00.000Z", [],
             "0198f0e0-0000-7000-8000-000000000000", index["packages"] * 2])
        self.write_index(index)
        return f"{name} {index[name]!r}"

    def sign_again(self):
        """Lists what is there now, and signs it with the exporter's key."""
        try:
            index = self.index()
            if not isinstance(index, dict):
                return " unsigned"
        except (ValueError, OSError):
            return " unsigned"
        files = []
        for root, _, names in os.walk(self.folder):
            for name in names:
                path = pathlib.Path(root) / name
                relative = path.relative_to(self.folder).as_posix()
                if relative not in ("index.json", "index.p7m") and path.is_file():
                    raw = path.read_bytes()
                    files.append({"name": relative, "size": len(raw),
                                  "sha256": hashlib.sha256(raw).hexdigest()})
        index["files"] = sorted(files, key=lambda item: item["name"].encode())
        content = canonical(index)
        (self.folder / "index.json").write_bytes(content)
        try:
            signed = sign(original(self.folder).read_bytes(), content, self.key)
        except (cms.Broken, IndexError):
            return " unsigned"
        (self.folder / "index.p7m").write_bytes(signed)
        return " signed"


def original(folder):
    return folder.parent / "index.p7m"


def respell(raw, change):
    """The same signed message with another signature."""
    outer = cms.elements(cms.content_of(raw, 0x30))
    parts = cms.elements(cms.content_of(outer[1][1], 0x30))
    info = cms.elements(cms.content_of(parts[4][1], 0x30))
    info[5] = (0x04, b"", cms.encode(0x04, change(info[5][1])))
    signer = cms.encode(0x31, cms.encode(0x30, *(item[2] for item in info)))
    data = cms.encode(0x30, *(item[2] for item in parts[:4]), signer)
    return cms.encode(0x30, outer[0][2], cms.encode(0xA0, data))


def turned(signature):
    """The other S that is as good to ECDSA."""
    r, s = (int.from_bytes(item[1], "big") for item in cms.elements(cms.content_of(signature, 0x30)))
    order = cms.CURVES[cms.P256][1]
    return pair(r, order - s)


def pair(r, s):
    return cms.encode(0x30, *(cms.encode(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))
                              for n in (r, s)))


def sign(template, content, key):
    """The template's message about another content."""
    outer = cms.elements(cms.content_of(template, 0x30))
    parts = cms.elements(cms.content_of(outer[1][1], 0x30))
    inner = cms.elements(parts[2][1])
    info = cms.elements(cms.content_of(parts[4][1], 0x30))
    attributes = [item[2] for item in cms.elements(info[3][1])]
    digest = cms.encode(0x04, hashlib.sha256(content).digest())
    attributes[2] = cms.encode(0x30, cms.MESSAGE_DIGEST, cms.encode(0x31, digest))
    run = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], check=True,
                         input=cms.encode(0x31, *attributes), capture_output=True)
    r, s = (int.from_bytes(item[1], "big")
            for item in cms.elements(cms.content_of(run.stdout, 0x30)))
    order = cms.CURVES[cms.P256][1]
    info[3] = (0xA0, b"", cms.encode(0xA0, *attributes))
    info[5] = (0x04, b"", cms.encode(0x04, pair(r, min(s, order - s))))
    wrapped = cms.encode(0x30, inner[0][2], cms.encode(0xA0, cms.encode(0x04, content)))
    signer = cms.encode(0x31, cms.encode(0x30, *(item[2] for item in info)))
    data = cms.encode(0x30, parts[0][2], parts[1][2], wrapped, parts[3][2], signer)
    return cms.encode(0x30, outer[0][2], cms.encode(0xA0, data))
