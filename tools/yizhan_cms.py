"""Signatures and certificates for verify_export.py: DER is read here, and the openssl program judges
signatures and paths. What it was asked once it is not asked again."""

import functools
import hashlib
import pathlib
import re
import ssl
import subprocess
import tempfile

from yizhan_forms import (Broken, base64_of, canonical, digest_of, fields, milliseconds, parse_json,
                          under_root)

LIST_AGE_MAX = 24 * 3_600_000
EVIDENCE_MAX, BATCH_COUNT_MAX = 65535, 1024


class NotThere(Exception):
    """What the checker itself must bring is not there."""


# ---- DER

def read_one(raw, begin=0):
    """(tag, begin of the content, end) of the element there."""
    if len(raw) - begin < 2 or raw[begin] & 0x1F == 0x1F:
        raise Broken("not DER")
    length, content = raw[begin + 1], begin + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(raw[content:content + count], "big")
        least = 0x80 if count == 1 else 1 << 8 * (count - 1)
        if not 1 <= count <= 4 or content + count > len(raw) or length < least:
            raise Broken("not DER")
        content += count
    if content + length > len(raw):
        raise Broken("not DER")
    return raw[begin], content, content + length


def elements(raw):
    """[(tag, content, whole)] of what stands in it."""
    found, place = [], 0
    while place < len(raw):
        tag, content, end = read_one(raw, place)
        found.append((tag, raw[content:end], raw[place:end]))
        place = end
    return found


def content_of(raw, tag):
    """The content of the one element that this is."""
    found = elements(raw)
    if len(found) != 1 or found[0][0] != tag:
        raise Broken("another DER element than expected")
    return found[0][1]


def encode(tag, *contents):
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def oid(dotted):
    numbers = [int(number) for number in dotted.split(".")]
    octets = bytearray()
    for number in [numbers[0] * 40 + numbers[1], *numbers[2:]]:
        seven = [number & 0x7F]
        while number := number >> 7:
            seven.append(0x80 | number & 0x7F)
        octets += bytes(reversed(seven))
    return encode(0x06, bytes(octets))


SHA256 = encode(0x30, oid("2.16.840.1.101.3.4.2.1"))
SHA384 = encode(0x30, oid("2.16.840.1.101.3.4.2.2"))
_MGF = encode(0x30, oid("1.2.840.113549.1.1.8"), SHA256)
RSA_PSS = encode(0x30, oid("1.2.840.113549.1.1.10"),
                 encode(0x30, encode(0xA0, SHA256), encode(0xA1, _MGF),
                        encode(0xA2, b"\x02\x01\x20")))
SUITES = {  # digest and signature algorithm: digest, kind of key, options of `openssl dgst`
    (SHA256, encode(0x30, oid("1.2.840.10045.4.3.2"))): ("sha256", "ec", ()),
    (SHA384, encode(0x30, oid("1.2.840.10045.4.3.3"))): ("sha384", "ec", ()),
    (SHA256, RSA_PSS): ("sha256", "rsa", ("-sigopt", "rsa_padding_mode:pss", "-sigopt",
                                         "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256")),
    (SHA256, encode(0x30, oid("1.2.840.113549.1.1.1"), b"\x05\x00")): ("sha256", "rsa", ()),
}
DATA, SIGNED_DATA = oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.2")
CONTENT_TYPE, SIGNING_TIME = oid("1.2.840.113549.1.9.3"), oid("1.2.840.113549.1.9.5")
MESSAGE_DIGEST, ESS = oid("1.2.840.113549.1.9.4"), oid("1.2.840.113549.1.9.16.2.47")
P256 = oid("1.2.840.10045.3.1.7")
CURVES = {P256: ("sha256", 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551),
          oid("1.3.132.0.34"): ("sha384", int("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4"
                                              "372DDF581A0DB248B0A77AECEC196ACCC52973", 16))}
ONE = b"\x02\x01\x01"


