#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ground/base/base.h"

// The openssl program beside ours: what third parties have in hand. Works in a fresh folder of its
// own, which goes with it.

namespace yizhan {

class OpensslCommand {
 public:
  OpensslCommand();
  ~OpensslCommand();
  OpensslCommand(const OpensslCommand&) = delete;
  OpensslCommand& operator=(const OpensslCommand&) = delete;

  void write(const std::string& name, ByteView bytes);
  [[nodiscard]] Bytes read(const std::string& name) const;
  // `openssl <arguments>` inside the folder; true when it ends with 0. What it says is in log().
  bool run(std::vector<std::string> arguments);
  [[nodiscard]] std::string log() const;

 private:
  std::filesystem::path folder_;
};

}  // namespace yizhan
