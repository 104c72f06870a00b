#pragma once

#include <filesystem>
#include <map>

#include "ground/base/base.h"

namespace yizhan {

// What a node has believed so far, in one file: it is replaced whole, so that whoever is killed at
// any instant finds the old state or the new one. It is what rollback is measured against.
class TrustedState {
 public:
  // The bytes of metadata as they came, each verified when it was taken; empty: none yet.
  struct Content {
    Bytes root;
    Bytes timestamp = {};
    Bytes snapshot = {};
    std::map<std::string, Bytes> targets = {};  // by role
  };

  // `first_root`: the root metadata that came with the installation, compared by other means; used
  // until there is a file. No name of a file: kept in memory only. Throws when the file is damaged:
  // whoever removes it gives up what protects from rollback.
  TrustedState(std::filesystem::path file, Bytes first_root);

  [[nodiscard]] const Content& content() const { return content_; }
  void save(Content content);  // durable on return

 private:
  std::filesystem::path file_;
  Content content_;
};

}  // namespace yizhan
