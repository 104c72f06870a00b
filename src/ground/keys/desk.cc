#include "ground/keys/desk.h"

#include <algorithm>

namespace yizhan {

namespace {

bool may(const KeyCaller& caller, const KeyGrant& wanted) {
  return std::find(caller.grants.begin(), caller.grants.end(), wanted) != caller.grants.end();
}

bool may_sign(const KeyCaller& caller, const std::string& key) {
  return std::any_of(caller.grants.begin(), caller.grants.end(),
                     [&](const KeyGrant& grant) { return grant.key == key && grant.use; });
}

SecretBytes as_answer(const Result<SecretBytes>& result) {
  return result ? encode_answer(result->view()) : encode_refusal(result.refusal());
}

}  // namespace

Result<KeyGrant> KeyGrant::parse(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view key = text.substr(0, colon);
  const std::string_view right = colon == text.npos ? "" : text.substr(colon + 1);
  if (is_key_name(key) && right == "decrypt") return KeyGrant{std::string(key), std::nullopt};
  const auto use = right.starts_with("sign:") ? find_key_use(right.substr(5)) : std::nullopt;
  if (is_key_name(key) && use) return KeyGrant{std::string(key), use};
  return Refusal{Reason::kMalformed,
                 "授權「" + std::string(text) +
                     "」不合格式，應為 金鑰名:decrypt，或 金鑰名:sign:用途（document、evidence、"
                     "verdict、tls、log、directory）。"};
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
      if (!key.operations.empty()) listed.push_back(std::move(key));
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
  const std::optional<Held> held = find(use.key);
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
  if (!may(use.caller, {use.key, use.use})) {
    return Refusal{Reason::kKeyForbidden, "呼叫者「" + use.caller.name +
                                              "」未獲授權以此用途使用金鑰「" + use.key +
                                              "」，請檢查其 [[caller]] 之 keys。"};
  }
  if (!held && anything_waits()) {
    return Refusal{Reason::kTokenLocked, "憑證卡或模組待解鎖，請以 yizhan status 查看。"};
  }
  if (!held) return Reason::kKeyUnknown;
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
  }
  YZ_ASSERT(false);
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
  const bool granted = may(use.caller, {use.key, std::nullopt}) || may_sign(use.caller, use.key);
  const std::string key = granted ? use.key : "?";
  KeyUseCount& count = counts_[{use.caller.name, key}];
  count.caller = use.caller.name;
  count.key = key;
  ++(done ? count.done : count.refused);
}

}  // namespace yizhan
