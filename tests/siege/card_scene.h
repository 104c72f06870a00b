#pragma once

#include <signal.h>

#include <optional>
#include <sstream>

#include "ground/files/files.h"
#include "tests/siege/scene.h"
#include "tests/support/soft_token.h"

namespace yizhan {

inline std::string setting(const std::string& key, const std::filesystem::path& path) {
  return key + " = \"" + path.string() + "\"";
}

// An agency whose keys are on a card that fails in the middle of its work (shim.cc in front of
// SoftHSM2). One world for all tests, as starting it takes longer than they do.
class CardScene {
 public:
  static CardScene& shared() {
    static CardScene scene;
    return scene;
  }
  CardScene(const CardScene&) = delete;
  CardScene& operator=(const CardScene&) = delete;
  // At once: a stop in good order waits for the terminals' questions about news.
  ~CardScene() {
    for (const std::string& name : world_->names()) world_->kill(name, SIGKILL);
  }

  // What the card does wrong from now on; in one piece, as it may be reading.
  void suffer(const std::string& faults) const {
    write_private(folder_ / "control.new", faults);
    std::filesystem::rename(folder_ / "control.new", folder_ / "control");
  }
  // The card works, and its PIN has been looked at by a person.
  void mend() const {
    suffer("");
    const auto written = std::filesystem::last_write_time(token_.pin_file());
    std::filesystem::last_write_time(token_.pin_file(), written + std::chrono::seconds{1});
  }
  [[nodiscard]] int calls(const std::string& line) const {
    std::istringstream text(read_file(folder_ / "calls"));
    int count = 0;
    for (std::string each; std::getline(text, each);) count += each == line ? 1 : 0;
    return count;
  }
  std::string next_serial() { return std::to_string(1'000'000 + ++serial_); }

  [[nodiscard]] const Lab& lab() const { return lab_; }
  [[nodiscard]] World& world() { return *world_; }
  [[nodiscard]] const SoftToken& token() const { return token_; }

 private:
  CardScene() {
    const char* build = std::getenv("YIZHAN_BUILD");
    const std::filesystem::path programs =
        std::filesystem::absolute(build == nullptr ? "build/dev" : build);
    ::setenv("YIZHAN_SHIM_REAL", SoftToken::module().c_str(), 1);
    ::setenv("YIZHAN_SHIM_CONTROL", (folder_ / "control").c_str(), 1);
    ::setenv("YIZHAN_SHIM_CALLS", (folder_ / "calls").c_str(), 1);
    suffer("");
    const auto file = lab_.root() / "a/keyholder.toml";
    std::string text = read_file(file);
    const std::string real = setting("library", SoftToken::module());
    const auto at = text.find(real);
    YZ_ASSERT(at != std::string::npos);
    text.replace(at, real.size(),
                 setting("library", programs / "tests/siege/libsiege_shim.so") +
                     "\ndeadline = \"1s\"");
    write_durably(file, bytes_of(text), 0644);
    token_.leave();
    world_.emplace(lab_, programs);
    world_->start_all();
  }

  TemporaryFolder folder_;
  SoftToken token_;
  const Lab lab_{folder_ / "lab", {.token = &token_}};
  std::optional<World> world_;
  int serial_ = 0;
};

}  // namespace yizhan