def der_time(tag, text):
    """UTCTime or GeneralizedTime, to the second."""
    digits = text.decode("ascii", "replace")
    if tag == 0x17:
        digits = ("20" if digits[:1] < "5" else "19") + digits
    if tag not in (0x17, 0x18) or not re.fullmatch(r"\d{14}Z", digits, re.ASCII):
        raise Broken("not a time")
    if tag == 0x18 and "1950" <= digits[:4] < "2050":
        raise Broken("not a time as it must be written")
    d = digits
    return milliseconds(f"{d[:4]}-{d[4:6]}-{d[6:8]}T{d[8:10]}:{d[10:12]}:{d[12:14]}Z")


class Certificate:
    """The parts of a certificate that are asked for here."""

    def __init__(self, der):
        self.der = der
        body = elements(content_of(der, 0x30))
        if len(body) != 3:
            raise Broken("not a certificate")
        parts = elements(body[0][1])
        if parts[0][0] == 0xA0:
            parts = parts[1:]
        if len(parts) < 6:
            raise Broken("not a certificate")
        self.serial, self.issuer, self.subject = parts[0][2], parts[2][2], parts[4][2]
        validity = elements(parts[3][1])
        self.not_before, self.not_after = (der_time(tag, text) for tag, text, _ in validity[:2])
        self.public_key = parts[5][2]
        algorithm = elements(content_of(elements(parts[5][1])[0][2], 0x30))
        self.algorithm = algorithm[0][2]
        self.curve = algorithm[1][2] if len(algorithm) > 1 else b""
        self.signed_with = body[1][2]
        self.may_sign = False
        for tag, text, _ in parts[6:]:
            for extension in elements(content_of(text, 0x30)) if tag == 0xA3 else []:
                inner = elements(extension[1])
                if inner[0][2] == oid("2.5.29.15"):
                    bits = content_of(inner[-1][1], 0x03)
                    self.may_sign = len(bits) > 1 and bool(bits[1] & 0xC0)

    @property
    def kind(self):
        return {oid("1.2.840.10045.2.1"): "ec", oid("1.2.840.113549.1.1.1"): "rsa",
                oid("1.3.101.112"): "ed25519"}.get(self.algorithm)


# ---- the openssl program

