#pragma once

#include <string>

#include "ground/base/base.h"

namespace yizhan {

// Where a repository is read from: a folder carried by hand, or the network. Nothing that it says
// is believed, so an answer need not be trusted, only bounded.
class RepositorySource {
 public:
  virtual ~RepositorySource() = default;

  // The whole file at a location of ground/trust/names.h. Refuses kNotFound, kTooLarge (more than
  // `bytes_max`; reading stops there), kUnavailable.
  virtual Result<Bytes> fetch(const std::string& location, std::size_t bytes_max) = 0;
};

}  // namespace yizhan
