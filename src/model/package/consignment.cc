#include "model/package/consignment.h"

#include "model/package/lists.h"

namespace yizhan {

Result<Consignment> Consignment::parse(ByteView bytes) {
  const JsonLimits limits{.bytes_max = kConsignmentBytesMax, .depth_max = 4};
  const Json json = YZ_TRY(parse_json(bytes, limits));
  Members m(json, "consignment");
  const Json& lease = m.object("lease");
  Consignment consignment;
  consignment.header = m.base64("header");
  consignment.placed.leaf = m.base64("leaf");
  consignment.placed.index = m.integer("leaf_index");
  const Json& path = m.array("path");
  const Json& key_blocks = m.array("key_blocks");
  const Json& groups = m.array("groups");
  const Json& evidence = m.array("evidence");
  YZ_TRY(m.check());
  Members terms(lease, "lease");
  consignment.lease = {terms.text("id"), terms.integer("fencing"), terms.time("until")};
  YZ_TRY(terms.check());
  consignment.placed.path = YZ_TRY(parse_digests(path, "path"));
  consignment.key_blocks = YZ_TRY(parse_blobs(key_blocks, "key_blocks"));
  consignment.groups = YZ_TRY(parse_digests(groups, "groups"));
  consignment.evidence = YZ_TRY(parse_blobs(evidence, "evidence"));
  return consignment;
}

Bytes Consignment::json() const {
  return canonical_json({{"lease",
                          {{"id", lease.id},
                           {"fencing", lease.fencing},
                           {"until", lease.until.text()}}},
                         {"header", to_base64(header)},
                         {"leaf", to_base64(placed.leaf)},
                         {"leaf_index", placed.index},
                         {"path", digest_list(placed.path)},
                         {"key_blocks", blob_list(key_blocks)},
                         {"groups", digest_list(groups)},
                         {"evidence", blob_list(evidence)}});
}

Result<Consignment> Consignment::parse_answer(ByteView bytes) {
  const JsonAndBody parts = YZ_TRY(split_json_and_body(bytes));
  Consignment consignment = YZ_TRY(parse(parts.json));
  if (!parts.body.empty()) consignment.body = copy_of(parts.body);
  return consignment;
}

Bytes Consignment::answer() const { return join_json_and_body(json(), body); }

}  // namespace yizhan