def openssl(arguments, files):
    """Whether it ends with 0, in a fresh folder that holds these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (pathlib.Path(folder) / name).write_bytes(content)
        try:
            run = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True,
                                 check=False, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            raise NotThere("the openssl program") from None
    return run.returncode == 0, (run.stdout + run.stderr).decode(errors="replace")


def pem(der, label):
    return ssl.DER_cert_to_PEM_cert(der).replace("CERTIFICATE", label).encode()


@functools.lru_cache(maxsize=None)
def signature_holds(public_key, signed, signature, digest, options):
    """By the key in this SubjectPublicKeyInfo."""
    files = {"key": pem(public_key, "PUBLIC KEY"), "signed": signed, "signature": signature}
    if digest is None:  # Ed25519
        return openssl(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key", "-in", "signed",
                        "-sigfile", "signature"], files)[0]
    return openssl(["dgst", "-" + digest, "-verify", "key", *options, "-signature", "signature",
                    "signed"], files)[0]


@functools.lru_cache(maxsize=None)
def can_be_read(public_key):
    """Not so a point that is not on its curve."""
    return openssl(["pkey", "-pubin", "-in", "key", "-noout"],
                   {"key": pem(public_key, "PUBLIC KEY")})[0]


# ---- CMS in the one shape of package.md

class Signed:
    def __init__(self, content, certificate, time_ms, suite):
        self.content, self.certificate, self.time_ms, self.suite = content, certificate, time_ms, suite


@functools.lru_cache(maxsize=4096)
def open_signed(raw, most=64 << 10):
    """The content, once the signature of the certificate in it holds."""
    if len(raw) > most:
        raise Broken("a signed message that is too large")
    kinds = elements(content_of(raw, 0x30))
    if len(kinds) != 2 or kinds[0][2] != SIGNED_DATA or kinds[1][0] != 0xA0:
        raise Broken("not a signed message")
    parts = elements(content_of(kinds[1][1], 0x30))
    if [part[0] for part in parts] != [0x02, 0x31, 0x30, 0xA0, 0x31] or parts[0][2] != ONE:
        raise Broken("not a signed message of this shape")
    inner = elements(parts[2][1])
    if len(inner) != 2 or inner[0][2] != DATA or inner[1][0] != 0xA0:
        raise Broken("not a signed message of this shape")
    content = content_of(inner[1][1], 0x04)
    certificate = parts[3][1]
    signer = Certificate(certificate)
    info = elements(content_of(parts[4][1], 0x30))
    if [part[0] for part in info] != [0x02, 0x30, 0x30, 0xA0, 0x30, 0x04] or info[0][2] != ONE:
        raise Broken("not a signed message of this shape")
    if info[1][2] != encode(0x30, signer.issuer, signer.serial) or parts[1][1] != info[2][2]:
        raise Broken("names another signer or digest than it should")
    suite = SUITES.get((info[2][2], info[4][2]))
    if suite is None or suite[1] != signer.kind:
        raise Broken("an algorithm that is not allowed")
    attributes, signature = info[3][1], info[5][1]
    time_ms = check_attributes(attributes, content, signer, suite[0])
    if suite[1] == "ec":
        check_low_s(signature, signer, suite[0])
    if not signature_holds(signer.public_key, encode(0x31, attributes), signature, suite[0],
                           suite[2]):
        raise Broken("the signature does not hold")
    return Signed(content, certificate, time_ms, suite)


# ---- evidence: by itself, or of a batch under one signature (evidence.md)

def is_batched(raw):
    return raw.startswith(b'{"format":"yizhan-batched-evidence-1",')


def open_evidence(raw):
    """The statement as its content, once the signature over it, or over its batch, holds."""
    if not is_batched(raw):
        return open_signed(raw, EVIDENCE_MAX)
    evidence = parse_json(raw, EVIDENCE_MAX, 2)
    fields(evidence, {"format": str, "index": 0, "path": list, "signature": str, "statement": str})
    if canonical(evidence) != raw:
        raise Broken("not canonical (RFC 8785)")
    signed = open_signed(base64_of(evidence["signature"]), EVIDENCE_MAX)
    batch = parse_json(signed.content, 1024, 1)
    fields(batch, {"format": str, "count": 1, "root": str})
    if batch["format"] != "yizhan-batch-1" or batch["count"] > BATCH_COUNT_MAX:
        raise Broken("what is signed is no batch")
    digest_of(batch["root"])
    statement = evidence["statement"].encode()
    under_root(b"yizhan-batch-1\n" + statement, (evidence["index"], batch["count"]),
               evidence["path"], batch["root"])
    return Signed(statement, signed.certificate, signed.time_ms, signed.suite)


def attach(raw, content):
    """A detached signed message with its content in it."""
    kinds = elements(content_of(raw, 0x30))
    if len(kinds) != 2 or kinds[0][2] != SIGNED_DATA or kinds[1][0] != 0xA0:
        raise Broken("not a signed message")
    parts = elements(content_of(kinds[1][1], 0x30))
    if len(parts) != 5 or parts[2][2] != encode(0x30, DATA):
        raise Broken("not a detached signed message")
    wrapped = encode(0x30, DATA, encode(0xA0, encode(0x04, content)))
    whole = encode(0x30, *(wrapped if i == 2 else part[2] for i, part in enumerate(parts)))
    return encode(0x30, SIGNED_DATA, encode(0xA0, whole))


def check_attributes(attributes, content, signer, digest):
    """content-type, signing-time, message-digest and signing-certificate-v2, in this order."""
    found = elements(attributes)
    if len(found) != 4:
        raise Broken("other signed attributes than there must be")
    moment = elements(content_of(elements(found[1][1])[1][2], 0x31))[0]
    own = hashlib.new(digest, content).digest()
    bound = hashlib.new(digest, signer.der).digest()
    names = encode(0x30, encode(0xA4, signer.issuer))
    issuer = encode(0x30, names, signer.serial)
    algorithm = b"" if digest == "sha256" else SHA384
    certificate_id = encode(0x30, algorithm, encode(0x04, bound), issuer)
    wanted = [(CONTENT_TYPE, DATA), (SIGNING_TIME, moment[2]), (MESSAGE_DIGEST, encode(0x04, own)),
              (ESS, encode(0x30, encode(0x30, certificate_id)))]
    if attributes != b"".join(encode(0x30, kind, encode(0x31, value)) for kind, value in wanted):
        raise Broken("content or certificate are not what was signed")
    return der_time(moment[0], moment[1])


def check_low_s(signature, signer, digest):
    curve = CURVES.get(signer.curve)
    numbers = elements(content_of(signature, 0x30))
    if curve is None or curve[0] != digest or [n[0] for n in numbers] != [0x02, 0x02]:
        raise Broken("an algorithm that does not fit the key")
    for _, octets, _ in numbers:
        number = int.from_bytes(octets, "big", signed=True)
        if number <= 0 or octets != number.to_bytes(number.bit_length() // 8 + 1, "big"):
            raise Broken("a signature that is not written as it must be")
    if int.from_bytes(numbers[1][1], "big") > curve[1] // 2:
        raise Broken("a signature with a high S")


def check_strength(signed):
    """RSA from 2048 bits."""
    signer = Certificate(signed.certificate)
    if signer.kind != "rsa":
        return
    if rsa_bits(signer) < 2048:
        raise Broken("an RSA key that is too short")


def rsa_bits(certificate):
    key = elements(content_of(certificate.public_key, 0x30))[1][1][1:]
    return int.from_bytes(elements(content_of(key, 0x30))[0][1], "big").bit_length()


def note_lines(name, kind, certificate, signatures):
    """C2SP signed-note: what follows the key's id in the lines of this name and Ed25519 key."""
    if certificate.kind != "ed25519":
        raise Broken("not a key of a log")
    key = certificate.public_key[-32:]
    key_id = hashlib.sha256(name.encode() + b"\n" + kind + key).digest()[:4]
    return [blob[4:] for owner, blob in signatures if owner == name and blob[:4] == key_id]


