#include "role/keyholder/keyholder.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "ground/confine/confine.h"
#include "role/keyholder/keyholder_config.h"
#include "role/keyholder/supervisor.h"

namespace yizhan {

namespace {

constexpr int kAccident = 1;
constexpr int kWrongUse = 2;
constexpr timespec kTendPause = {.tv_sec = 5, .tv_nsec = 0};

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

// Blocked before the first thread starts, so that only the loop below receives them.
sigset_t own_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void serve(const KeyholderConfig& config) {
  const sigset_t signals = own_signals();
  const SystemClock clock;
  UseJournal journal(config.journal, clock);
  KeyholderService service(make_modules(config), config.callers, journal);
  notify_supervisor("READY=1");
  while (true) {
    const int signal = ::sigtimedwait(&signals, nullptr, &kTendPause);
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal == SIGHUP) service.reload();
    service.tend();
    // A vendor's call that never returns is ended by the supervisor's watchdog.
    if (service.healthy()) notify_supervisor("WATCHDOG=1");
  }
  notify_supervisor("STOPPING=1");
}

struct Wish {
  std::vector<std::filesystem::path> files;
  bool print = false;
  bool check = false;
};

void fulfil(const Wish& wish) {
  const Config config = Config::load(wish.files, keyholder_table());
  if (wish.print) {
    std::cout << config.print();
    return;
  }
  const KeyholderConfig read = read_keyholder_config(config);
  if (wish.check) {
    std::cout << "設定正確。\n";
    return;
  }
  harden_process();
  lock_memory();
  serve(read);
}

}  // namespace

int run_keyholder(int count, char** arguments) {
  CLI::App app("驛站金鑰服務：保管私密金鑰，供本機獲授權之程式簽章及解密，每次使用均有紀錄。");
  Wish wish;
  app.add_option("--config", wish.files, "設定檔，可重複；後者優先")->required();
  app.add_flag("--print-config", wish.print, "列出生效之設定及其來源");
  app.add_flag("--check", wish.check, "只檢查設定");
  try {
    app.parse(count, arguments);
    fulfil(wish);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUse;
  } catch (const ConfigError& error) {
    for (const std::string& problem : error.problems()) std::cerr << problem << "\n";
    return kWrongUse;
  } catch (const std::exception& accident) {
    std::cerr << accident.what() << "\n";
    return kAccident;
  }
}

}  // namespace yizhan
