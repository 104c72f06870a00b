#include "role/scanner/scanner_config.h"

#include <pwd.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>

namespace yizhan {

namespace {

using enum ConfigKind;

constexpr std::int64_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::int64_t kGibibyte = 1LL << 30;
constexpr std::int64_t kDay = 86'400'000;

constexpr ConfigKey kTable[] = {
    {.key = "centre", .kind = kText, .min = 2, .max = 32, .sentence = "本交換中心之代碼"},
    {.key = "socket",
     .kind = kPath,
     .min = 1,
     .max = kSocketPathMax,
     .sentence = "交換程式連線之 Unix socket"},
    {.key = "exchange_user",
     .kind = kText,
     .standard = "",
     .max = 64,
     .sentence = "得要求掃描之系統帳號（名稱或 uid）；空白則由 socket 之檔案權限決定"},
    {.key = "pkcs1_signatures",
     .kind = kFlag,
     .standard = "false",
     .sentence = "是否接受 RSA PKCS#1 v1.5 簽章；須與交換程式之設定相同"},
    {.key = "keyholder", .kind = kPath, .min = 1, .sentence = "金鑰服務之通訊端"},
    {.key = "directory", .kind = kPath, .min = 1, .sentence = "管理層簽署之目錄檔"},
    {.key = "directory_anchors", .kind = kPath, .min = 1, .sentence = "目錄簽署憑證 (PEM)"},
    {.key = "trust",
     .kind = kPath,
     .min = 1,
     .sentence = "信任資料夾：anchors、intermediates、revocation"},
    {.key = "clamd.socket", .kind = kPath, .min = 1, .max = kSocketPathMax,
     .sentence = "掃毒引擎 clamd 之 Unix socket"},
    {.key = "clamd.user",
     .kind = kText,
     .standard = "",
     .max = 64,
     .sentence = "clamd 之執行帳號（名稱或 uid）；空白則不核對"},
    {.key = "clamd.answer",
     .kind = kDuration,
     .standard = "5s",
     .min = 100,
     .max = 60'000,
     .sentence = "等候 clamd 回應之時間"},
    {.key = "clamd.scan",
     .kind = kDuration,
     .standard = "2m",
     .min = 1000,
     .max = 3'600'000,
     .sentence = "掃描單一檔案之時間上限"},
    {.key = "signatures_age",
     .kind = kDuration,
     .standard = "7d",
     .max = 90 * kDay,
     .sentence = "病毒碼最長可未更新之時間，逾時不給判定；0s 為不核對，僅供測試"},
    {.key = "workers",
     .kind = kInteger,
     .standard = "4",
     .min = 1,
     .max = 64,
     .sentence = "同時掃描之件數"},
    {.key = "quarantine",
     .kind = kBytes,
     .standard = "3GiB",
     .min = 1 << 20,
     .max = 1024 * kGibibyte,
     .sentence = "掃描中之明文得占用之記憶體"},
    {.key = "encrypted_archives",
     .kind = kText,
     .standard = "hold",
     .sentence = "加密之壓縮檔：hold（暫留待人工處理）或 refuse（拒絕）"},
    {.key = "active_content",
     .kind = kText,
     .standard = "flag",
     .sentence = "含巨集或會自動執行之檔案：flag（放行，載於判定）或 hold（暫留待人工處理）"},
    {.key = "file_types",
     .kind = kList,
     .standard = "",
     .max = 100,
     .sentence = "得附之副檔名；空白為系統認得者全部"},
    {.key = "classified_allowed",
     .kind = kFlag,
     .standard = "false",
     .sentence = "是否准許有密等之公文；限經核定之專用通道"},
    {.key = "policy_version",
     .kind = kInteger,
     .standard = "1",
     .min = 1,
     .sentence = "上列掃描政策之版次，載於判定"},
};

// Collects what is wrong, so that a person mends it all at once.
class Reader {
 public:
  explicit Reader(const Config& config) : config_(config) {}

  ScannerConfig read() {
    const Result<CentreCode> centre = CentreCode::parse(config_.text("centre"));
    if (!centre) problems_.push_back("centre「" + config_.text("centre") + "」不是交換中心代碼。");
    const std::optional<uid_t> exchange = user("exchange_user");
    const std::optional<uid_t> clamd = user("clamd.user");
    ScanPolicy policy = read_policy();
    if (!problems_.empty()) throw ConfigError(problems_);
    return {.centre = *centre,
            .socket = {.socket = config_.path("socket"), .exchange_uid = exchange},
            .keyholder = config_.path("keyholder"),
            .directory = config_.path("directory"),
            .directory_anchors = config_.path("directory_anchors"),
            .trust = config_.path("trust"),
            .crypto = CryptoPolicy::with(Pkcs1Signatures{config_.flag("pkcs1_signatures")}),
            .engine = {.socket_path = config_.path("clamd.socket"),
                       .answer_time_max = config_.duration("clamd.answer"),
                       .scan_time_max = config_.duration("clamd.scan"),
                       .server_uid = clamd},
            .workers = static_cast<int>(config_.integer("workers")),
            .policy = std::move(policy)};
  }

 private:
  ScanPolicy read_policy() {
    ScanPolicy policy;
    policy.quarantine_bytes_max = static_cast<std::uint64_t>(config_.bytes("quarantine"));
    const Milliseconds age = config_.duration("signatures_age");
    policy.signatures_age_max = age.count() > 0 ? std::optional(age) : std::nullopt;
    policy.version = config_.integer("policy_version");
    policy.rules.classified_allowed = config_.flag("classified_allowed");
    const std::string& encrypted = config_.text("encrypted_archives");
    if (encrypted == "refuse") {
      policy.rules.content.encrypted_archives = EncryptedArchives::kRefuse;
    } else if (encrypted != "hold") {
      problems_.push_back("encrypted_archives「" + encrypted + "」須為 hold 或 refuse。");
    }
    const std::string& active = config_.text("active_content");
    if (active == "hold") {
      policy.rules.active_content = ActiveContent::kHold;
    } else if (active != "flag") {
      problems_.push_back("active_content「" + active + "」須為 flag 或 hold。");
    }
    read_file_types(policy.rules.content);
    return policy;
  }

  void read_file_types(ContentPolicy& content) {
    const std::vector<std::string>& wanted = config_.list("file_types");
    if (wanted.empty()) return;
    const std::set<std::string> known = ContentPolicy::default_extensions();
    content.extensions = {wanted.begin(), wanted.end()};
    // The document itself always travels.
    content.extensions.insert({"di", "sw", "dm"});
    for (const std::string& extension : wanted) {
      if (known.contains(extension)) continue;
      problems_.push_back("file_types 之「" + extension + "」不是系統認得之副檔名（小寫，無句點）。");
    }
  }

  std::optional<uid_t> user(const char* key) {
    const std::string& name = config_.text(key);
    if (name.empty()) return std::nullopt;
    uid_t uid = 0;
    const char* const end = name.data() + name.size();
    const auto number = std::from_chars(name.data(), end, uid);
    if (number.ec == std::errc() && number.ptr == end) return uid;
    if (const passwd* entry = ::getpwnam(name.c_str())) return entry->pw_uid;
    problems_.push_back(std::string(key) + " 之帳號「" + name + "」不存在，請先建立。");
    return std::nullopt;
  }

  const Config& config_;
  std::vector<std::string> problems_;
};

}  // namespace

ConfigTable scanner_table() { return kTable; }

ScannerConfig read_scanner_config(const Config& config) { return Reader(config).read(); }

}  // namespace yizhan
