#include "role/management/management_config.h"

#include <algorithm>

namespace yizhan {

namespace {

using enum ConfigKind;

constexpr ConfigKey kTable[] = {
    {.key = "name",
     .kind = kText,
     .standard = "management",
     .min = 2,
     .max = 64,
     .sentence = "本管理層之名稱，載於稽核軌跡；亦為驗證碼程式所示之名稱（英數字、. 或 -）"},
    {.key = "data", .kind = kPath, .sentence = "資料目錄：內建資料庫、所信任之派送及其鏡像"},
    {.key = "store",
     .kind = kText,
     .standard = "",
     .max = 1024,
     .sentence = "資料庫；空白為資料目錄內之 SQLite，或 postgresql://…"},
    {.key = "store_connections",
     .kind = kInteger,
     .standard = "4",
     .min = 1,
     .max = 256,
     .sentence = "資料庫連線數"},
    {.key = "repository",
     .kind = kPath,
     .sentence = "派送資料夾：yizhan distribution 於此擬定，本程式於此公布"},
    {.key = "directory", .kind = kPath, .sentence = "管理層簽署之目錄檔；其後由派送更新"},
    {.key = "directory_anchors", .kind = kPath, .sentence = "目錄簽署憑證 (PEM)"},
    {.key = "trust", .kind = kPath, .sentence = "信任資料夾：anchors、intermediates、revocation"},
    {.key = "keyholder", .kind = kPath, .sentence = "金鑰服務之通訊端"},
    {.key = "keys.tls", .kind = kText, .standard = "tls", .sentence = "連線金鑰之名稱"},
    {.key = "keys.online",
     .kind = kText,
     .standard = "online",
     .sentence = "線上金鑰之名稱：root 所列，簽署 snapshot 及 timestamp"},
    {.key = "session_key",
     .kind = kPath,
     .standard = "",
     .sentence =
         "加密驗證碼種子之金鑰檔（32 位元組）；空白為資料目錄內之 session.key，首次啟動時產生"},
    {.key = "working_days",
     .kind = kPath,
     .standard = "",
     .sentence = "資料夾：各年辦公日曆表（人事行政總處公布之 CSV），補充或更改隨附者；空白即只用隨附者"},
    {.key = "distribution.look",
     .kind = kDuration,
     .standard = "5s",
     .min = 100,
     .max = 600'000,
     .sentence = "每隔多久查看派送資料夾有無簽署完成者"},
    {.key = "distribution.freshen",
     .kind = kDuration,
     .standard = "5m",
     .min = 1000,
     .max = 3'600'000,
     .sentence = "每隔多久重簽 timestamp"},
    {.key = "distribution.stale_after",
     .kind = kDuration,
     .standard = "15m",
     .min = 1000,
     .max = 86'400'000,
     .sentence = "逾此時間未有新的 timestamp 即警示"},
    {.key = "centres.address", .kind = kText, .max = 64, .sentence = "交換中心連線之 IP 位址"},
    {.key = "centres.port",
     .kind = kInteger,
     .standard = "8444",
     .min = 0,
     .max = 65535,
     .sentence = "交換中心連線之埠"},
    {.key = "people.address",
     .kind = kText,
     .standard = "127.0.0.1",
     .max = 64,
     .sentence = "人員連線之 IP 位址"},
    {.key = "people.port",
     .kind = kInteger,
     .standard = "0",
     .max = 65535,
     .sentence = "人員以帳號、密碼及驗證碼連線之埠；0 為不開放，仍可經本機通訊端"},
    {.key = "people.certificate_port",
     .kind = kInteger,
     .standard = "0",
     .max = 65535,
     .sentence = "人員以憑證連線之埠；0 為不開放"},
    {.key = "people.attempts",
     .kind = kInteger,
     .standard = "30",
     .min = 1,
     .max = 10'000,
     .sentence = "同一位址每分鐘嘗試登入之次數上限"},
    {.key = "operator", .kind = kPath, .sentence = "維運人員之本機通訊端"},
    {.key = "monitor.address",
     .kind = kText,
     .standard = "127.0.0.1",
     .max = 64,
     .sentence = "監控（/metrics、/readyz、/healthz）之本機位址；限 127.0.0.0/8 或 ::1"},
    {.key = "monitor.port",
     .kind = kInteger,
     .standard = "0",
     .max = 65535,
     .sentence = "監控之埠；0 為不開放，仍可經維運人員之通訊端取得"},
    {.key = "workers",
     .kind = kInteger,
     .standard = "8",
     .min = 1,
     .max = 256,
     .sentence = "處理請求之執行緒數"},
};

}  // namespace

ConfigTable management_table() { return kTable; }

// Authenticator apps read the name out of an address.
void check_management(const Config& config) {
  const bool plain = std::ranges::all_of(config.text("name"), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
  if (!plain) throw ConfigError({"name 僅得以英文字母、數字、. 及 - 組成；請修正。"});
}

}  // namespace yizhan
