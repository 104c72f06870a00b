# cmake -DOUTPUT=x.cc -DSYMBOL=kFiles -DFILES=a;b -P embed_files.cmake: writes what yizhan_embed needs.
# Every byte stands as an escape, so any encoding passes unchanged.

set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  file(SHA256 ${file} sha256)
  file(SIZE ${file} size)
  string(REGEX REPLACE "(..)" "\\\\x\\1" literal "${hex}")
  string(APPEND entries "    {\"${name}\", {\"${literal}\", ${size}}, \"${sha256}\"},\n")
endforeach()
list(LENGTH FILES count)

file(WRITE ${OUTPUT} "#include <array>
#include <span>

#include \"ground/base/embedded_file.h\"

namespace yizhan {
extern const std::span<const EmbeddedFile> ${SYMBOL};
namespace {
constexpr std::array<EmbeddedFile, ${count}> kFiles{{
${entries}}};
}  // namespace
constexpr std::span<const EmbeddedFile> ${SYMBOL} = kFiles;
}  // namespace yizhan
")
