#include "ground/keys/desk.h"

#include <algorithm>

namespace yizhan {

namespace {

bool may(const KeyCaller& caller, KeyGrant wanted) {
  wanted.key = base_name(wanted.key);
  return std::find(caller.grants.begin(), caller.grants.end(), wanted) != caller.grants.end();
}

bool may_sign(const KeyCaller& caller, const std::string& key) {
  return std::any_of(caller.grants.begin(), caller.grants.end(),
                     [base = base_name(key)](const KeyGrant& grant) {
                       return grant.key == base && grant.use;
                     });
}

bool renews(KeyOperation operation) {
  return operation == KeyOperation::kPrepare || operation == KeyOperation::kInstall;
}

// A module's key for cms_sign.
class HeldKey final : public SigningKey {
 public:
  HeldKey(CryptoModule& module, const KeyDescription& key) : module_(module), key_(key) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate; }
  [[nodiscard]] SignatureScheme scheme() const override { return key_.scheme; }
  [[nodiscard]] Result<Bytes> sign(ByteView input, KeyUse /*use*/) override {
    return module_.sign(key_.name, input);
  }

 private:
  CryptoModule& module_;
  const KeyDescription& key_;
};

SecretBytes as_answer(const Result<SecretBytes>& result) {
  return result ? encode_answer(result->view()) : encode_refusal(result.refusal());
}

}  // namespace

Result<KeyGrant> KeyGrant::parse(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view key = text.substr(0, colon);
  const std::string_view right = colon == text.npos ? "" : text.substr(colon + 1);
  const bool named = is_key_name(key) && base_name(key) == key;
  if (named && right == "decrypt") return KeyGrant{std::string(key), std::nullopt};
  if (named && right == "renew") return KeyGrant{std::string(key), std::nullopt, true};
  const auto use = right.starts_with("sign:") ? find_key_use(right.substr(5)) : std::nullopt;
  if (named && use) return KeyGrant{std::string(key), use};
  return Refusal{Reason::kMalformed,
                 "授權「" + std::string(text) +
                     "」不合格式，應為 金鑰名:decrypt、金鑰名:renew，或 金鑰名:sign:用途（document、"
                     "evidence、verdict、tls、log、directory）。"};
}

struct KeyDesk::Answerer {
  KeyDesk& desk;
  const KeyCaller& caller;

  SecretBytes operator()(const ListRequest&) const {
    const Bytes keys = encode_keys(desk.list(caller));
    if (keys.size() < kKeyFrameMax) return encode_answer(keys);
    return encode_refusal({Reason::kTooLarge, "可用金鑰過多，請減少此呼叫者之 keys。"});
  }
  SecretBytes operator()(const StatusRequest&) const {
    return encode_answer(encode_status(desk.status()));
  }
  SecretBytes operator()(const SignRequest& request) const {
    return as_answer(
        desk.record({caller, request.key, KeyOperation::kSign, request.use, request.input}));
  }
  SecretBytes operator()(const DecryptRequest& request) const {
    return as_answer(desk.record(
        {caller, request.key, KeyOperation::kDecryptOaep, std::nullopt, request.ciphertext}));
  }
  SecretBytes operator()(const AgreeRequest& request) const {
    return as_answer(
        desk.record({caller, request.key, KeyOperation::kAgree, std::nullopt, request.peer_point}));
  }
  SecretBytes operator()(const PrepareRequest& request) const {
    return as_answer(desk.record({caller, request.key, KeyOperation::kPrepare, std::nullopt,
                                  bytes_of(request.signer)}));
  }
  SecretBytes operator()(const InstallRequest& request) const {
    return as_answer(desk.record(
        {caller, request.key, KeyOperation::kInstall, std::nullopt, request.certificate}));
  }
};

std::optional<SecretBytes> KeyDesk::answer(const KeyCaller& caller, ByteView frame) {
  const auto request = parse_request(frame);
  if (!request) return std::nullopt;
  return std::visit(Answerer{*this, caller}, *request);
}

std::vector<KeyDescription> KeyDesk::list(const KeyCaller& caller) const {
  std::vector<KeyDescription> listed;
  for (const auto& module : modules_) {
    for (KeyDescription& key : module->keys()) {
      if (!may_sign(caller, key.name)) key.operations.erase(KeyOperation::kSign);
      if (!may(caller, {key.name, std::nullopt})) {
        key.operations.erase(KeyOperation::kDecryptOaep);
        key.operations.erase(KeyOperation::kAgree);
      }
      const bool renewable = may(caller, {key.name, std::nullopt, true});
      if (renewable || !key.operations.empty()) listed.push_back(std::move(key));
    }
  }
  return listed;
}

KeyholderStatus KeyDesk::status() const {
  KeyholderStatus status{.modules = {}, .uses_total = journal_.total(), .uses = {}};
  for (const auto& module : modules_) {
    status.modules.push_back({module->description(), module->waiting()});
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [name, count] : counts_) status.uses.push_back(count);
  return status;
}

