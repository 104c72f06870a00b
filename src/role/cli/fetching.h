#pragma once

#include <filesystem>

#include "ground/files/files.h"
#include "role/cli/progress.h"

namespace yizhan {

struct RemoteFile {
  std::string path;  // of the API; takes offset and length
  std::string name;  // relative, below the folder
  std::uint64_t size;
  Sha256 sha256;
};

Sha256 digest_of(const FileHandle& file);

// Fetches a file in pieces and keeps it only if it is what it should be. One that is there already
// with the same content stays; another of that name is not overwritten.
// Refuses kConflict, kLengthMismatch, kGroupMismatch and what the terminal refuses.
Result<void> fetch_file(Session& session, const RemoteFile& file, const Folder& folder,
                        Progress& progress);

}  // namespace yizhan
