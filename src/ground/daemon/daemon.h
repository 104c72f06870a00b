#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ground/config/config.h"

// The frame of every program that serves: command line, configuration, signals, supervisor. The
// roles say what it is made of.

namespace yizhan {

// A program at work; its destructor stops it in good order.
class Running {
 public:
  virtual ~Running() = default;
  virtual void tend() {}    // every second, on the main thread; what it throws ends the program
  virtual void reload() {}  // SIGHUP
  // While false, the supervisor's watchdog is left hungry: only a restart helps.
  [[nodiscard]] virtual bool healthy() const { return true; }
};

struct Daemon {
  std::string name;      // "yizhan-exchange"
  std::string sentence;  // what it does (zh-TW)
  ConfigTable table;
  // What the table can not say; throws ConfigError. Before start and for --check.
  std::function<void(const Config&)> check = {};
  // Called once, before any thread exists: a nursery of confined children is started first in it.
  std::function<std::unique_ptr<Running>(const Config&)> start;
};

// main() of a program: --config FILE (repeatable), --print-config, --check, --manual, --version,
// --help.
// Returns the exit status: 0 stopped in good order, 1 accident, 2 wrong use or configuration.
int run_daemon(int count, char** arguments, const Daemon& daemon);

// For operators: one line on standard error, "time=… level=… key=value …". Values are quoted and
// escaped; no content of documents, no secret. Where standard error is the journal's, the same as
// fields of the journal: YIZHAN_EVENT, YIZHAN_MESSAGE …. A line that is written while this thread
// works on a document (ground/subject/subject.h) names its sender and message id.
enum class LogLevel { kNotice, kWarning, kAct, kBroken };
using LogFields = std::vector<std::pair<std::string, std::string>>;
void log(LogLevel level, const std::string& event, const LogFields& fields);

// sd_notify(3): "READY=1", "WATCHDOG=1"; nothing when no supervisor listens.
void notify_supervisor(const std::string& state);

}  // namespace yizhan
