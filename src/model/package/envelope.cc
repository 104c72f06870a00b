#include "model/package/envelope.h"

#include <algorithm>

#include "model/package/body.h"
#include "model/package/lists.h"

namespace yizhan {

namespace {

bool is_application_id(const std::string& text) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), printable);
}

// Takes the leaf's key blocks off the list, each under the hash that the leaf names.
Result<PlacedRecipient> take_recipient(const Bytes& leaf_bytes, std::span<const Bytes>& blocks) {
  PlacedRecipient recipient{YZ_TRY(RecipientLeaf::parse(leaf_bytes)), {}};
  for (const KeyBlockRef& ref : recipient.leaf.key_blocks) {
    if (blocks.empty() || sha256(blocks.front()) != ref.key_block) {
      return Refusal{Reason::kRecipientsMismatch,
                     "受文者金鑰區塊不符：" + recipient.leaf.addressee.text()};
    }
    recipient.key_blocks.push_back(blocks.front());
    blocks = blocks.subspan(1);
  }
  return recipient;
}

}  // namespace

Result<Envelope> Envelope::parse(ByteView bytes) {
  const JsonLimits limits{.bytes_max = kEnvelopeBytesMax, .depth_max = 3};
  const Json json = YZ_TRY(parse_json(bytes, limits));
  Members m(json, "submission");
  Envelope envelope;
  envelope.application_id = m.text("application_id");
  envelope.header = m.base64("header");
  const Json& leaves = m.array("leaves");
  const Json& key_blocks = m.array("key_blocks");
  const Json& groups = m.array("groups");
  YZ_TRY(m.check());
  if (!is_application_id(envelope.application_id)) {
    return Refusal{Reason::kBadRequest, "application_id 須為 1 至 128 個可見 ASCII 字元"};
  }
  envelope.leaves = YZ_TRY(parse_blobs(leaves, "leaves"));
  envelope.key_blocks = YZ_TRY(parse_blobs(key_blocks, "key_blocks"));
  envelope.groups = YZ_TRY(parse_digests(groups, "groups"));
  return envelope;
}

Bytes Envelope::json() const {
  return canonical_json({{"application_id", application_id},
                         {"header", to_base64(header)},
                         {"leaves", blob_list(leaves)},
                         {"key_blocks", blob_list(key_blocks)},
                         {"groups", digest_list(groups)}});
}

Result<Envelope> Envelope::parse_submission(ByteView bytes) {
  const JsonAndBody parts = YZ_TRY(split_json_and_body(bytes));
  Envelope envelope = YZ_TRY(parse(parts.json));
  if (!parts.body.empty()) envelope.body = copy_of(parts.body);
  return envelope;
}

Bytes Envelope::submission() const { return join_json_and_body(json(), body); }

Result<CheckedEnvelope> check_envelope(const Envelope& envelope, const Header& header) {
  const auto count = static_cast<std::int64_t>(envelope.leaves.size());
  if (count != header.recipient_count ||
      recipients_root(envelope.leaves) != header.recipients_root) {
    return Refusal{Reason::kRecipientsMismatch, "受文者清單與標頭不符"};
  }
  CheckedEnvelope checked;
  std::span<const Bytes> blocks = envelope.key_blocks;
  std::vector<RecipientLeaf> leaves;
  for (const Bytes& leaf : envelope.leaves) {
    checked.recipients.push_back(YZ_TRY(take_recipient(leaf, blocks)));
    leaves.push_back(checked.recipients.back().leaf);
  }
  YZ_TRY(check_order(leaves));
  if (blocks.size() != header.scanners.size()) {
    return Refusal{Reason::kScannersMismatch, "掃描者金鑰區塊數目不符"};
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (sha256(blocks[i]) != header.scanners[i].key_block) {
      return Refusal{Reason::kScannersMismatch, "掃描者金鑰區塊不符"};
    }
    checked.scanner_key_blocks.push_back(blocks[i]);
  }
  YZ_TRY(check_groups(header, envelope.groups));
  return checked;
}

}  // namespace yizhan
