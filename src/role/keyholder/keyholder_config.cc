#include "role/keyholder/keyholder_config.h"

#include <pwd.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>

namespace yizhan {

namespace {

using enum ConfigKind;

constexpr ConfigKey kModule[] = {
    {.key = "kind",
     .kind = kText,
     .sentence = "密碼模組種類：software（軟體）或 pkcs11（憑證卡、硬體模組）"},
    {.key = "label",
     .kind = kText,
     .min = 1,
     .max = 32,
     .sentence = "模組名稱；pkcs11 為 token 之標籤"},
    {.key = "serial",
     .kind = kText,
     .standard = "",
     .max = 64,
     .sentence = "software 之模組序號，須與管理層登錄者相同；pkcs11 由模組讀出"},
    {.key = "keys",
     .kind = kPath,
     .standard = "",
     .sentence = "software 之金鑰資料夾（名稱.key 加密、名稱.crt）"},
    {.key = "passphrase",
     .kind = kPath,
     .standard = "",
     .sentence = "software 之密碼檔，權限 0400"},
    {.key = "library",
     .kind = kPath,
     .standard = "",
     .sentence = "pkcs11 之廠商程式庫，須為完整路徑"},
    {.key = "pin",
     .kind = kPath,
     .standard = "",
     .sentence = "pkcs11 之 PIN 檔，權限 0400；錯誤之 PIN 不重試"},
    {.key = "certificates",
     .kind = kPath,
     .standard = "",
     .sentence = "pkcs11 憑證不在卡上時之資料夾（名稱.crt）"},
    {.key = "names",
     .kind = kList,
     .standard = "",
     .max = 64,
     .sentence = "pkcs11 金鑰改名，每項為「名稱=卡上標籤」"},
    {.key = "deadline",
     .kind = kDuration,
     .standard = "10s",
     .min = 100,
     .max = 120'000,
     .sentence = "pkcs11 單一作業之期限"},
};

constexpr ConfigKey kCaller[] = {
    {.key = "name", .kind = kText, .min = 1, .max = 64, .sentence = "呼叫者名稱，記入金鑰使用紀錄"},
    {.key = "socket",
     .kind = kPath,
     .min = 1,
     .max = sizeof(sockaddr_un::sun_path) - 1,
     .sentence = "此呼叫者專用之 Unix socket"},
    {.key = "users",
     .kind = kList,
     .min = 1,
     .max = 16,
     .sentence = "得連線之系統帳號（名稱或 uid）"},
    {.key = "keys",
     .kind = kList,
     .min = 1,
     .max = 256,
     .sentence = "授權，及於該金鑰歷次換發者，每項為「金鑰名:decrypt」、「金鑰名:renew」（換發）或"
                 "「金鑰名:sign:用途」，用途為 document、evidence、verdict、tls、log、directory"},
};

constexpr ConfigKey kTable[] = {
    {.key = "journal",
     .kind = kPath,
     .standard = "/var/lib/yizhan-keyholder/uses",
     .sentence = "金鑰使用紀錄之資料夾，每月一檔，只增不改"},
    {.key = "module",
     .kind = kTables,
     .min = 1,
     .max = 16,
     .sentence = "密碼模組",
     .table = kModule},
    {.key = "caller", .kind = kTables, .min = 1, .max = 32, .sentence = "呼叫者", .table = kCaller},
};

// Collects what is wrong, so that a person mends it all at once.
class Reader {
 public:
  KeyholderConfig read(const Config& config) {
    KeyholderConfig out{
        .journal = config.path("journal"), .software = {}, .tokens = {}, .callers = {}};
    for (const Config& module : config.tables("module")) read_module(module, out);
    for (const Config& caller : config.tables("caller")) out.callers.push_back(read_caller(caller));
    if (!problems_.empty()) throw ConfigError(problems_);
    return out;
  }

 private:
  void read_module(const Config& module, KeyholderConfig& out) {
    const std::string& label = module.text("label");
    const std::string& kind = module.text("kind");
    once("module:" + label, "[[module]] label「" + label + "」重複，請改名。");
    if (kind == "software") {
      need(!module.path("keys").empty() && !module.path("passphrase").empty() &&
               !module.text("serial").empty(),
           "[[module]]「" + label + "」為 software，須設定 keys、passphrase 及 serial。");
      out.software.push_back({.folder = module.path("keys"),
                              .passphrase_file = module.path("passphrase"),
                              .label = label,
                              .serial = module.text("serial")});
    } else if (kind == "pkcs11") {
      need(module.path("library").is_absolute() && !module.path("pin").empty(),
           "[[module]]「" + label + "」為 pkcs11，須設定 library 及 pin。");
      out.tokens.push_back({.library = module.path("library"),
                            .settings = {.token = label,
                                         .pin_file = module.path("pin"),
                                         .certificates = module.path("certificates"),
                                         .names = read_names(module.list("names")),
                                         .deadline = module.duration("deadline")}});
    } else {
      problems_.push_back("[[module]]「" + label + "」之 kind 須為 software 或 pkcs11。");
    }
  }

  std::map<std::string, std::string> read_names(const std::vector<std::string>& entries) {
    std::map<std::string, std::string> names;
    for (const std::string& entry : entries) {
      const auto equals = entry.find('=');
      const std::string name = entry.substr(0, equals);
      need(equals != std::string::npos && is_key_name(name),
           "names 之「" + entry + "」不合格式，應為「名稱=卡上標籤」。");
      if (equals != std::string::npos) names[entry.substr(equals + 1)] = name;
    }
    return names;
  }

  KeyCaller read_caller(const Config& caller) {
    KeyCaller out{
        .name = caller.text("name"), .socket = caller.path("socket"), .uids = {}, .grants = {}};
    need(is_key_name(out.name), "[[caller]] name「" + out.name + "」僅能用小寫英數字、-、_、.。");
    once("caller:" + out.name, "[[caller]] name「" + out.name + "」重複，請改名。");
    once("socket:" + out.socket.string(),
         "socket " + out.socket.string() + " 重複，各呼叫者須專用。");
    for (const std::string& user : caller.list("users")) {
      const auto uid = find_uid(user);
      need(uid.has_value(),
           "[[caller]]「" + out.name + "」之帳號「" + user + "」不存在，請先建立。");
      if (uid) out.uids.insert(*uid);
    }
    for (const std::string& text : caller.list("keys")) {
      auto grant = KeyGrant::parse(text);
      if (grant) {
        out.grants.push_back(std::move(*grant));
      } else {
        problems_.push_back("[[caller]]「" + out.name + "」：" + grant.refusal().detail);
      }
    }
    return out;
  }

  static std::optional<uid_t> find_uid(const std::string& user) {
    uid_t uid = 0;
    const auto* end = user.data() + user.size();
    const auto number = std::from_chars(user.data(), end, uid);
    if (number.ec == std::errc() && number.ptr == end) return uid;
    const passwd* entry = ::getpwnam(user.c_str());
    return entry == nullptr ? std::nullopt : std::optional(entry->pw_uid);
  }

  void need(bool given, const std::string& problem) {
    if (!given) problems_.push_back(problem);
  }
  void once(const std::string& name, const std::string& problem) {
    need(names_.insert(name).second, problem);
  }

  std::set<std::string> names_;
  std::vector<std::string> problems_;
};

}  // namespace

ConfigTable keyholder_table() { return kTable; }

KeyholderConfig read_keyholder_config(const Config& config) { return Reader().read(config); }

}  // namespace yizhan
