#include "ground/keys/protocol.h"

#include <algorithm>
#include <array>

#include "ground/json/json.h"

namespace yizhan {

namespace {

enum class Operation : std::uint8_t {
  kList = 1,
  kStatus,
  kSign,
  kDecryptOaep,
  kAgree,
  kPrepare,
  kInstall
};

constexpr std::uint8_t kDone = 0;
constexpr std::uint8_t kRefused = 1;

void append_field(Bytes& to, ByteView field) {
  YZ_ASSERT(field.size() <= UINT32_MAX);
  for (int shift = 24; shift >= 0; shift -= 8) {
    to.push_back(static_cast<std::uint8_t>(field.size() >> shift));
  }
  append(to, field);
}

// Reads fields one after the other; a missing one reads as empty and is remembered.
class Fields {
 public:
  explicit Fields(ByteView rest) : rest_(rest) {}

  ByteView next() {
    const std::size_t size = size_of_next();
    if (broken_) return {};
    const ByteView field = rest_.subspan(4, size);
    rest_ = rest_.subspan(4 + size);
    return field;
  }
  std::string next_text() { return std::string(text_of(next())); }
  std::string next_key() {
    std::string key = next_text();
    broken_ = broken_ || !is_key_name(key);
    return key;
  }
  KeyUse next_use() {
    const auto use = find_key_use(next_text());
    broken_ = broken_ || !use;
    return use.value_or(KeyUse::kDocument);
  }
  [[nodiscard]] bool whole() const { return !broken_ && rest_.empty(); }

 private:
  std::size_t size_of_next() {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4 && rest_.size() >= 4; ++i) size = size << 8 | rest_[i];
    broken_ = broken_ || rest_.size() < 4 || rest_.size() - 4 < size;
    return size;
  }

