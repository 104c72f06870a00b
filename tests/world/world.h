#pragma once

#include <sys/types.h>

#include <cstdlib>
#include <map>

#include "tests/world/lab.h"

namespace yizhan {

// Where those of this build are.
inline std::filesystem::path programs() {
  const char* build = std::getenv("YIZHAN_BUILD");
  return build == nullptr ? "build/dev" : build;
}

struct ProgramPlan {
  std::string name;  // "centre-keyholder", "scanner", "exchange", "a-terminal", "clamd" …
  std::vector<std::string> command;
  std::filesystem::path ready;  // a socket that is there once it serves
};

enum class WorldPart { kAll, kCentre };

// The lab's programs, really running. Each can be killed and started again at any time.
class World {
 public:
  // `programs`: the folder with yizhan-exchange and the others.
  World(const Lab& lab, std::filesystem::path programs, WorldPart part = WorldPart::kAll);
  ~World();  // ends all that it started
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void start_all();
  void start(const std::string& name);  // does not wait
  // Waits until it serves; throws std::runtime_error, with the end of its log, when it does not.
  void wait_until_ready(const std::string& name);
  void kill(const std::string& name, int signal);  // and waits for its end
  [[nodiscard]] bool is_running(const std::string& name);
  [[nodiscard]] pid_t pid_of(const std::string& name) const;  // throws when it was not started
  [[nodiscard]] std::vector<std::string> names() const;
  // Starts again what has ended by itself; how many. The supervisor's part. Where run/NAME.down
  // exists, that program stays down.
  int restart_ended();

 private:
  [[nodiscard]] const ProgramPlan& plan(const std::string& name) const;
  [[nodiscard]] std::string end_of_log(const std::string& name) const;
  void plan_centre(const LabCentre& centre);
  void plan_agency(const LabAgency& agency);
  void plan_management();

  const Lab& lab_;
  std::filesystem::path programs_;
  std::vector<ProgramPlan> plans_;  // in the order of starting
  std::map<std::string, pid_t> running_;
};

}  // namespace yizhan
