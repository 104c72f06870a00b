#include "role/terminal/terminal_parts.h"

#include <pwd.h>

#include <algorithm>
#include <thread>

#include "ground/daemon/daemon.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kPemBytesMax = 1U << 20;
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

std::vector<Certificate> certificates_in(const std::filesystem::path& pem_file) {
  const Bytes pem = read_file(pem_file, kPemBytesMax);
  Result<std::vector<Certificate>> bundle = parse_pem_bundle(text_of(pem));
  if (!bundle || bundle->empty()) {
    throw std::runtime_error("憑證檔無法讀取：" + pem_file.string());
  }
  return std::move(*bundle);
}

std::shared_ptr<SigningKey> require_key(Keyholder& keyholder, const std::string& name) {
  for (int i = 0; i < kKeyTries; ++i) {
    Result<std::shared_ptr<SigningKey>> key = keyholder.signing_key(name);
    if (key) return *key;
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

TlsIdentity tls_identity(const std::shared_ptr<SigningKey>& key, const Trust& trust) {
  std::vector<Certificate> chain = {key->certificate()};
  chain.insert(chain.end(), trust.intermediates.begin(), trust.intermediates.end());
  return {std::move(chain), TlsKey::from_signing_key(key).value()};
}

std::vector<Certificate> tls_anchors(const Trust& trust) {
  std::vector<Certificate> anchors = trust.anchors.roots();
  anchors.insert(anchors.end(), trust.intermediates.begin(), trust.intermediates.end());
  return anchors;
}

CentreAddress centre_address(const Directory& directory, const OrgCode& own, Time now) {
  const Agency* agency = directory.find(own);
  if (agency == nullptr) throw std::runtime_error("目錄沒有本機關：" + own.text());
  const Centre* centre = directory.find(agency->home_centre);
  if (centre == nullptr) {
    throw std::runtime_error("目錄沒有所屬交換中心：" + agency->home_centre.text());
  }
  CentreAddress address{centre->code.text(), centre->host,
                        static_cast<std::uint16_t>(centre->terminal_port), {}};
  for (const RegisteredCertificate& registered : centre->certificates) {
    // Those to come as well: the centre may change over while we run.
    if (registered.purpose == Purpose::kTls && now < registered.until) {
      address.certificates.push_back(registered.certificate.sha256());
    }
  }
  if (address.certificates.empty()) {
    throw std::runtime_error("目錄沒有交換中心有效之連線憑證：" + address.name);
  }
  return address;
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