def check_note(name, certificate, text, signatures):
    """A line of this name and Ed25519 key signs the text."""
    lines = note_lines(name, b"\x01", certificate, signatures)
    if not lines or not all(signature_holds(certificate.public_key, text.encode(), line, None, ())
                            for line in lines):
        raise Broken("the log's key did not sign the checkpoint")


def check_cosignature(name, certificate, text, signatures):
    """C2SP tlog-cosignature: whether a line is of this name and key. Refuses one that is false."""
    lines = note_lines(name, b"\x04", certificate, signatures)
    for line in lines:
        seconds = int.from_bytes(line[:8], "big")
        seen = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        if (len(line) != 72 or seconds > 253_402_300_799
                or not signature_holds(certificate.public_key, seen, line[8:], None, ())):
            raise Broken("a witness's line that does not hold")
    return bool(lines)


CERTIFICATE_ALGORITHMS = {encode(0x30, oid(dotted), *parameters) for dotted, parameters in (
    ("1.2.840.10045.4.3.2", ()), ("1.2.840.10045.4.3.3", ()), ("1.2.840.10045.4.3.4", ()),
    ("1.2.840.113549.1.1.11", (b"\x05\x00",)), ("1.2.840.113549.1.1.12", (b"\x05\x00",)),
    ("1.2.840.113549.1.1.13", (b"\x05\x00",)), ("1.3.101.112", ()))} | {RSA_PSS}


def check_certificate(certificate):
    """A key of an accepted kind (RSA 2048 to 4096, P-256, P-384, Ed25519), and no weak digest."""
    key = content_of(certificate.public_key, 0x30)
    if certificate.kind == "ec":
        accepted = certificate.curve in CURVES
    elif certificate.kind == "rsa":
        accepted = 2048 <= rsa_bits(certificate) <= 4096
    else:
        accepted = certificate.kind == "ed25519" and len(elements(key)[1][1]) == 33
    if (not accepted or not can_be_read(certificate.public_key)
            or certificate.signed_with not in CERTIFICATE_ALGORITHMS):
        raise Broken("a certificate with a key or an algorithm that is not accepted")


# ---- time-stamps (RFC 3161)

