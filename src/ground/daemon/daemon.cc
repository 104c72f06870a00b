#include "ground/daemon/daemon.h"

#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "ground/confine/confine.h"

namespace yizhan {

namespace {

constexpr int kAccident = 1;
constexpr int kWrongUse = 2;
constexpr timespec kTendPause = {.tv_sec = 1, .tv_nsec = 0};

struct Wish {
  std::vector<std::filesystem::path> files;
  bool print = false;
  bool check = false;
  bool manual = false;
};

// Blocked before the first thread starts, so that only the loop below receives them.
sigset_t own_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void serve(const Daemon& daemon, const Config& config) {
  const sigset_t signals = own_signals();
  const std::unique_ptr<Running> running = daemon.start(config);
  log(LogLevel::kNotice, "started", {{"program", daemon.name}});
  notify_supervisor("READY=1");
  while (true) {
    const int signal = ::sigtimedwait(&signals, nullptr, &kTendPause);
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal == SIGHUP) running->reload();
    running->tend();
    if (running->healthy()) notify_supervisor("WATCHDOG=1");
  }
  notify_supervisor("STOPPING=1");
  log(LogLevel::kNotice, "stopping", {{"program", daemon.name}});
}

void fulfil(const Wish& wish, const Daemon& daemon) {
  if (wish.manual) {
    std::cout << config_manual(daemon.table);
    return;
  }
  if (wish.files.empty()) throw ConfigError({"請以 --config 指定設定檔"});
  const Config config = Config::load(wish.files, daemon.table);
  if (wish.print) {
    std::cout << config.print();
    return;
  }
  if (daemon.check) daemon.check(config);
  if (wish.check) {
    std::cout << "設定正確。\n";
    return;
  }
  harden_process();
  serve(daemon, config);
}

}  // namespace

int run_daemon(int count, char** arguments, const Daemon& daemon) {
  CLI::App app(daemon.sentence, daemon.name);
  Wish wish;
  app.add_option("--config", wish.files, "設定檔，可重複；後者優先");
  app.add_flag("--print-config", wish.print, "列出生效之設定及其來源");
  app.add_flag("--check", wish.check, "只檢查設定");
  app.add_flag("--manual", wish.manual, "列出所有設定項目之說明");
  app.set_version_flag("--version", daemon.name + " " YIZHAN_VERSION, "顯示版本");
  try {
    app.parse(count, arguments);
    fulfil(wish, daemon);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUse;
  } catch (const ConfigError& error) {
    for (const std::string& problem : error.problems()) std::cerr << problem << "\n";
    return kWrongUse;
  } catch (const std::exception& accident) {
    log(LogLevel::kBroken, "ended", {{"program", daemon.name}, {"what", accident.what()}});
    return kAccident;
  }
}

}  // namespace yizhan
