# The type definitions of formats/ become part of the binary: nothing is read from disk at run time.
#   Included: adds the generated source to model_document.
#   Run with -P (SOURCE, OUTPUT set): writes that source.

if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB files ${SOURCE}/*.dtd ${SOURCE}/*.ent)
  set(arrays "")
  set(table "")
  set(number 0)
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," octets "${hex}")
    string(REGEX REPLACE "(....................................................................................................)" "\\1\n" octets "${octets}")
    string(APPEND arrays "constexpr std::uint8_t k${number}[] = {  // ${name}\n${octets}};\n")
    string(APPEND table "    {\"${name}\", k${number}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE ${OUTPUT} "// Written by cmake/formats.cmake from formats/.
#include \"model/document/embedded_formats.h\"

namespace yizhan {
namespace {

${arrays}
constexpr EmbeddedFormat kAll[] = {
${table}};

}  // namespace

std::span<const EmbeddedFormat> embedded_formats() { return kAll; }

}  // namespace yizhan
")
  return()
endif()

file(GLOB formats CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/formats/*.dtd
     ${PROJECT_SOURCE_DIR}/formats/*.ent)
set(embedded ${PROJECT_BINARY_DIR}/generated/embedded_formats.cc)
add_custom_command(
  OUTPUT ${embedded}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR}/formats -DOUTPUT=${embedded}
          -P ${PROJECT_SOURCE_DIR}/cmake/formats.cmake
  DEPENDS ${formats} ${PROJECT_SOURCE_DIR}/cmake/formats.cmake
  VERBATIM)
target_sources(model_document PRIVATE ${embedded})
