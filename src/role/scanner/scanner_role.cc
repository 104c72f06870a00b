#include "role/scanner/scanner_role.h"

#include "role/scanner/scanner.h"

namespace yizhan {

namespace {

constexpr std::size_t kPemBytesMax = 1U << 20;
constexpr Milliseconds kReadAgain = std::chrono::seconds{5};
constexpr Milliseconds kCheckAgain = std::chrono::minutes{1};

std::vector<Certificate> certificates_in(const std::filesystem::path& file) {
  Result<std::vector<Certificate>> certificates =
      parse_pem_bundle(text_of(read_file(file, kPemBytesMax)));
  if (!certificates || certificates->empty()) {
    throw ConfigError({"directory_anchors：" + file.string() + " 沒有可用之憑證。"});
  }
  return *certificates;
}

void log_accident(const std::string& where, const std::string& what) {
  log(LogLevel::kBroken, "accident", {{"where", where}, {"what", what}});
}

void log_report(const ScanReport& report) {
  LogFields fields = {{"sender", report.message.sender.text()},
                      {"message", report.message.message.text()},
                      {"result", std::string(report.result ? text_of(*report.result) : "none")}};
  if (report.why) {
    fields.emplace_back("reason", code_of(report.why->reason));
    fields.emplace_back("detail", report.why->detail);
  }
  fields.emplace_back("parts", std::to_string(report.inventory.parts));
  fields.emplace_back("bytes", std::to_string(report.inventory.bytes));
  fields.emplace_back("members", std::to_string(report.inventory.members));
  const bool infected = report.result == ScanResult::kInfected;
  log(infected ? LogLevel::kAct : LogLevel::kNotice, "scanned", fields);
}

ScannerSocket::Settings settings_for(ScannerSocket::Settings settings, ScanDesk& desk) {
  settings.on_accident = [](const std::string& what) { log_accident("scan", what); };
  settings.check = [&desk] { return desk.check(); };
  return settings;
}

}  // namespace

Result<ScannerKey> KeyholderKeys::find(const Sha256& certificate) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(certificate);
    if (known != known_.end()) return known->second;
  }
  for (const KeyDescription& key : YZ_TRY(keyholder_.list())) {
    if (key.certificate.sha256() != certificate) continue;
    auto signing = YZ_TRY(keyholder_.signing_key(key.name));
    auto decryption = YZ_TRY(keyholder_.decryption_key(key.name));
    const std::lock_guard lock(mutex_);
    return known_.insert_or_assign(certificate, ScannerKey{signing, decryption}).first->second;
  }
  return Refusal{Reason::kKeyUnknown, "金鑰服務沒有標頭所載之掃描金鑰"};
}

void KeyholderKeys::forget() {
  const std::lock_guard lock(mutex_);
  known_.clear();
}

ScannerRole::ScannerRole(const ScannerConfig& config)
    : nursery_(Nursery::start(inspection_jobs(), config.workers)),
      keys_(config.keyholder),
      directory_(config.directory, certificates_in(config.directory_anchors)),
      trust_(config.trust, config.crypto),
      inspector_(nursery_),
      engine_(config.engine),
      desk_({config.centre, keys_, directory_, trust_, inspector_, engine_, clock_, log_report},
            config.policy),
      socket_(settings_for(config.socket, desk_)),
      reading_loop_({.name = "read",
                     .work =
                         [this] {
                           reload();
                           return false;
                         },
                     .look_again = kReadAgain,
                     .on_accident = log_accident}),
      checking_loop_({.name = "check",
                      .work =
                          [this] {
                            check();
                            return false;
                          },
                      .look_again = kCheckAgain,
                      .on_accident = log_accident,
                      // Without its nursery the scanner is of no use: the supervisor starts anew.
                      .ends_program = true}),
      serving_([this, workers = config.workers] {
        socket_.serve(workers, [this](const IncomingScan& scan) { return desk_.scan(scan); });
      }) {}

ScannerRole::~ScannerRole() { socket_.stop(); }

void ScannerRole::reload() {
  keys_.forget();
  trust_.reload();
  for (const std::string& what : trust_.take_left_out()) {
    log(LogLevel::kAct, "revocation_list_left_out", {{"what", what}});
  }
  if (const Result<bool> directory = directory_.reload(); !directory) {
    log(LogLevel::kWarning, "directory_refused",
        {{"reason", std::string(code_of(directory.reason()))},
         {"detail", directory.refusal().detail}});
  }
}

void ScannerRole::check() {
  const Result<void> checked = desk_.check();
  if (checked) return;
  log(LogLevel::kAct, "scanner_not_ready",
      {{"reason", std::string(code_of(checked.reason()))}, {"detail", checked.refusal().detail}});
}

int run_scanner(int count, char** arguments) {
  return run_daemon(count, arguments,
                    {.name = "yizhan-scanner",
                     .sentence = "驛站掃描程式：於記憶體中開啟封裝、掃描惡意程式，並簽署判定。",
                     .table = scanner_table(),
                     .start = [](const Config& config) -> std::unique_ptr<Running> {
                       return std::make_unique<ScannerRole>(read_scanner_config(config));
                     }});
}

}  // namespace yizhan
