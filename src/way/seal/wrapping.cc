#include "way/seal/wrapping.h"

namespace yizhan {

namespace {

// Without attachments: the document itself and what only explains it. A rendition goes where a
// recipient names it.
std::vector<Part> parts_for(const WrappingPlan& plan) {
  std::vector<Part> parts = plan.sending.order.pairs.at(
      static_cast<std::size_t>(plan.group.pair)).files;
  std::erase_if(parts, [&](const Part& part) {
    if (part.kind == PartKind::kAttachment) return !plan.group.with_attachments;
    return part.kind == PartKind::kRendition && !plan.group.renditions.contains(part.name);
  });
  return parts;
}

Manifest manifest_for(const WrappingPlan& plan) {
  const DocumentFacts& document = plan.document;
  return {{},           document.subject, document.number, document.type, document.secrecy,
          parts_for(plan)};
}

std::vector<SealingRecipient> recipients_for(const AddressedGroup& group) {
  std::vector<SealingRecipient> recipients;
  for (const AddressedRecipient& recipient : group.recipients) {
    recipients.push_back({recipient.addressee, recipient.copy_kind});
  }
  return recipients;
}

}  // namespace

Result<WrappedPackage> Wrapping::wrap(const WrappingPlan& plan) {
  SealingOrder order{.directory = plan.directory,
                     .policy = parts_.policy,
                     .sender = parts_.own,
                     .sender_unit = plan.sending.order.unit,
                     .document = plan.sending.id,
                     .recipients = recipients_for(plan.group),
                     .with_attachments = plan.group.with_attachments,
                     .urgency = plan.document.urgency,
                     .resend = plan.sending.order.resend,
                     .manifest = manifest_for(plan),
                     .now = parts_.now};
  std::vector<FileHandle> files;
  for (const Part& part : order.manifest.parts) files.push_back(parts_.objects.open(part.sha256));
  FileHandle cipher = temporary_file(parts_.workspace);
  SealedPackage package = YZ_TRY(seal_package(std::move(order), files, parts_.key, cipher));
  store(package, cipher);
  return WrappedPackage{std::move(package.sealed), std::move(package.envelope), plan.group};
}

void Wrapping::store(const SealedPackage& package, const FileHandle& cipher) {
  const Header& header = package.sealed.header;
  const std::string partial = header.message_id.text();
  for (std::uint64_t i = 0; i < package.envelope.groups.size(); ++i) {
    const auto length = static_cast<std::size_t>(group_length_of(header.plain_length, i));
    parts_.objects.write_partial(partial, i * kGroupBytes, cipher.read_at(i * kGroupBytes, length));
  }
  parts_.objects.finish_partial(partial, header.cipher_root);
  // Its blind is nowhere else: without it an export could not show what was sent.
  parts_.objects.put(header.plaintext_root, package.manifest.json());
}

}  // namespace yizhan