  ByteView rest_;
  bool broken_ = false;
};

Bytes start(Operation operation) { return {static_cast<std::uint8_t>(operation)}; }

struct Encoder {
  Bytes operator()(const ListRequest&) const { return start(Operation::kList); }
  Bytes operator()(const StatusRequest&) const { return start(Operation::kStatus); }
  Bytes operator()(const SignRequest& request) const {
    Bytes bytes = start(Operation::kSign);
    append_field(bytes, bytes_of(request.key));
    append_field(bytes, bytes_of(code_of(request.use)));
    append_field(bytes, request.input);
    return bytes;
  }
  Bytes operator()(const DecryptRequest& request) const {
    return keyed(Operation::kDecryptOaep, request.key, request.ciphertext);
  }
  Bytes operator()(const AgreeRequest& request) const {
    return keyed(Operation::kAgree, request.key, request.peer_point);
  }
  Bytes operator()(const PrepareRequest& request) const {
    return keyed(Operation::kPrepare, request.key, bytes_of(request.signer));
  }
  Bytes operator()(const InstallRequest& request) const {
    return keyed(Operation::kInstall, request.key, request.certificate);
  }
  static Bytes keyed(Operation operation, const std::string& key, ByteView input) {
    Bytes bytes = start(operation);
    append_field(bytes, bytes_of(key));
    append_field(bytes, input);
    return bytes;
  }
};

std::optional<KeyRequest> read_request(std::uint8_t operation, Fields& fields) {
  switch (static_cast<Operation>(operation)) {
    case Operation::kList:
      return ListRequest{};
    case Operation::kStatus:
      return StatusRequest{};
    case Operation::kSign: {
      SignRequest request{.key = fields.next_key(), .use = fields.next_use(), .input = {}};
      request.input = copy_of(fields.next());
      return request;
    }
    case Operation::kDecryptOaep: {
      DecryptRequest request{.key = fields.next_key(), .ciphertext = {}};
      request.ciphertext = copy_of(fields.next());
      return request;
    }
    case Operation::kAgree: {
      AgreeRequest request{.key = fields.next_key(), .peer_point = {}};
      request.peer_point = copy_of(fields.next());
      return request;
    }
    case Operation::kPrepare:
      return PrepareRequest{.key = fields.next_key(), .signer = fields.next_key()};
    case Operation::kInstall: {
      InstallRequest request{.key = fields.next_key(), .certificate = {}};
      request.certificate = copy_of(fields.next());
      return request;
    }
  }
  return std::nullopt;
}

// What JSON calls by code, back to the enumerator.
template <class Enum, std::size_t N>
std::optional<Enum> find_code(const std::array<Enum, N>& all, std::string_view code) {
  for (const Enum one : all) {
    if (code_of(one) == code) return one;
  }
  return std::nullopt;
}

constexpr std::array kSchemes = {SignatureScheme::kEcdsaSha256, SignatureScheme::kEcdsaSha384,
                                 SignatureScheme::kRsaPssSha256, SignatureScheme::kRsaPkcs1Sha256,
                                 SignatureScheme::kEd25519};
constexpr std::array kKinds = {ModuleKind::kSoftware, ModuleKind::kHardware};
constexpr std::array kOperations = {KeyOperation::kSign, KeyOperation::kDecryptOaep,
                                    KeyOperation::kAgree};
constexpr std::array kWaits = {Waiting::kNothing, Waiting::kPin, Waiting::kLocked,
                               Waiting::kRemoved, Waiting::kSilent};

auto parser_of(const auto& all) {
  return [&all](std::string_view code) { return find_code(all, code); };
}

Json describe_key(const KeyDescription& key) {
  Json operations = Json::array();
  for (const KeyOperation operation : key.operations) operations.push_back(code_of(operation));
  return {{"name", key.name},
          {"certificate", to_base64(key.certificate.der())},
          {"scheme", code_of(key.scheme)},
          {"operations", operations},
          {"module_kind", code_of(key.module_kind)},
          {"module_serial", key.module_serial}};
}

Result<KeyDescription> read_key(const Json& json) {
  Members key(json, "key");
  const std::string name = key.text("name");
  const Bytes certificate = key.base64("certificate");
  const auto scheme = key.parsed<SignatureScheme>("scheme", parser_of(kSchemes));
  const Json& codes = key.array("operations");
  const auto kind = key.parsed<ModuleKind>("module_kind", parser_of(kKinds));
  std::string serial = key.text("module_serial");
  std::set<KeyOperation> operations;
  for (const KeyOperation operation : kOperations) {
    if (std::count(codes.begin(), codes.end(), Json(code_of(operation))) > 0) {
      operations.insert(operation);
    }
  }
  YZ_TRY(key.check());
  Certificate parsed = YZ_TRY(Certificate::parse(certificate));
  return KeyDescription{.name = name,
                        .certificate = std::move(parsed),
                        .scheme = *scheme,
                        .operations = std::move(operations),
                        .module_kind = *kind,
                        .module_serial = std::move(serial)};
}

Json describe_module(const ModuleStatus& module) {
  return {{"kind", code_of(module.description.kind)},    {"label", module.description.label},
          {"serial", module.description.serial},         {"model", module.description.model},
          {"mechanisms", module.description.mechanisms}, {"waiting", code_of(module.waiting)}};
}

Result<ModuleStatus> read_module(const Json& json) {
  Members module(json, "module");
  const auto kind = module.parsed<ModuleKind>("kind", parser_of(kKinds));
  ModuleDescription description;
  description.label = module.text("label");
  description.serial = module.text("serial");
  description.model = module.text("model");
  for (const Json& mechanism : module.array("mechanisms")) {
    if (mechanism.is_string()) description.mechanisms.push_back(mechanism.get<std::string>());
  }
  const auto waiting = module.parsed<Waiting>("waiting", parser_of(kWaits));
  YZ_TRY(module.check());
  description.kind = *kind;
  return ModuleStatus{.description = std::move(description), .waiting = *waiting};
}

Result<KeyUseCount> read_count(const Json& json) {
  Members count(json, "uses");
  KeyUseCount uses;
  uses.caller = count.text("caller");
  uses.key = count.text("key");
  uses.done = static_cast<std::uint64_t>(count.integer("done", {.min = 0}));
  uses.refused = static_cast<std::uint64_t>(count.integer("refused", {.min = 0}));
  YZ_TRY(count.check());
  return uses;
}

}  // namespace

