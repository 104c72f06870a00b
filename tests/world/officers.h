#pragma once

#include "ground/files/files.h"
#include "tests/siege/outside_program.h"
#include "tests/support/pki.h"
#include "tests/world/world.h"

namespace yizhan {

// Management's officers, with a key each and the online key, at their command line.
class OfficersAtWork {
 public:
  explicit OfficersAtWork(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    write_durably(folder_ / "pass", bytes_of("officers\n"));
    for (const char* name : {"chen", "lin", "wang", "online"}) {
      const SoftwareKey key = authority_.issue({.subject = name});
      const SecretBytes pem = key.private_key().pem(SecretBytes(copy_of(bytes_of("officers"))));
      write_durably(folder_ / (std::string(name) + ".key"), pem.view());
      write_durably(folder_ / (std::string(name) + ".crt"), bytes_of(key.certificate().pem()));
    }
  }

  // `yizhan distribution …`, or another group; what it says.
  std::string run(std::vector<std::string> words, const char* group = "distribution") const {
    words.insert(words.begin(), group);
    return yizhan(std::move(words));
  }
  // `yizhan …`
  static std::string yizhan(std::vector<std::string> words) {
    words.insert(words.begin(), {(programs() / "yizhan").string(), "--json"});
    return output_of(std::move(words));
  }
  std::string with_key(std::vector<std::string> words, const std::string& name) const {
    for (const auto& [option, file] : {std::pair("--key", name + ".key"),
                                       {"--certificate", name + ".crt"},
                                       {"--passphrase-file", std::string("pass")}}) {
      words.insert(words.end(), {option, (folder_ / file).string()});
    }
    return run(std::move(words));
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return (folder_ / name).string();
  }

 private:
  TestAuthority authority_;
  std::filesystem::path folder_;
};

}  // namespace yizhan
