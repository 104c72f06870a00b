"""Makes of each NAME.cms in a folder what a strict reader must refuse although the signature over
the signed attributes still holds: NAME-FORM.cms beside it."""

import pathlib
import sys

from asn1crypto import algos, cms, core

from second_reader import ORDERS


def signer(message):
    return message["content"]["signer_infos"][0]


def version_of_data(message):
    message["content"]["version"] = "v3"


def version_of_signer(message):
    signer(message)["version"] = "v3"


def digest_with_null(message):
    name = message["content"]["digest_algorithms"][0]["algorithm"].native
    message["content"]["digest_algorithms"] = [{"algorithm": name, "parameters": core.Null()}]


def second_digest(message):
    message["content"]["digest_algorithms"].append({"algorithm": "sha512"})


def certificate_twice(message):
    certificates = message["content"]["certificates"]
    certificates.append(certificates[0].copy())


def no_certificate(message):
    message["content"]["certificates"] = None


def signer_twice(message):
    infos = message["content"]["signer_infos"]
    infos.append(infos[0].copy())


def unsigned_attribute(message):
    signer(message)["unsigned_attrs"] = [
        {"type": "signing_time", "values": [cms.Time({"utc_time": core.UTCTime("261122060000Z")})]}]


def by_key_identifier(message):
    signer(message)["sid"] = cms.SignerIdentifier({"subject_key_identifier": b"0123456789"})


def content_type_outside(message):
    message["content"]["encap_content_info"]["content_type"] = "digested_data"


def other_content(message):
    message["content"]["encap_content_info"]["content"] = b"{}"


def high_s(message):
    pair = algos.DSASignature.load(signer(message)["signature"].native)
    size = (pair["r"].native.bit_length() + 7) // 8
    order = ORDERS["secp256r1" if size <= 32 else "secp384r1"]
    signer(message)["signature"] = algos.DSASignature(
        {"r": pair["r"].native, "s": order - pair["s"].native}).dump()


FORMS = [version_of_data, version_of_signer, digest_with_null, second_digest, certificate_twice,
         no_certificate, signer_twice, unsigned_attribute, by_key_identifier, content_type_outside,
         other_content, high_s]


def long_length(data):
    """The outermost length with one octet more than it needs."""
    count = data[1] & 0x7F
    return data[:1] + bytes([0x80 | (count + 1), 0]) + data[2:]


def indefinite(data):
    count = data[1] & 0x7F
    return data[:1] + b"\x80" + data[2 + count:] + b"\x00\x00"


def reversed_attributes(data):
    attributes = signer(cms.ContentInfo.load(data))["signed_attrs"]
    raw = b"".join(one.dump() for one in reversed(list(attributes)))
    return data.replace(attributes.contents, raw)


def main():
    folder = pathlib.Path(sys.argv[1])
    for path in sorted(folder.glob("*.cms")):
        data = path.read_bytes()
        for form in FORMS:
            message = cms.ContentInfo.load(data)
            if form is high_s and "ecdsa" not in signer(message)["signature_algorithm"][
                    "algorithm"].native:
                continue
            form(message)
            forged = message.dump()
            assert forged != data, form.__name__
            (folder / f"{path.stem}-{form.__name__}.cms").write_bytes(forged)
        for change in (long_length, indefinite, reversed_attributes):
            (folder / f"{path.stem}-{change.__name__}.cms").write_bytes(change(data))


if __name__ == "__main__":
    main()
