#pragma once

#include "model/content/content.h"

namespace yizhan {

// What a file is by its bytes.
struct FoundType {
  std::string mime;
  bool zip = false;
  std::vector<ZipEntry> entries = {};  // of a zip
};

// A file that begins as a zip must be a sound one: refusals of read_zip_directory.
Result<FoundType> find_type(int descriptor, const ArchiveLimits& limits);
void warm_magic();

const ContentType* find_known_type(std::string_view extension);
bool may_be(const ContentType& type, std::string_view mime);

}  // namespace yizhan
