#include "model/evidence/log_proof.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::size_t kProofBytesMax = 256U << 10;
constexpr std::size_t kTimestampsMax = 8;

// Of one witness, which may have changed its key: whether one of them signed.
Result<bool> has_cosigned(const SignedNote& note, const Centre& witness) {
  bool signed_by_it = false;
  for (const RegisteredCertificate& registered : witness.certificates) {
    if (registered.purpose != Purpose::kLog) continue;
    const NoteKey key =
        YZ_TRY(NoteKey::of(witness.code.text(), registered.certificate, NoteKeyType::kWitness));
    const bool speaks = std::ranges::any_of(note.signatures(), [&](const NoteSignature& line) {
      return line.name == key.name() && line.key_id == key.id();
    });
    if (!speaks) continue;
    YZ_TRY(note.verify_witness(key));
    signed_by_it = true;
  }
  return signed_by_it;
}

Result<std::vector<Bytes>> parse_timestamps(const Json& items) {
  if (items.size() > kTimestampsMax) return Refusal{Reason::kMalformed, "時戳過多"};
  std::vector<Bytes> timestamps;
  for (const Json& item : items) {
    auto token = item.is_string() ? from_base64(item.get<std::string>()) : std::nullopt;
    if (!token) return Refusal{Reason::kMalformed, "時戳須為 base64"};
    timestamps.push_back(std::move(*token));
  }
  return timestamps;
}

}  // namespace

Result<LogProof> LogProof::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kProofBytesMax, .depth_max = 3}));
  Members m(json, "log_proof");
  const std::int64_t index = m.integer("index", {.min = 0});
  const Json& path = m.array("path");
  const std::string checkpoint = m.text("checkpoint");
  const Json* timestamps = m.has("timestamps") ? &m.array("timestamps") : nullptr;
  YZ_TRY(m.check());
  LogProof proof{static_cast<std::uint64_t>(index), {}, copy_of(bytes_of(checkpoint))};
  for (const Json& item : path) {
    const auto digest = item.is_string() ? Sha256::from_hex(item.get<std::string>()) : std::nullopt;
    if (!digest) return Refusal{Reason::kMalformed, "日誌證明之雜湊值不正確"};
    proof.path.push_back(*digest);
  }
  if (timestamps != nullptr) proof.timestamps = YZ_TRY(parse_timestamps(*timestamps));
  return proof;
}

Bytes LogProof::json() const {
  Json digests = Json::array(), tokens = Json::array();
  for (const Sha256& digest : path) digests.push_back(digest.hex());
  for (const Bytes& token : timestamps) tokens.push_back(to_base64(token));
  Json json = {
      {"index", index}, {"path", std::move(digests)}, {"checkpoint", text_of(checkpoint)}};
  if (!timestamps.empty()) json["timestamps"] = std::move(tokens);
  return canonical_json(json);
}

Result<void> verify_log_proof(const LogProof& proof, ByteView entry, const NoteKey& log_key) {
  const Checkpoint checkpoint = YZ_TRY(verify_checkpoint(proof.checkpoint, log_key));
  const LeafPosition position{.index = proof.index, .tree_size = checkpoint.head.size};
  return verify_inclusion(leaf_hash(entry), position, proof.path, checkpoint.head.root);
}

Result<std::int64_t> count_cosignatures(const SignedNote& note, const CentreCode& own,
                                        const Directory& directory) {
  std::int64_t count = 0;
  for (const auto& [code, centre] : directory.centres()) {
    if (!upheld("own_witness", code != own)) continue;
    if (YZ_TRY(has_cosigned(note, centre))) ++count;
  }
  return count;
}

Result<ProvenEntry> check_log_proof(const LogProof& proof, ByteView entry,
                                    const Directory& directory) {
  const SignedNote note = YZ_TRY(SignedNote::parse(proof.checkpoint));
  const Checkpoint checkpoint = YZ_TRY(Checkpoint::parse(note.text()));
  const CentreCode code = YZ_TRY(CentreCode::parse(checkpoint.origin));
  const Centre* centre = directory.find(code);
  if (centre == nullptr) return Refusal{Reason::kUnknownCentre, code.text()};
  Result<void> verified = Refusal{Reason::kCertificateUnregistered, "中心未登錄日誌憑證"};
  for (const RegisteredCertificate& registered : centre->certificates) {
    if (registered.purpose != Purpose::kLog) continue;
    const NoteKey key = YZ_TRY(NoteKey::of(code.text(), registered.certificate));
    verified = verify_log_proof(proof, entry, key);
    if (!verified) continue;
    const std::int64_t count = YZ_TRY(count_cosignatures(note, code, directory));
    const std::int64_t least = std::max<std::int64_t>(1, directory.cosignatures_required(code));
    return ProvenEntry{code, proof.index, count, upheld("witness_policy", count >= least)};
  }
  return verified.refusal();
}

}  // namespace yizhan
