#pragma once

#include "model/package/package.h"
#include "tests/support/small_exchange.h"

// Real sealed packages between the agencies of a SmallExchange, with everything their sender knew.

namespace yizhan {

struct PackageWish {
  std::vector<Addressee> recipients = {};  // none: agency b
  std::size_t attachment_bytes = 100;
  std::string application_id = "application-1";
  Time now = kTestNow;
  std::function<void(Header&)> change = {};  // of the header before it is signed
};

// A sealed package and everything its sender knew.
struct TestPackage {
  SealedHeader sealed;
  Envelope envelope;  // without the body
  Bytes body;
  Bytes content_key;
  Manifest manifest;

  [[nodiscard]] Envelope with_body() const {
    Envelope whole = envelope;
    whole.body = body;
    return whole;
  }
  [[nodiscard]] Bytes group(std::size_t index) const {
    const auto length = group_length_of(sealed.header.plain_length, index);
    return copy_of(ByteView(body).subspan(index * kGroupBytes, length));
  }
  [[nodiscard]] SecretBytes key() const { return SecretBytes(copy_of(content_key)); }
};

inline FileHandle file_of(ByteView bytes) {
  FileHandle file = memory_file("part");
  file.write_at(0, bytes);
  return file;
}

inline Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  fill_random(bytes);
  return bytes;
}

inline Header header_for(const SmallExchange& exchange, const PackageWish& wish) {
  return {.message_id = MessageId::generate(wish.now),
          .document_id = DocumentId::generate(wish.now),
          .sender = exchange.a.code,
          .sender_unit = {},
          .sender_certificate = exchange.a.sign.certificate().sha256(),
          .home_centre = exchange.first.code,
          .recipients_root = {},
          .recipient_count = 0,
          .with_attachments = true,
          .scanners = {},
          .created = wish.now,
          .expires = wish.now + std::chrono::hours{24 * 7},
          .urgency = std::nullopt,
          .resend = std::nullopt,
          .plain_length = 0,
          .salt = random_bytes(kChunkSaltSize),
          .commitment = {},
          .cipher_root = {},
          .plaintext_root = {},
          .directory_version = 1,
          .policy_version = 1};
}

// Leaves, key blocks and scanners, each with a real key block.
inline void address(const SmallExchange& exchange, TestPackage& package, Header& header,
                    std::vector<Addressee> recipients) {
  std::ranges::sort(recipients);
  const Bytes content = key_block_content(header.message_id, package.key());
  std::vector<CentreCode> homes = {header.home_centre};
  for (const Addressee& recipient : recipients) {
    const auto agency = std::ranges::find(exchange.agencies, recipient.org, &Agency::code);
    const Agency& known = agency == exchange.agencies.end() ? exchange.agencies.front() : *agency;
    RecipientLeaf leaf{recipient, CopyKind::kOriginal, {}};
    for (const Certificate& to :
         certificates_for(known.certificates, Purpose::kEncrypt, header.created)) {
      package.envelope.key_blocks.push_back(wrap_key(content, to).value());
      leaf.key_blocks.push_back({to.sha256(), sha256(package.envelope.key_blocks.back())});
    }
    package.envelope.leaves.push_back(leaf.json());
    homes.push_back(known.home_centre);
  }
  for (const TestCentre* centre : {&exchange.first, &exchange.second}) {
    if (std::ranges::find(homes, centre->code) == homes.end()) continue;
    const Certificate& scanner = centre->scanner.certificate();
    package.envelope.key_blocks.push_back(wrap_key(content, scanner).value());
    header.scanners.push_back(
        {centre->code, scanner.sha256(), sha256(package.envelope.key_blocks.back())});
  }
  header.recipient_count = static_cast<std::int64_t>(recipients.size());
  header.recipients_root = recipients_root(package.envelope.leaves);
}

// From agency a, with its document and one attachment.
inline TestPackage make_package(SmallExchange& exchange, const PackageWish& wish = {}) {
  const Bytes document = copy_of(bytes_of("<?xml version=\"1.0\"?><函/>"));
  const Bytes attachment = random_bytes(wish.attachment_bytes);
  Manifest manifest{random_bytes(32), "主旨", "1150001", "函", "", {}};
  manifest.parts = {{"di.xml", "application/xml", PartKind::kDi, document.size(), sha256(document)},
                    {"附件.bin", "application/octet-stream", PartKind::kAttachment,
                     attachment.size(), sha256(attachment)}};
  Header header = header_for(exchange, wish);
  // The header in it is a mere place until the real one is signed.
  TestPackage package{{{}, {}, header, exchange.a.sign.certificate(), wish.now,
                       exchange.a.sign.scheme()}, {}, {},
                      random_bytes(kContentKeySize), manifest};
  FileHandle cipher = memory_file("body");
  const FileHandle parts[] = {file_of(document), file_of(attachment)};
  const BodyFacts facts =
      write_body({package.key(), header.salt, header.context(), manifest}, parts, cipher);
  header.commitment = facts.commitment;
  header.cipher_root = facts.cipher_root;
  header.plaintext_root = facts.plaintext_root;
  header.plain_length = facts.plain_length;
  package.body = cipher.read_at(0, cipher.size());
  package.envelope.application_id = wish.application_id;
  package.envelope.groups = facts.groups;
  address(exchange, package, header,
          wish.recipients.empty() ? std::vector{exchange.b.addressee()} : wish.recipients);
  if (wish.change) wish.change(header);
  package.sealed = seal_header(header, exchange.a.sign, wish.now).value();
  package.envelope.header = package.sealed.cms;
  return package;
}

}  // namespace yizhan
