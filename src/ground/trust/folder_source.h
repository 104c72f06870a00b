#pragma once

#include <filesystem>

#include "ground/trust/source.h"

namespace yizhan {

// A repository in a folder: offline media, or the mirror of a centre.
class FolderSource final : public RepositorySource {
 public:
  // The folder need not be there yet; then there is nothing in it.
  explicit FolderSource(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<Bytes> fetch(const std::string& location, std::size_t bytes_max) override;

 private:
  std::filesystem::path folder_;
};

}  // namespace yizhan
