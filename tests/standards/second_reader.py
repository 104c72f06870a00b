"""A second reader of signed messages: headers, evidence, verdicts, decisions.

It shares no code with the C++ reader and does not use OpenSSL's CMS: structure and digests are
read with asn1crypto and hashlib, signatures are verified with cryptography (on OpenSSL's
arithmetic).

    second_reader.py FOLDER    for each *.cms in it: "NAME ok SHA256-OF-CONTENT" or "NAME bad WHY"
"""

import hashlib
import pathlib
import sys

from asn1crypto import algos, cms, parser, tsp, x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

HASHES = {"sha256": hashes.SHA256, "sha384": hashes.SHA384}
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
                     "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
}
CURVE_HASH = {"secp256r1": "sha256", "secp384r1": "sha384"}
# Importing tsp teaches cms the ESS attribute.
assert tsp.SigningCertificateV2
ATTRIBUTES = ["content_type", "signing_time", "message_digest", "signing_certificate_v2"]


class Bad(Exception):
    """The message is not what the protocol allows."""


def need(condition, why):
    if not condition:
        raise Bad(why)


def check_der(data):
    """Every length definite and shortest, every BOOLEAN, INTEGER and SET OF as DER wants it."""
    at = 0
    while at < len(data):
        head_class, method, number, header, content, trailer = parser.parse(data[at:])
        need(trailer == b"" and header[1] != 0x80, "indefinite length")
        need(header == parser.emit(head_class, method, number, content)[:len(header)],
             "length is not the shortest")
        if head_class == 0 and number in (2, 10):
            spare = len(content) > 1 and content[0] in (0, 255) \
                and (content[0] ^ content[1]) < 128
            need(content and not spare, "INTEGER is not the shortest")
        if head_class == 0 and number == 1:
            need(content in (b"\x00", b"\xff"), "BOOLEAN is not DER")
        if method == 1:
            check_der(content)
        at += len(header) + len(content)


def check_set_order(raw):
    """raw: the content of a SET OF; its elements stand in ascending order."""
    elements, at = [], 0
    while at < len(raw):
        parts = parser.parse(raw[at:])
        size = len(parts[3]) + len(parts[4]) + len(parts[5])
        elements.append(raw[at:at + size])
        at += size
    need(elements == sorted(elements), "attributes are not in DER order")


def check_attributes(info, content, certificate, digest):
    attributes = info["signed_attrs"]
    check_set_order(attributes.contents)
    need([one["type"].native for one in attributes] == ATTRIBUTES, "other attributes")
    values = {one["type"].native: one["values"] for one in attributes}
    need(all(len(value) == 1 for value in values.values()), "not one value an attribute")
    need(values["content_type"][0].native == "data", "content type")
    need(values["message_digest"][0].native == hashlib.new(digest, content).digest(),
         "message digest")
    time = values["signing_time"][0]
    year = time.native.year
    need(time.name == ("utc_time" if 1950 <= year < 2050 else "general_time"), "kind of time")
    text = time.chosen.contents.decode("ascii")
    need(len(text) == (13 if time.name == "utc_time" else 15) and text.endswith("Z"), "time")
    check_ess(values["signing_certificate_v2"][0], certificate, digest)


def check_ess(signing_certificate, certificate, digest):
    need(signing_certificate["policies"].native is None, "policies in the ESS attribute")
    need(len(signing_certificate["certs"]) == 1, "not one ESS certificate")
    entry = signing_certificate["certs"][0]
    named = entry["hash_algorithm"]["algorithm"].native
    need(named == digest, "ESS digest algorithm")
    need(entry["cert_hash"].native == hashlib.new(digest, certificate.dump()).digest(), "ESS hash")
    issuer = entry["issuer_serial"]
    need(issuer["serial_number"].native == certificate.serial_number, "ESS serial")
    names = issuer["issuer"]
    need(len(names) == 1 and names[0].name == "directory_name"
         and names[0].chosen.untag().dump() == certificate.issuer.dump(), "ESS issuer")


