#pragma once

#include <filesystem>

#include "ground/json/json.h"

namespace yizhan {

// The program nft of Debian, for one call each: its library is GPL, and what reads the kernel's
// answers ends with the call. It wants CAP_NET_ADMIN.
class Nft {
 public:
  static constexpr const char* kProgram = "/usr/sbin/nft";

  explicit Nft(std::filesystem::path program = kProgram) : program_(std::move(program)) {}

  // The whole transaction or nothing. Refuses kUnavailable with nft's own words: it refused, is not
  // there, or did not answer within 30 s.
  Result<void> apply(const Json& transaction) const;
  // As apply().
  Result<Json> list(const std::string& table) const;

 private:
  Result<std::string> run(std::vector<std::string> words, const std::string& input) const;

  std::filesystem::path program_;
};

}  // namespace yizhan