// 五(六): 應使用檔案局發交之密碼模組辦理公文電子交換作業 — every use stands in the journal with
// the kind and serial of its module, and without its line nothing is handed out.
Result<SecretBytes> KeyDesk::record(const Use& use) {
  const std::optional<Held> held = renews(use.operation) ? find_newest(use.key) : find(use.key);
  Result<SecretBytes> result = perform(use, held);
  KeyUseRecord line{.caller = use.caller.name,
                    .key = use.key,
                    .description = {},
                    .operation = use.operation,
                    .use = use.use,
                    .input_sha256 = sha256(use.input),
                    .outcome = result ? "done" : code_of(result.reason())};
  if (held) line.description = held->description;
  count(use, result.ok());
  YZ_TRY(journal_.append(line));
  return result;
}

Result<SecretBytes> KeyDesk::perform(const Use& use, const std::optional<Held>& held) const {
  if (!may(use.caller, {use.key, use.use, renews(use.operation)})) {
    return Refusal{Reason::kKeyForbidden, "呼叫者「" + use.caller.name +
                                              "」未獲授權以此用途使用金鑰「" + use.key +
                                              "」，請檢查其 [[caller]] 之 keys。"};
  }
  if (!held && anything_waits()) {
    return Refusal{Reason::kTokenLocked, "憑證卡或模組待解鎖，請以 yizhan status 查看。"};
  }
  if (!held) return Reason::kKeyUnknown;
  if (renews(use.operation)) return renew(use, held->module);
  if (!held->description.operations.contains(use.operation)) {
    return Refusal{Reason::kKeyForbidden, "金鑰「" + use.key + "」之憑證用途或模組不支援 " +
                                              std::string(code_of(use.operation)) + "。"};
  }
  switch (use.operation) {
    case KeyOperation::kSign: {
      YZ_TRY(check_input(held->description.scheme, use.input));
      return SecretBytes(YZ_TRY(held->module.sign(use.key, use.input)));
    }
    case KeyOperation::kDecryptOaep:
      return held->module.decrypt_oaep(use.key, use.input);
    case KeyOperation::kAgree:
      return held->module.agree(use.key, use.input);
    case KeyOperation::kPrepare:
    case KeyOperation::kInstall:
      break;
  }
  YZ_ASSERT(false);
}

Result<SecretBytes> KeyDesk::renew(const Use& use, CryptoModule& module) const {
  if (use.operation == KeyOperation::kPrepare) {
    NextKey next = YZ_TRY(module.prepare(use.key));
    next.vouched = YZ_TRY(vouch(use, next.request));
    return SecretBytes(encode_next(next));
  }
  const Certificate certificate = YZ_TRY(Certificate::parse(use.input));
  return SecretBytes(copy_of(bytes_of(YZ_TRY(module.install(use.key, certificate)))));
}

// With the oldest generation that is still valid: management knows it. A use like any other, so it
// has its line.
Result<Bytes> KeyDesk::vouch(const Use& use, ByteView request) const {
  const Time now = SystemClock().now();
  const std::string signer(text_of(use.input));
  for (const Held& held : generations(signer)) {
    const bool signs = held.description.operations.contains(KeyOperation::kSign);
    if (!signs || held.description.certificate.not_after() <= now) continue;
    HeldKey key(held.module, held.description);
    Result<Bytes> cms = cms_sign(request, key, KeyUse::kDocument, now);
    YZ_TRY(journal_.append({.caller = use.caller.name,
                            .key = held.description.name,
                            .description = held.description,
                            .operation = KeyOperation::kSign,
                            .use = std::nullopt,
                            .input_sha256 = sha256(request),
                            .outcome = cms ? "done" : code_of(cms.reason())}));
    return cms;
  }
  return Refusal{Reason::kKeyUnknown, "沒有有效之簽章金鑰「" + signer + "」可簽署換發申請。"};
}

// The oldest first, whichever was named.
std::vector<KeyDesk::Held> KeyDesk::generations(const std::string& key) const {
  std::map<int, Held> sorted;
  for (const auto& module : modules_) {
    for (KeyDescription& description : module->keys()) {
      if (base_name(description.name) != base_name(key)) continue;
      const int generation = generation_of(description.name);
      sorted.emplace(generation, Held{*module, std::move(description)});
    }
  }
  std::vector<Held> all;
  for (auto& [generation, held] : sorted) all.push_back(std::move(held));
  return all;
}

std::optional<KeyDesk::Held> KeyDesk::find_newest(const std::string& key) const {
  std::vector<Held> all = generations(key);
  return all.empty() ? std::nullopt : std::optional<Held>(std::move(all.back()));
}

std::optional<KeyDesk::Held> KeyDesk::find(const std::string& key) const {
  for (const auto& module : modules_) {
    auto description = module->find(key);
    if (description) return Held{*module, std::move(*description)};
  }
  return std::nullopt;
}

bool KeyDesk::anything_waits() const {
  return std::any_of(modules_.begin(), modules_.end(),
                     [](const auto& module) { return module->waiting() != Waiting::kNothing; });
}

void KeyDesk::count(const Use& use, bool done) {
  const std::lock_guard lock(mutex_);
  // Names that were never granted are counted together: a caller must not fill our memory.
  const bool granted = may(use.caller, {use.key, std::nullopt}) || may_sign(use.caller, use.key) ||
                       may(use.caller, {use.key, std::nullopt, true});
  const std::string key = granted ? use.key : "?";
  KeyUseCount& count = counts_[{use.caller.name, key}];
  count.caller = use.caller.name;
  count.key = key;
  ++(done ? count.done : count.refused);
}

}  // namespace yizhan
