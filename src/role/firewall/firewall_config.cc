#include "role/firewall/firewall_config.h"

#include <algorithm>

namespace yizhan {

namespace {

using enum ConfigKind;

constexpr ConfigKey kTable[] = {
    {.key = "centre", .kind = kText, .min = 2, .max = 32, .sentence = "本交換中心代碼"},
    {.key = "mirror",
     .kind = kPath,
     .standard = "/var/lib/yizhan-exchange/distribution/mirror",
     .sentence = "交換中心鏡映之派送資料夾，僅供讀取；本程式自行驗章，不採信其內容"},
    {.key = "root",
     .kind = kPath,
     .standard = "/etc/yizhan/distribution-root.json",
     .sentence = "安裝時經其他管道比對之派送根中繼資料（root.json）"},
    {.key = "folder",
     .kind = kPath,
     .standard = "/var/lib/yizhan-firewall",
     .sentence = "本程式之資料夾：已驗證之狀態、歷次位址清單及 status.json"},
    {.key = "terminals.port",
     .kind = kInteger,
     .standard = "0",
     .max = 65535,
     .sentence = "終端連線埠，僅清單所列終端得連線；0 為不管制"},
    {.key = "centres.port",
     .kind = kInteger,
     .standard = "0",
     .max = 65535,
     .sentence = "其他交換中心連線埠，僅清單所列中心得連線；0 為不管制"},
    {.key = "look",
     .kind = kDuration,
     .standard = "5s",
     .min = 1000,
     .max = 60'000,
     .sentence = "多久查看一次新清單及防火牆是否遭改動"},
    {.key = "table",
     .kind = kText,
     .standard = "yizhan",
     .min = 1,
     .max = 32,
     .sentence = "nft 之表（inet）名稱，不得與其他程式共用"},
    {.key = "nft",
     .kind = kPath,
     .standard = Nft::kProgram,
     .sentence = "nft 程式之完整路徑"},
};

bool is_table_name(const std::string& name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

ConfigTable firewall_table() { return kTable; }

FirewallConfig read_firewall_config(const Config& config) {
  std::vector<std::string> problems;
  const Result<CentreCode> centre = CentreCode::parse(config.text("centre"));
  if (!centre) problems.push_back("centre 須為交換中心代碼：2 至 32 個大寫英數字或 -。");
  std::vector<Gate> gates;
  for (const auto& [key, kind] :
       {std::pair{"terminals.port", PeerKind::kTerminal}, {"centres.port", PeerKind::kCentre}}) {
    const auto port = static_cast<int>(config.integer(key));
    if (port != 0) gates.push_back({kind, port});
  }
  if (gates.empty()) problems.push_back("terminals.port 及 centres.port 至少須設定一個。");
  if (gates.size() == 2 && gates[0].port == gates[1].port) {
    problems.push_back("terminals.port 與 centres.port 不得為同一埠。");
  }
  if (!is_table_name(config.text("table"))) {
    problems.push_back("table 僅能用小寫英數字及底線。");
  }
  if (!problems.empty()) throw ConfigError(problems);
  return {*centre,
          config.path("folder"),
          config.path("mirror"),
          config.path("root"),
          config.path("nft"),
          config.text("table"),
          std::move(gates),
          config.duration("look")};
}

}  // namespace yizhan
