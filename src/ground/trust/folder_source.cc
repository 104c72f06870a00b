#include "ground/trust/folder_source.h"

#include <cerrno>

#include "ground/files/files.h"
#include "ground/trust/names.h"

namespace yizhan {

Result<Bytes> FolderSource::fetch(const std::string& location, std::size_t bytes_max) {
  if (!is_repository_location(location)) return Refusal{Reason::kNotFound, location};
  if (!std::filesystem::is_directory(folder_)) {
    return Refusal{Reason::kUnavailable, "派送資料夾不在：" + folder_.string()};
  }
  try {
    if (auto bytes = Folder(folder_).find_file(location, bytes_max)) return *std::move(bytes);
  } catch (const FileError& error) {
    // What lies in the folder is a stranger's: a link, a folder or a giant there is no accident.
    if (error.error_number() == EFBIG) return Refusal{Reason::kTooLarge, location};
    return Refusal{Reason::kUnavailable, error.what()};
  }
  return Refusal{Reason::kNotFound, location};
}

}  // namespace yizhan
