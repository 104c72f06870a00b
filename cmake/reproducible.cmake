# What is released is the same, bit for bit, wherever its source lies: no path of the host that built it
# stands in a program (__FILE__, and through it the build-id). ./dev package --twice compares.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # As CMake names the sources, and as ccache does that has been given a base_dir.
  file(RELATIVE_PATH YIZHAN_SOURCE_FROM_BUILD ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
  string(REGEX REPLACE "/$" "" YIZHAN_SOURCE_FROM_BUILD "${YIZHAN_SOURCE_FROM_BUILD}")
  add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
                      -ffile-prefix-map=${YIZHAN_SOURCE_FROM_BUILD}=.)
endif()