def check_signature(info, certificate, signed, digest):
    key = x509.load_der_x509_certificate(certificate.dump()).public_key()
    signature = info["signature"].native
    algorithm = info["signature_algorithm"]
    name = algorithm["algorithm"].native
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            need(name == digest + "_ecdsa" and CURVE_HASH[key.curve.name] == digest, "algorithm")
            check_ecdsa_form(signature, ORDERS[key.curve.name])
            key.verify(signature, signed, ec.ECDSA(HASHES[digest]()))
        elif isinstance(key, rsa.RSAPublicKey):
            need(2048 <= key.key_size <= 4096 and digest == "sha256", "RSA")
            key.verify(signature, signed, rsa_padding(name, algorithm), hashes.SHA256())
        else:
            raise Bad("kind of key")
    except InvalidSignature:
        raise Bad("signature") from None


def check_ecdsa_form(signature, order):
    check_der(signature)
    pair = algos.DSASignature.load(signature, strict=True)
    need(pair.dump(force=True) == signature, "signature is not DER")
    need(0 < pair["r"].native < order and 0 < pair["s"].native <= order // 2, "S is high")


def rsa_padding(name, algorithm):
    if name == "rsassa_pkcs1v15":
        return padding.PKCS1v15()
    need(name == "rsassa_pss", "algorithm")
    parameters = algorithm["parameters"]
    need(parameters["hash_algorithm"]["algorithm"].native == "sha256", "PSS digest")
    mask = parameters["mask_gen_algorithm"]
    need(mask["algorithm"].native == "mgf1"
         and mask["parameters"]["algorithm"].native == "sha256", "PSS mask")
    need(parameters["salt_length"].native == 32, "PSS salt")
    need(parameters["trailer_field"].native == "trailer_field_bc", "PSS trailer")
    return padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def read(data):
    """The content of one signed message, or Bad."""
    check_der(data)
    outer = cms.ContentInfo.load(data, strict=True)
    need(outer["content_type"].native == "signed_data", "not SignedData")
    signed = outer["content"]
    need(signed["version"].native == "v1", "version of SignedData")
    need(len(signed["digest_algorithms"]) == 1, "not one digest algorithm")
    need(signed["crls"].native is None, "revocation lists")
    need(len(signed["certificates"]) == 1 and len(signed["signer_infos"]) == 1, "not one signer")
    encapsulated = signed["encap_content_info"]
    need(encapsulated["content_type"].native == "data", "encapsulated content type")
    need(encapsulated["content"].native is not None, "detached content")
    content = encapsulated["content"].native
    need(isinstance(content, bytes), "content")
    certificate = signed["certificates"][0].chosen
    need(isinstance(certificate, asn1_x509.Certificate), "kind of certificate")
    info = signed["signer_infos"][0]
    check_signer(info, signed, certificate)
    digest = info["digest_algorithm"]["algorithm"].native
    check_attributes(info, content, certificate, digest)
    # What is signed is the attributes as a SET OF, not with their context tag (RFC 5652 5.4).
    check_signature(info, certificate, b"\x31" + info["signed_attrs"].dump()[1:], digest)
    return content


def check_signer(info, signed, certificate):
    need(info["version"].native == "v1", "version of SignerInfo")
    need(info["unsigned_attrs"].native is None, "unsigned attributes")
    need(info["digest_algorithm"].dump() == signed["digest_algorithms"][0].dump(), "digests differ")
    digest = info["digest_algorithm"]
    need(digest["algorithm"].native in HASHES and digest["parameters"].native is None, "digest")
    sid = info["sid"]
    need(sid.name == "issuer_and_serial_number"
         and sid.chosen["issuer"].dump() == certificate.issuer.dump()
         and sid.chosen["serial_number"].native == certificate.serial_number, "signer identifier")


def verdict(data):
    try:
        return "ok " + hashlib.sha256(read(data)).hexdigest()
    except Bad as bad:
        return f"bad {bad}"
    except Exception as error:  # the libraries say "malformed" in many ways
        return f"bad {type(error).__name__}"


def main():
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.cms")):
        print(path.stem, verdict(path.read_bytes()))


if __name__ == "__main__":
    main()
