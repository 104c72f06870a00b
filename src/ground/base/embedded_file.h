#pragma once

#include <string_view>

namespace yizhan {

// A file that the build put into the program (cmake/embed.cmake).
struct EmbeddedFile {
  std::string_view name;     // without folders
  std::string_view content;  // its bytes as they stand
  std::string_view sha256;   // of the content, 64 lower-case hex digits
};

}  // namespace yizhan
