#include "model/package/relay_offer.h"

#include "ground/merkle/merkle.h"
#include "model/package/body.h"
#include "model/package/lists.h"

namespace yizhan {

namespace {

Result<OfferedRecipient> parse_recipient(const Json& json) {
  Members m(json, "recipient");
  OfferedRecipient recipient{{m.base64("leaf"), m.integer("leaf_index", {.min = 0}), {}}, {}};
  const Json& path = m.array("path");
  const Json& key_blocks = m.array("key_blocks");
  YZ_TRY(m.check());
  recipient.placed.path = YZ_TRY(parse_digests(path, "path"));
  recipient.key_blocks = YZ_TRY(parse_blobs(key_blocks, "key_blocks"));
  return recipient;
}

Json describe(const OfferedRecipient& recipient) {
  return {{"leaf", to_base64(recipient.placed.leaf)},
          {"leaf_index", recipient.placed.index},
          {"path", digest_list(recipient.placed.path)},
          {"key_blocks", blob_list(recipient.key_blocks)}};
}

Result<PlacedRecipient> check_recipient(const OfferedRecipient& offered, const Header& header) {
  PlacedRecipient recipient{
      YZ_TRY(verify_placed(offered.placed, header.recipient_count, header.recipients_root)),
      offered.key_blocks};
  const auto& named = recipient.leaf.key_blocks;
  bool same = named.size() == offered.key_blocks.size();
  for (std::size_t i = 0; same && i < named.size(); ++i) {
    same = named[i].key_block == sha256(offered.key_blocks[i]);
  }
  if (same) return recipient;
  return Refusal{Reason::kRecipientsMismatch,
                 "受文者金鑰區塊不符：" + recipient.leaf.addressee.text()};
}

}  // namespace

Result<RelayOffer> RelayOffer::parse(ByteView bytes) {
  const JsonLimits limits{.bytes_max = kEnvelopeBytesMax, .depth_max = 5};
  const Json json = YZ_TRY(parse_json(bytes, limits));
  Members m(json, "relay");
  RelayOffer offer;
  offer.header = m.base64("header");
  offer.scanner_key_block = m.base64("scanner_key_block");
  const Json& recipients = m.array("recipients");
  const Json& groups = m.array("groups");
  const Json& evidence = m.array("evidence");
  YZ_TRY(m.check());
  for (const Json& item : recipients) offer.recipients.push_back(YZ_TRY(parse_recipient(item)));
  if (offer.recipients.empty()) return Refusal{Reason::kMalformed, "沒有受文者"};
  offer.groups = YZ_TRY(parse_digests(groups, "groups"));
  offer.evidence = YZ_TRY(parse_blobs(evidence, "evidence"));
  return offer;
}

Bytes RelayOffer::json() const {
  Json items = Json::array();
  for (const OfferedRecipient& recipient : recipients) items.push_back(describe(recipient));
  return canonical_json({{"header", to_base64(header)},
                         {"scanner_key_block", to_base64(scanner_key_block)},
                         {"recipients", std::move(items)},
                         {"groups", digest_list(groups)},
                         {"evidence", blob_list(evidence)}});
}

Sha256 leaves_sha256(std::span<const Bytes> leaves) {
  Bytes hashes;
  for (const Bytes& leaf : leaves) append(hashes, leaf_hash(leaf).view());
  return sha256(hashes);
}

Sha256 leaves_sha256(const RelayOffer& offer) {
  std::vector<Bytes> leaves;
  for (const OfferedRecipient& recipient : offer.recipients) {
    leaves.push_back(recipient.placed.leaf);
  }
  return leaves_sha256(leaves);
}

Result<std::vector<PlacedRecipient>> check_offer(const RelayOffer& offer, const Header& header) {
  std::vector<PlacedRecipient> recipients;
  std::vector<RecipientLeaf> leaves;
  for (const OfferedRecipient& offered : offer.recipients) {
    recipients.push_back(YZ_TRY(check_recipient(offered, header)));
    leaves.push_back(recipients.back().leaf);
  }
  YZ_TRY(check_order(leaves));
  YZ_TRY(check_groups(header, offer.groups));
  return recipients;
}

}  // namespace yizhan
