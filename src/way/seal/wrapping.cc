#include "way/seal/wrapping.h"

#include <algorithm>
#include <set>

namespace yizhan {

namespace {

constexpr std::size_t kBlindBytes = 32;
constexpr std::int64_t kPolicyVersion = 1;

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

// Without attachments: the document itself and what only explains it.
std::vector<Part> parts_for(const WrappingPlan& plan) {
  std::vector<Part> parts = plan.sending.order.pairs.at(
      static_cast<std::size_t>(plan.group.pair)).files;
  if (!plan.group.with_attachments) {
    std::erase_if(parts, [](const Part& part) { return part.kind == PartKind::kAttachment; });
  }
  return parts;
}

Manifest manifest_for(const WrappingPlan& plan) {
  const DocumentFacts& document = plan.document;
  return {random_bytes(kBlindBytes), document.subject, document.number,
          document.type,             document.secrecy, parts_for(plan)};
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

}  // namespace

Result<WrappedPackage> Wrapping::wrap(const WrappingPlan& plan) {
  const Agency& own = *plan.directory.find(parts_.own);
  BodyPlan body{new_content_key(), random_bytes(kChunkSaltSize), {}, manifest_for(plan)};
  Header header{.message_id = MessageId::generate(parts_.now),
                .document_id = plan.sending.id,
                .sender = parts_.own,
                .sender_unit = plan.sending.order.unit,
                .sender_certificate = parts_.key.certificate().sha256(),
                .home_centre = own.home_centre,
                .recipients_root = {},
                .recipient_count = static_cast<std::int64_t>(plan.group.recipients.size()),
                .with_attachments = plan.group.with_attachments,
                .scanners = {},
                .created = parts_.now,
                .expires = parts_.now + kPackageLifeMax,
                .urgency = plan.document.urgency,
                .resend = plan.sending.order.resend,
                .plain_length = 0,
                .salt = body.salt,
                .commitment = {},
                .cipher_root = {},
                .plaintext_root = {},
                .directory_version = plan.directory.version(),
                .policy_version = kPolicyVersion};
  body.context = header.context();
  const SecretBytes content(key_block_content(header.message_id, body.content_key));
  Envelope envelope{header.message_id.text(), {}, {}, {}, {}, std::nullopt};
  YZ_TRY(add_leaves(plan, content.view(), envelope));
  header.recipients_root = recipients_root(envelope.leaves);
  header.scanners = YZ_TRY(add_scanners(plan, content.view(), envelope));
  BodyFacts facts = write(body, header.message_id);
  header.plain_length = facts.plain_length;
  header.commitment = facts.commitment;
  header.cipher_root = facts.cipher_root;
  header.plaintext_root = facts.plaintext_root;
  envelope.groups = std::move(facts.groups);
  SealedHeader sealed = YZ_TRY(seal_header(header, parts_.key, parts_.now));
  envelope.header = sealed.cms;
  return WrappedPackage{std::move(sealed), std::move(envelope), plan.group};
}

BodyFacts Wrapping::write(const BodyPlan& plan, const MessageId& message) {
  std::vector<FileHandle> files;
  for (const Part& part : plan.manifest.parts) files.push_back(parts_.objects.open(part.sha256));
  FileHandle cipher = temporary_file(parts_.workspace);
  BodyFacts facts = write_body(plan, files, cipher);
  const std::string partial = message.text();
  for (std::uint64_t i = 0; i < facts.groups.size(); ++i) {
    const auto length = static_cast<std::size_t>(group_length_of(facts.plain_length, i));
    parts_.objects.write_partial(partial, i * kGroupBytes, cipher.read_at(i * kGroupBytes, length));
  }
  parts_.objects.finish_partial(partial, facts.cipher_root);
  // Its blind is nowhere else: without it an export could not show what was sent.
  parts_.objects.put(facts.plaintext_root, plan.manifest.json());
  return facts;
}

// One leaf for each recipient, one key block for each of its encryption certificates in force.
Result<void> Wrapping::add_leaves(const WrappingPlan& plan, ByteView content,
                                  Envelope& envelope) const {
  for (const AddressedRecipient& recipient : plan.group.recipients) {
    const Agency* agency = YZ_TRY(plan.directory.find_recipient(recipient.addressee));
    auto certificates = certificates_for(agency->certificates, Purpose::kEncrypt, parts_.now);
    std::sort(certificates.begin(), certificates.end(),
              [](const auto& a, const auto& b) { return a.sha256() < b.sha256(); });
    RecipientLeaf leaf{recipient.addressee, recipient.copy_kind, {}};
    for (const Certificate& certificate : certificates) {
      Bytes key_block = YZ_TRY(wrap_key(content, certificate));
      leaf.key_blocks.push_back({certificate.sha256(), sha256(key_block)});
      envelope.key_blocks.push_back(std::move(key_block));
    }
    envelope.leaves.push_back(leaf.json());
  }
  return {};
}

Result<std::vector<ScannerEntry>> Wrapping::add_scanners(const WrappingPlan& plan,
                                                         ByteView content,
                                                         Envelope& envelope) const {
  std::set<CentreCode> centres = {plan.directory.find(parts_.own)->home_centre};
  for (const AddressedRecipient& recipient : plan.group.recipients) {
    centres.insert(plan.directory.find(recipient.addressee.org)->home_centre);
  }
  std::vector<ScannerEntry> entries;
  for (const CentreCode& code : centres) {
    const Centre* centre = plan.directory.find(code);
    const auto* scanner = centre == nullptr ? nullptr : newest_scanner(*centre, parts_.now);
    if (scanner == nullptr) {
      return Refusal{Reason::kScannersMismatch,
                     "交換中心 " + code.text() + " 目前沒有有效的掃描憑證，恢復後自動續送"};
    }
    Bytes key_block = YZ_TRY(wrap_key(content, scanner->certificate));
    entries.push_back({code, scanner->certificate.sha256(), sha256(key_block)});
    envelope.key_blocks.push_back(std::move(key_block));
  }
  return entries;
}

}  // namespace yizhan