def stamp_time(token):
    """genTime of the statement in the token, in seconds."""
    signed = elements(content_of(elements(content_of(token, 0x30))[1][2], 0xA0))
    inner = elements(elements(signed[0][1])[2][1])
    said = elements(content_of(content_of(content_of(inner[1][2], 0xA0), 0x04), 0x30))
    moment = next(text for tag, text, _ in said if tag == 0x18).decode("ascii", "replace")
    whole = re.fullmatch(r"(\d{14})(\.\d+)?Z", moment, re.ASCII)
    if not whole:
        raise Broken("not a time")
    d = whole.group(1)
    return milliseconds(f"{d[:4]}-{d[4:6]}-{d[6:8]}T{d[8:10]}:{d[10:12]}:{d[12:14]}Z") // 1000


@functools.lru_cache(maxsize=4096)
def stamp_holds(token, data, anchors):
    """Whether it is about that data, and of an authority under these anchors."""
    try:
        if not anchors or len(token) > 64 << 10 or read_one(token)[2] != len(token):
            return False
        seconds = stamp_time(token)
    except (Broken, IndexError, StopIteration):
        return False
    bundle = b"".join(ssl.DER_cert_to_PEM_cert(item).encode() for item in anchors)
    return openssl(["ts", "-verify", "-token_in", "-in", "token", "-data", "data", "-CAfile",
                    "anchors", "-attime", str(seconds), "-auth_level", "2"],
                   {"token": token, "data": data, "anchors": bundle})[0]


# ---- whom the checker trusts

def pems_of(text):
    found = re.findall("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", text, re.DOTALL)
    try:
        return [ssl.PEM_cert_to_DER_cert(item) for item in found]
    except ValueError:
        raise Broken("not a certificate in PEM") from None


def one_pem(raw):
    found = pems_of(raw.decode("ascii", "replace"))
    if not found:
        raise Broken("not a certificate in PEM")
    check_certificate(Certificate(found[0]))
    return found[0]


class Trust:
    """DIR of --trust: anchors/, intermediates/, revocation/, directory/, directory-anchors.pem,
    timestamps/"""

    def __init__(self, folder):
        def files(name):
            path = folder / name
            return sorted(p for p in path.iterdir() if not p.name.startswith(".")) if path.is_dir() else []

        def all_of(paths):
            return [der for path in paths for der in pems_of(path.read_text("ascii", "replace"))]

        self.anchors = all_of(files("anchors"))
        if not self.anchors:
            raise NotThere(f"信任起點 {folder / 'anchors'}")
        self.intermediates = all_of(files("intermediates"))
        bundle = folder / "directory-anchors.pem"
        self.directory_signers = all_of(files("directory") + ([bundle] if bundle.exists() else []))
        self.lists = [path.read_bytes() for path in files("revocation")]
        self.stamp_anchors = all_of(files("timestamps"))


class RevocationList:
    def __init__(self, der):
        body = elements(content_of(der, 0x30))
        if len(body) != 3:
            raise Broken("not a revocation list")
        self.signed, self.algorithm, self.signature = body[0][2], body[1][2], body[2][1][1:]
        parts = elements(body[0][1])
        if parts[0][0] == 0x02:
            parts = parts[1:]
        self.issuer = parts[1][2]
        self.made = der_time(parts[2][0], parts[2][1])
        rest = parts[3:]
        self.next = der_time(rest[0][0], rest[0][1]) if rest and rest[0][0] in (0x17, 0x18) else None
        self.revoked = {}
        for tag, content, _ in rest:
            if tag == 0x30:
                self.revoked = dict(self.entry(item) for _, item, _ in elements(content))
            elif tag == 0xA0:
                kinds = {elements(item)[0][2] for _, item, _ in elements(content_of(content, 0x30))}
                if kinds & {oid("2.5.29.27"), oid("2.5.29.28")}:
                    raise Broken("a delta or indirect list, which is not read here")

    @staticmethod
    def entry(raw):
        parts = elements(raw)
        facts = {"at": der_time(parts[1][0], parts[1][1]), "compromised": False, "since": None}
        for _, extension, _ in elements(parts[2][1]) if len(parts) > 2 else []:
            inner = elements(extension)
            value = elements(inner[-1][1])[0]
            if inner[0][2] == oid("2.5.29.21"):
                facts["compromised"] = value[1] in (b"\x01", b"\x02")
            elif inner[0][2] == oid("2.5.29.24"):
                facts["since"] = der_time(value[0], value[1])
        return parts[0][2], facts


