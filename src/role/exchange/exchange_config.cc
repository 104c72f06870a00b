#include "role/exchange/exchange_config.h"

namespace yizhan {

namespace {

using enum ConfigKind;

constexpr ConfigKey kTable[] = {
    {.key = "centre", .kind = kText, .min = 2, .max = 32, .sentence = "本交換中心之代碼"},
    {.key = "data", .kind = kPath, .sentence = "資料目錄：公文本體、證據日誌、內建資料庫"},
    {.key = "store",
     .kind = kText,
     .standard = "",
     .max = 1024,
     .sentence = "資料庫；空白為資料目錄內之 SQLite，或 postgresql://…"},
    {.key = "store_connections",
     .kind = kInteger,
     .standard = "8",
     .min = 1,
     .max = 256,
     .sentence = "資料庫連線數"},
    {.key = "directory", .kind = kPath, .sentence = "管理層簽署之目錄檔"},
    {.key = "directory_anchors", .kind = kPath, .sentence = "目錄簽署憑證 (PEM)"},
    {.key = "trust", .kind = kPath, .sentence = "信任資料夾：anchors、intermediates、revocation"},
    {.key = "pkcs1_signatures",
     .kind = kFlag,
     .standard = "false",
     .sentence = "是否接受 RSA PKCS#1 v1.5 簽章；僅供機關之憑證卡不能作 PSS 時"},
    {.key = "keyholder", .kind = kPath, .sentence = "金鑰服務之通訊端"},
    {.key = "keys.tls", .kind = kText, .standard = "tls", .sentence = "連線金鑰之名稱"},
    {.key = "keys.evidence", .kind = kText, .standard = "evidence", .sentence = "證據金鑰之名稱"},
    {.key = "keys.log", .kind = kText, .standard = "log", .sentence = "日誌金鑰之名稱"},
    {.key = "terminals.address", .kind = kText, .sentence = "終端連線之 IP 位址"},
    {.key = "terminals.port",
     .kind = kInteger,
     .standard = "8443",
     .min = 1,
     .max = 65535,
     .sentence = "終端連線之埠"},
    {.key = "terminals.connections",
     .kind = kInteger,
     .standard = "50000",
     .min = 1,
     .max = 1'000'000,
     .sentence = "終端連線數上限"},
    // What an agency's terminals need many times over; a proxy or NAT before a whole ministry wants
    // more.
    {.key = "terminals.connections_per_address",
     .kind = kInteger,
     .standard = "512",
     .min = 1,
     .max = 1'000'000,
     .sentence = "同一 IP 位址之終端連線數上限（多個機關共用位址時調高）"},
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
    {.key = "scanner", .kind = kPath, .sentence = "掃描程式之通訊端"},
    {.key = "scanner_workers",
     .kind = kInteger,
     .standard = "2",
     .min = 1,
     .max = 64,
     .sentence = "同時掃描之件數"},
    {.key = "scanner_answer",
     .kind = kDuration,
     .standard = "4m",
     .min = 1000,
     .max = 3'600'000,
     .sentence = "等候掃描結果之時間"},
    {.key = "workers",
     .kind = kInteger,
     .standard = "8",
     .min = 1,
     .max = 256,
     .sentence = "處理請求之執行緒數"},
};

}  // namespace

ConfigTable exchange_table() { return kTable; }

}  // namespace yizhan
