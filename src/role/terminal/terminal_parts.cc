#include "role/terminal/terminal_parts.h"

#include <pwd.h>

#include <algorithm>
#include <thread>

#include "ground/daemon/daemon.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

// The keyholder may be starting too, or wait for a card.
constexpr int kKeyTries = 30;

}  // namespace

std::filesystem::path data_folder(const Config& config) {
  make_directory(config.path("data"));
  return config.path("data");
}

std::string store_url(const Config& config) {
  const std::string& url = config.text("store");
  return url.empty() ? "sqlite:" + (data_folder(config) / "terminal.db").string() : url;
}

KeyGenerations require_key(Keyholder& keyholder, const std::string& name) {
  for (int i = 0; i < kKeyTries; ++i) {
    Result<KeyGenerations> key = keyholder.signing_keys(name);
    if (key) return std::move(*key);
    log(LogLevel::kWarning, "key_waits",
        {{"key", name}, {"reason", std::string(code_of(key.reason()))}});
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
  throw std::runtime_error("金鑰 " + name + " 無法使用，請檢查金鑰服務");
}

TerminalIdentity terminal_identity(const Config& config, const Certificate& signer,
                                   Keyholder& keyholder) {
  TerminalIdentity identity{OrgCode::parse(config.text("agency")).value(), signer.sha256(),
                            config.text("terminal"), {}};
  const Result<std::vector<KeyDescription>> keys = keyholder.list();
  if (!keys) return identity;
  const auto own = std::find_if(keys->begin(), keys->end(), [&](const KeyDescription& key) {
    return key.certificate == signer;
  });
  if (own == keys->end()) return identity;
  identity.module = std::string(code_of(own->module_kind)) + " " + own->module_serial;
  return identity;
}

BatchRule batches_of(const Config& config) {
  const auto signing = find_batch_signing(config.text("batch_signing"));
  if (!signing) throw ConfigError({"batch_signing 須為 off、on 或 auto；請修正。"});
  return {*signing};
}

std::set<std::uint32_t> api_users(const std::vector<std::string>& names) {
  std::set<std::uint32_t> users;
  for (const std::string& name : names) {
    if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      users.insert(static_cast<std::uint32_t>(std::stoul(name)));
      continue;
    }
    const passwd* entry = ::getpwnam(name.c_str());
    if (entry == nullptr) throw std::runtime_error("沒有此帳號：" + name);
    users.insert(entry->pw_uid);
  }
  return users;
}

}  // namespace yizhan
