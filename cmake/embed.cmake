# yizhan_embed(schema_migrations SYMBOL kMigrations FILES schema/migrate/*.sql)
#   A library that carries the files, made anew when one of them changes. Whoever links it declares
#     namespace yizhan { extern const std::span<const EmbeddedFile> kMigrations; }
#   FILES are globs from the root of the project; names are file names, sorted, without folders.
#   EmbeddedFile: ground/base/embedded_file.h.

set(YIZHAN_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_files.cmake)

function(yizhan_embed target)
  cmake_parse_arguments(ARG "" "SYMBOL" "FILES" ${ARGN})
  list(TRANSFORM ARG_FILES PREPEND ${PROJECT_SOURCE_DIR}/)
  file(GLOB files CONFIGURE_DEPENDS ${ARG_FILES})
  set(output ${PROJECT_BINARY_DIR}/embedded/${target}.cc)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DSYMBOL=${ARG_SYMBOL} "-DFILES=${files}"
            -P ${YIZHAN_EMBED_SCRIPT}
    DEPENDS ${files} ${YIZHAN_EMBED_SCRIPT}
    VERBATIM)
  add_library(${target} STATIC ${output})
  target_link_libraries(${target} PUBLIC ground_base)
endfunction()
