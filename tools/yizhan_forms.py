"""The small forms of docs/protocol, read strictly: JSON, codes, times, names, Merkle trees, notes."""

import base64
import binascii
import datetime
import hashlib
import json
import re
import unicodedata

INTEGER_MAX = (1 << 53) - 1


class Broken(Exception):
    """The export does not hold; the words say where."""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- JSON: I-JSON (RFC 7493) with integers only

def _pairs(items):
    if len({name for name, _ in items}) != len(items):
        raise ValueError("a name that comes twice")
    return dict(items)


def _refused(text):
    raise ValueError(f"a number that is no integer: {text}")


def _integer(text):
    if len(text) > 17 or abs(int(text)) > INTEGER_MAX:
        raise ValueError("an integer that is too large")
    return int(text)


def _check_value(value, depth):
    if isinstance(value, str):
        for c in value:
            point = ord(c)
            if (0xD800 <= point <= 0xDFFF or point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
                    or point == 0):
                raise ValueError("a character that is none")
    elif isinstance(value, (dict, list)):
        if depth == 0:
            raise ValueError("too deep")
        for item in (value.items() if isinstance(value, dict) else value):
            for inner in (item if isinstance(value, dict) else (item,)):
                _check_value(inner, depth - 1)


def parse_json(raw, most, depth):
    if len(raw) > most:
        raise Broken("JSON that is too large")
    try:
        value = json.loads(raw.decode("utf-8", "strict"), object_pairs_hook=_pairs,
                           parse_float=_refused, parse_constant=_refused, parse_int=_integer)
        _check_value(value, depth)
    except (ValueError, RecursionError) as wrong:
        raise Broken(f"not such JSON: {wrong}") from None
    return value


def canonical(value):
    """RFC 8785, for what parse_json lets through."""
    def ordered(item):
        if isinstance(item, dict):
            return {name: ordered(item[name])
                    for name in sorted(item, key=lambda n: n.encode("utf-16-be"))}
        return [ordered(inner) for inner in item] if isinstance(item, list) else item
    return json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def fields(value, required, optional=None):
    """The members of an object: all of `required`, perhaps `optional`, no others. A kind is a type, or
    the least that an integer may be."""
    if not isinstance(value, dict):
        raise Broken("not an object")
    known = {**required, **(optional or {})}
    for name in required:
        if name not in value:
            raise Broken(f"without {name}")
    for name, item in value.items():
        kind = known.get(name)
        if kind is None:
            raise Broken(f"unknown member {name!r}")
        least = kind if isinstance(kind, int) and not isinstance(kind, type) else None
        wanted = int if least is not None else kind
        if type(item) is not wanted or (least is not None and item < least):
            raise Broken(f"{name} is not as it must be")


def items_of(values, required):
    for item in values:
        fields(item, required)
        for name in required:
            if name.endswith("sha256"):
                digest_of(item[name])
    return values


# ---- codes, times, digests

def digest_of(text):
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-f]{64}", text):
        raise Broken("not a SHA-256")
    return bytes.fromhex(text)


def base64_of(text):
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True) if isinstance(text, str) else None
    except (binascii.Error, UnicodeEncodeError):
        raw = None
    if raw is None or base64.b64encode(raw).decode() != text:
        raise Broken("not base64")
    return raw


def code(text, length, more=""):
    least, most = length if isinstance(length, tuple) else (length, length)
    if not re.fullmatch(f"[A-Z0-9{re.escape(more)}]{{{least},{most}}}", text):
        raise Broken(f"not a code: {text!r}")


def addressee(org, unit):
    code(org, 10)
    if unit:
        code(unit, 7)
    return org + unit


def uuid7(text):
    if not re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", text):
        raise Broken(f"not a UUIDv7: {text!r}")


def milliseconds(text):
    """RFC 3339 in UTC, to the second or to the millisecond."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", text, re.ASCII):
        raise Broken(f"not a time: {text!r}")
    try:
        moment = datetime.datetime.fromisoformat(text[:19])
    except ValueError:
        raise Broken(f"not a time: {text!r}") from None
    since = moment - datetime.datetime(1970, 1, 1)
    return (since.days * 86400 + since.seconds) * 1000 + int(text[20:23] if len(text) > 20 else 0)


# ---- names

def is_plain_name(text):
    return re.fullmatch(r"[A-Za-z0-9.-]+", text) is not None


# Unicode: Default_Ignorable_Code_Point.
IGNORABLE = ((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
             (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
             (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
             (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF))
DEVICES = {"CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$"} | {
    port + number for port in ("COM", "LPT") for number in "0123456789¹²³"}


def part_name(name):
    """package.md: 1 to 200 bytes in NFC, and nothing that hides or that a system reads otherwise."""
    if not 1 <= len(name.encode("utf-8", "surrogatepass")) <= 200:
        return False
    for c in name:
        if (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") or c in '/\\#<>:"|?*'
                or ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF
                or any(first <= ord(c) <= last for first, last in IGNORABLE)):
            return False
    stem = re.sub("[a-z]", lambda found: found.group().upper(), name.split(".")[0].rstrip(" "))
    return (unicodedata.is_normalized("NFC", name) and stem not in DEVICES
            and not any(c.isspace() or c == "." for c in (name[0], name[-1])))


def folded(name):
    return unicodedata.normalize("NFC", name.casefold())


# ---- Merkle trees (RFC 9162)

def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def merkle_root(hashes):
    """§2.1.1"""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    left, right = merkle_root(hashes[:split]), merkle_root(hashes[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


def under_root(leaf, place, path, root):
    """§2.1.3.2, by where the leaf lies: the sides of the path follow from its place in the tree."""
    index, size = place
    if not 0 <= index < size or len(path) > 64:
        raise Broken("a place outside of the tree")
    steps, begin, end = [], 0, size
    while end - begin > 1:
        split = begin + (1 << (end - begin - 1).bit_length() - 1)
        steps.append(index >= split)
        begin, end = (split, end) if index >= split else (begin, split)
    if len(steps) != len(path):
        raise Broken("a path of another length")
    node = leaf_hash(leaf)
    for is_right, item in zip(reversed(steps), path):
        other = digest_of(item)
        node = hashlib.sha256(b"\1" + (other + node if is_right else node + other)).digest()
    if node.hex() != root:
        raise Broken("not under the root")


# ---- signed notes (C2SP)

def split_note(raw):
    """The text, and [(name, key id and signature)]."""
    try:
        text = raw.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Broken("a note that is not UTF-8") from None
    body, blank, lines = text.rpartition("\n\n")
    if (len(raw) > 65536 or not blank or not lines.endswith("\n")
            or any((ord(c) < 32 and c != "\n") or c == "\x7f" for c in text)):
        raise Broken("not a signed note")
    signatures = []
    for line in lines[:-1].split("\n"):
        found = re.fullmatch("— ([^ ]+) (.+)", line)
        if not found or len(base64_of(found[2])) <= 4:
            raise Broken("not a signature line")
        signatures.append((found[1], base64_of(found[2])))
    if len(signatures) > 32:
        raise Broken("too many signatures")
    return body + "\n", signatures