Bytes encode(const KeyRequest& request) { return std::visit(Encoder{}, request); }

Result<KeyRequest> parse_request(ByteView frame) {
  if (frame.empty()) return Reason::kMalformed;
  Fields fields(frame.subspan(1));
  auto request = read_request(frame.front(), fields);
  if (!request || !fields.whole()) return Reason::kMalformed;
  return std::move(*request);
}

SecretBytes encode_answer(ByteView result) {
  SecretBytes frame(1 + result.size());
  frame.writable()[0] = kDone;
  std::copy(result.begin(), result.end(), frame.writable().begin() + 1);
  return frame;
}

SecretBytes encode_refusal(const Refusal& refusal) {
  Bytes frame = {kRefused};
  append_field(frame, bytes_of(code_of(refusal.reason)));
  append_field(frame, bytes_of(refusal.detail));
  return SecretBytes(std::move(frame));
}

Result<SecretBytes> parse_answer(ByteView frame) {
  if (!frame.empty() && frame.front() == kDone) return SecretBytes(copy_of(frame.subspan(1)));
  if (!frame.empty() && frame.front() == kRefused) {
    Fields fields(frame.subspan(1));
    const auto reason = find_reason(fields.next_text());
    std::string detail = fields.next_text();
    if (reason && fields.whole()) return Refusal{*reason, std::move(detail)};
  }
  return Refusal{Reason::kKeyholderUnavailable, "金鑰服務之回應不合格式，請確認兩端程式版本相同。"};
}

Bytes encode_keys(const std::vector<KeyDescription>& keys) {
  Json json = Json::array();
  for (const KeyDescription& key : keys) json.push_back(describe_key(key));
  return canonical_json(json);
}

Result<std::vector<KeyDescription>> parse_keys(ByteView result) {
  const Json json = YZ_TRY(parse_json(result));
  if (!json.is_array()) return Reason::kMalformed;
  std::vector<KeyDescription> keys;
  for (const Json& one : json) keys.push_back(YZ_TRY(read_key(one)));
  return keys;
}

Bytes encode_next(const NextKey& next) {
  return canonical_json({{"name", next.name},
                         {"request", to_base64(next.request)},
                         {"vouched", to_base64(next.vouched)}});
}

Result<NextKey> parse_next(ByteView result) {
  const Json json = YZ_TRY(parse_json(result));
  Members members(json, "next");
  NextKey next{.name = members.text("name"),
               .request = members.base64("request"),
               .vouched = members.base64("vouched")};
  YZ_TRY(members.check());
  return next;
}

Bytes encode_status(const KeyholderStatus& status) {
  Json json = {{"modules", Json::array()}, {"uses_total", status.uses_total}};
  for (const ModuleStatus& module : status.modules) {
    json["modules"].push_back(describe_module(module));
  }
  json["uses"] = Json::array();
  for (const KeyUseCount& use : status.uses) {
    json["uses"].push_back(
        {{"caller", use.caller}, {"key", use.key}, {"done", use.done}, {"refused", use.refused}});
  }
  return canonical_json(json);
}

Result<KeyholderStatus> parse_status(ByteView result) {
  const Json json = YZ_TRY(parse_json(result));
  Members members(json, "status");
  KeyholderStatus status;
  status.uses_total = static_cast<std::uint64_t>(members.integer("uses_total", {.min = 0}));
  const Json& modules = members.array("modules");
  const Json& uses = members.array("uses");
  YZ_TRY(members.check());
  for (const Json& module : modules) status.modules.push_back(YZ_TRY(read_module(module)));
  for (const Json& use : uses) status.uses.push_back(YZ_TRY(read_count(use)));
  return status;
}

}  // namespace yizhan