LIST_ALGORITHMS = {encode(0x30, oid("1.2.840.10045.4.3.2")): ("sha256", ()),
                   encode(0x30, oid("1.2.840.10045.4.3.3")): ("sha384", ()),
                   encode(0x30, oid("1.2.840.113549.1.1.11"), b"\x05\x00"): ("sha256", ()),
                   encode(0x30, oid("1.2.840.113549.1.1.12"), b"\x05\x00"): ("sha384", ()),
                   encode(0x30, oid("1.2.840.113549.1.1.13"), b"\x05\x00"): ("sha512", ()),
                   RSA_PSS: SUITES[(SHA256, RSA_PSS)][::2]}


class Authorities:
    """Paths and revocation. What the export brings helps; only the checker's anchors are anchors."""

    def __init__(self, trust, intermediates):
        self.trust = trust
        self.intermediates = [*trust.intermediates, *intermediates]
        self.known = [Certificate(der) for der in [*trust.anchors, *self.intermediates]]
        self.lists, self.learned = {}, []
        for der in trust.lists:
            try:
                self.learned.append(self.verified(RevocationList(der)))
            except Broken:
                continue  # as good as none

    def verified(self, crl):
        """Nothing when its issuer is unknown. Refuses a false signature."""
        digest, options = LIST_ALGORITHMS.get(crl.algorithm, (None, ()))
        issuers = [c for c in self.known if c.subject == crl.issuer]
        if not issuers:
            return None
        if digest is None or not any(signature_holds(c.public_key, crl.signed, crl.signature, digest,
                                                     options) for c in issuers):
            raise Broken("a revocation list whose signature does not hold")
        return crl

    def add_list(self, der):
        crl = self.verified(RevocationList(der))
        if crl and (crl.issuer not in self.lists or self.lists[crl.issuer].made < crl.made):
            self.lists[crl.issuer] = crl

    def check(self, der, moment):
        """False: no path to a given anchor. Refuses one that was expired or revoked, or whose
        revocation is not known."""
        certificate = Certificate(der)
        if not certificate.not_before <= moment <= certificate.not_after:
            raise Broken("the certificate was not valid then")
        leads, words = has_path(der, tuple(self.trust.anchors), tuple(self.intermediates),
                                moment // 1000)
        if not leads:
            if "expired" in words or "not yet valid" in words:
                raise Broken("an authority's certificate was not valid then")
            return False
        chain = [certificate]
        while chain[-1].issuer != chain[-1].subject:
            chain.append(next(c for c in self.known if c.subject == chain[-1].issuer))
        for link in chain:
            self.check_revocation(link, moment)
        for crl in self.learned:
            if crl and crl.issuer == certificate.issuer:
                check_entry(crl.revoked.get(certificate.serial), moment)
        return True

    def check_revocation(self, link, moment):
        crl = self.lists.get(link.issuer)
        if crl is None or moment > crl.made + LIST_AGE_MAX:
            raise Broken("no revocation list that is new enough")
        if crl.made > moment and crl.made > link.not_after:
            raise Broken("a revocation list from after the certificate's end")
        if crl.next is not None and moment // 1000 >= crl.next // 1000:
            raise Broken("a revocation list that was out of date")
        check_entry(crl.revoked.get(link.serial), moment)


def check_entry(entry, moment):
    if entry is None:
        return
    if entry["at"] <= moment:
        raise Broken("the certificate was revoked")
    if entry["compromised"] and entry["since"] is not None and entry["since"] <= moment:
        raise Broken("the certificate's key was compromised by then")


@functools.lru_cache(maxsize=None)
def has_path(der, anchors, intermediates, seconds):
    """By the openssl program, without revocation."""
    def bundle(ders):
        return b"".join(ssl.DER_cert_to_PEM_cert(item).encode() for item in ders)
    others = ["-untrusted", "others"] if intermediates else []
    return openssl(["verify", "-attime", str(seconds), "-auth_level", "2", "-verify_depth", "5",
                    "-purpose", "any", "-policy_check", "-no-CApath", "-no-CAstore", "-CAfile",
                    "anchors", *others, "certificate"],
                   {"anchors": bundle(anchors), "others": bundle(intermediates),
                    "certificate": ssl.DER_cert_to_PEM_cert(der).encode()})
