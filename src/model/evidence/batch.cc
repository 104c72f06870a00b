#include "model/evidence/batch.h"

#include <algorithm>
#include <iterator>

#include "ground/json/json.h"
#include "ground/merkle/merkle.h"

namespace yizhan {

namespace {

constexpr std::string_view kBatch = "yizhan-batch-1";
constexpr std::string_view kBatched = "yizhan-batched-evidence-1";
// Canonical JSON has its names in order, and this one first.
constexpr std::string_view kBeginning = R"({"format":"yizhan-batched-evidence-1",)";
constexpr std::size_t kRootBytesMax = 1U << 10;

// With the name of the tree before it: no leaf of a log or of a list of recipients is one of these.
Sha256 leaf_of(ByteView statement) {
  Bytes leaf = copy_of(bytes_of(kBatch));
  leaf.push_back('\n');
  append(leaf, statement);
  return leaf_hash(leaf);
}

struct Batch {
  std::uint64_t count;
  Sha256 root;

  [[nodiscard]] Bytes json() const {
    return canonical_json({{"format", kBatch}, {"count", count}, {"root", root.hex()}});
  }
  static Result<Batch> parse(ByteView bytes) {
    const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kRootBytesMax, .depth_max = 1}));
    Members m(json, "batch");
    const std::string format = m.text("format");
    if (format != kBatch) return Refusal{Reason::kUnknownFormat, format};
    const std::int64_t count =
        m.integer("count", {.min = 1, .max = static_cast<std::int64_t>(kBatchCountMax)});
    const Sha256 root = m.sha256("root");
    YZ_TRY(m.check());
    return Batch{static_cast<std::uint64_t>(count), root};
  }
};

// An evidence of a batch, as it travels.
struct Batched {
  Bytes statement;
  std::uint64_t index;
  MerklePath path;
  Bytes signature;  // the CMS over the batch

  [[nodiscard]] Bytes json() const {
    Json nodes = Json::array();
    for (const Sha256& node : path) nodes.push_back(node.hex());
    return canonical_json({{"format", kBatched},
                           {"index", index},
                           {"path", std::move(nodes)},
                           {"signature", to_base64(signature)},
                           {"statement", text_of(statement)}});
  }
  static Result<Batched> parse(ByteView bytes, std::size_t bytes_max) {
    const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = bytes_max, .depth_max = 2}));
    // One spelling, as DER has: nobody makes two entries of a log out of one evidence.
    if (!std::ranges::equal(canonical_json(json), bytes)) {
      return Refusal{Reason::kMalformed, "整批簽署之證據：不是標準形式（RFC 8785）"};
    }
    Members m(json, "batched_evidence");
    m.text("format");
    const std::int64_t index =
        m.integer("index", {.min = 0, .max = static_cast<std::int64_t>(kBatchCountMax) - 1});
    const Json& nodes = m.array("path");
    Batched batched{copy_of(bytes_of(m.text("statement"))), static_cast<std::uint64_t>(index), {},
                    m.base64("signature")};
    YZ_TRY(m.check());
    for (const Json& node : nodes) {
      const auto digest =
          node.is_string() ? Sha256::from_hex(node.get<std::string>()) : std::nullopt;
      if (!digest) return Refusal{Reason::kMalformed, "整批簽署之證據：雜湊值格式不正確"};
      batched.path.push_back(*digest);
    }
    return batched;
  }
};

}  // namespace

Result<std::vector<Bytes>> sign_batch(std::span<const Bytes> statements, SigningKey& key,
                                      Time signing_time) {
  YZ_ASSERT(!statements.empty() && statements.size() <= kBatchCountMax);
  std::vector<Sha256> leaves;
  std::ranges::transform(statements, std::back_inserter(leaves), leaf_of);
  const MerkleTree tree(std::move(leaves));
  const Bytes batch = Batch{tree.size(), tree.root()}.json();
  const Bytes signature = YZ_TRY(cms_sign(batch, key, KeyUse::kEvidence, signing_time));
  std::vector<Bytes> evidence;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    YZ_ASSERT(statements[i].size() <= kBatchedStatementMax);
    evidence.push_back(Batched{statements[i], i, tree.inclusion_path(i), signature}.json());
  }
  return evidence;
}

std::string_view evidence_suffix(ByteView evidence) {
  return is_batched(evidence) ? ".json" : ".p7m";
}

bool is_batched(ByteView evidence) { return text_of(evidence).starts_with(kBeginning); }

Result<SignedContent> open_evidence(ByteView evidence, std::size_t bytes_max) {
  if (!is_batched(evidence)) return cms_verify(evidence, bytes_max);
  Batched batched = YZ_TRY(Batched::parse(evidence, bytes_max));
  SignedContent opened = YZ_TRY(cms_verify(batched.signature, bytes_max));
  const Batch batch = YZ_TRY(Batch::parse(opened.content));
  YZ_TRY(verify_inclusion(leaf_of(batched.statement), {batched.index, batch.count}, batched.path,
                          batch.root));
  opened.content = std::move(batched.statement);
  return opened;
}

}  // namespace yizhan
