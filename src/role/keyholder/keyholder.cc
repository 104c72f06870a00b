#include "role/keyholder/keyholder.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ground/daemon/daemon.h"
#include "role/keyholder/keyholder_config.h"

namespace yizhan {

namespace {

CryptoModules make_modules(const KeyholderConfig& config) {
  CryptoModules modules;
  for (const auto& settings : config.software) {
    modules.push_back(std::make_unique<SoftwareModule>(settings));
  }
  std::map<std::filesystem::path, std::shared_ptr<Pkcs11Library>> libraries;
  for (const Pkcs11Choice& token : config.tokens) {
    auto& library = libraries[token.library];
    if (!library) library = Pkcs11Library::load(token.library);
    modules.push_back(std::make_unique<Pkcs11Module>(library, token.settings));
  }
  return modules;
}

// Keeps pages with keys out of swap, as they come into use.
void lock_memory() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  // With a limit, a later thread would fail to start rather than go unlocked.
  const bool allowed = limit.rlim_cur == RLIM_INFINITY || ::geteuid() == 0;
  if (allowed && ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return;
  log(LogLevel::kWarning, "memory_not_locked",
      {{"detail", "記憶體未能鎖定，請設定 LimitMEMLOCK=infinity"}});
}

class Keyholding final : public Running {
 public:
  explicit Keyholding(const KeyholderConfig& config)
      : journal_(config.journal, clock_),
        service_(make_modules(config), config.callers, journal_) {}

  void tend() override {
    // Begun anew from what really is on the disk.
    if (journal_.broken()) throw std::runtime_error("金鑰使用紀錄無法寫入磁碟，金鑰服務需重新啟動");
    service_.tend();
  }
  void reload() override { service_.reload(); }
  // A vendor's call that never returns is ended by the supervisor's watchdog.
  [[nodiscard]] bool healthy() const override { return service_.healthy(); }

 private:
  const SystemClock clock_;
  UseJournal journal_;
  KeyholderService service_;
};

}  // namespace

int run_keyholder(int count, char** arguments) {
  return run_daemon(
      count, arguments,
      {.name = "yizhan-keyholder",
       .sentence = "驛站金鑰服務：保管私密金鑰，供本機獲授權之程式簽章及解密，每次使用均有紀錄。",
       .table = keyholder_table(),
       .check = [](const Config& config) { read_keyholder_config(config); },
       .start = [](const Config& config) -> std::unique_ptr<Running> {
         lock_memory();
         return std::make_unique<Keyholding>(read_keyholder_config(config));
       }});
}

}  // namespace yizhan
