# What is released is the same, bit for bit, wherever its source lies: no path of the host that built it
# stands in a program (__FILE__, and through it the build-id). ./dev package --twice compares.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()
