#include "model/package/sealing.h"

#include <algorithm>
#include <set>

#include "model/package/opening.h"

namespace yizhan {

namespace {

constexpr std::size_t kBlindBytes = 32;

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  fill_random(bytes);
  return bytes;
}

SecretBytes new_content_key() {
  SecretBytes key(kContentKeySize);
  fill_random(key.writable());
  return key;
}

// Of several scanner certificates in force the one that came last.
const RegisteredCertificate* newest_scanner(const Centre& centre, Time now) {
  const RegisteredCertificate* newest = nullptr;
  for (const RegisteredCertificate& registered : centre.certificates) {
    if (registered.purpose != Purpose::kScanner || !registered.in_force(now)) continue;
    if (newest == nullptr || newest->from < registered.from) newest = &registered;
  }
  return newest;
}

// What is known before the body is written.
Header header_for(const SealingOrder& order, const Certificate& signer) {
  return {.message_id = MessageId::generate(order.now),
          .document_id = order.document,
          .sender = order.sender,
          .sender_unit = order.sender_unit,
          .sender_certificate = signer.sha256(),
          .home_centre = order.directory.find(order.sender)->home_centre,
          .recipients_root = {},
          .recipient_count = static_cast<std::int64_t>(order.recipients.size()),
          .with_attachments = order.with_attachments,
          .scanners = {},
          .created = order.now,
          .expires = order.now + kPackageLifeMax,
          .urgency = order.urgency,
          .resend = order.resend,
          .plain_length = 0,
          .salt = random_bytes(kChunkSaltSize),
          .commitment = {},
          .cipher_root = {},
          .plaintext_root = {},
          .directory_version = order.directory.version(),
          .policy_version = kPolicyVersion};
}

// One leaf for each recipient, one key block for each encryption certificate in force of it, or of
// the agency that receives for it.
Result<void> add_leaves(const SealingOrder& order, ByteView content, Envelope& envelope) {
  for (const SealingRecipient& recipient : order.recipients) {
    const Agency* agency = YZ_TRY(order.directory.find_recipient(recipient.addressee));
    const Agency& receiver = order.directory.receiver_of(*agency, order.now);
    auto certificates = certificates_for(receiver.certificates, Purpose::kEncrypt, order.now);
    std::sort(certificates.begin(), certificates.end(),
              [](const auto& a, const auto& b) { return a.sha256() < b.sha256(); });
    RecipientLeaf leaf{recipient.addressee, recipient.copy_kind, {}};
    for (const Certificate& certificate : certificates) {
      YZ_TRY(order.policy.check(certificate));
      Bytes key_block = YZ_TRY(wrap_key(content, certificate));
      leaf.key_blocks.push_back({certificate.sha256(), sha256(key_block)});
      envelope.key_blocks.push_back(std::move(key_block));
    }
    envelope.leaves.push_back(leaf.json());
  }
  return {};
}

Result<std::vector<ScannerEntry>> add_scanners(const SealingOrder& order, ByteView content,
                                               Envelope& envelope) {
  std::set<CentreCode> centres = {order.directory.find(order.sender)->home_centre};
  for (const SealingRecipient& recipient : order.recipients) {
    centres.insert(order.directory.find(recipient.addressee.org)->home_centre);
  }
  std::vector<ScannerEntry> entries;
  for (const CentreCode& code : centres) {
    const Centre* centre = order.directory.find(code);
    const auto* scanner = centre == nullptr ? nullptr : newest_scanner(*centre, order.now);
    if (scanner == nullptr) {
      return Refusal{Reason::kScannersMismatch,
                     "交換中心 " + code.text() + " 目前沒有有效的掃描憑證，恢復後自動續送"};
    }
    YZ_TRY(order.policy.check(scanner->certificate));
    Bytes key_block = YZ_TRY(wrap_key(content, scanner->certificate));
    entries.push_back({code, scanner->certificate.sha256(), sha256(key_block)});
    envelope.key_blocks.push_back(std::move(key_block));
  }
  return entries;
}

}  // namespace

Result<SealedPackage> seal_package(SealingOrder order, std::span<const FileHandle> parts,
                                   SigningKey& key, FileHandle& cipher) {
  order.manifest.blind = random_bytes(kBlindBytes);
  Header header = header_for(order, key.certificate());
  const BodyPlan body{new_content_key(), header.salt, header.context(), order.manifest};
  const SecretBytes content(key_block_content(header.message_id, body.content_key));
  Envelope envelope{header.message_id.text(), {}, {}, {}, {}, std::nullopt};
  YZ_TRY(add_leaves(order, content.view(), envelope));
  header.recipients_root = recipients_root(envelope.leaves);
  header.scanners = YZ_TRY(add_scanners(order, content.view(), envelope));
  BodyFacts facts = write_body(body, parts, cipher);
  header.plain_length = facts.plain_length;
  header.commitment = facts.commitment;
  header.cipher_root = facts.cipher_root;
  header.plaintext_root = facts.plaintext_root;
  envelope.groups = std::move(facts.groups);
  SealedHeader sealed = YZ_TRY(seal_header(header, key, order.now));
  envelope.header = sealed.cms;
  return SealedPackage{std::move(sealed), std::move(envelope), std::move(order.manifest)};
}

}  // namespace yizhan
