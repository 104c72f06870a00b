#pragma once

#include "ground/files/folder.h"

// Whole files by path, for configuration, keys and state that are small.

namespace yizhan {

// Throws FileError: ENOENT, EFBIG above max, …
[[nodiscard]] Bytes read_file(const std::filesystem::path& path, std::size_t max);
[[nodiscard]] std::optional<Bytes> find_file(const std::filesystem::path& path, std::size_t max);

// As Folder::write_durably.
void write_durably(const std::filesystem::path& path, ByteView bytes, unsigned mode = kFileMode);

// Makes it and each missing parent, durably; one that is there already is left as it is.
void make_directory(const std::filesystem::path& path, unsigned mode = kDirectoryMode);
[[nodiscard]] Folder made_folder(const std::filesystem::path& path);  // that, opened
// As Folder::list_files: empty when the folder is absent.
[[nodiscard]] std::vector<std::string> list_files(const std::filesystem::path& directory);
bool remove_file_durably(const std::filesystem::path& path);  // false: was not there

}  // namespace yizhan
