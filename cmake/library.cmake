# yizhan_library(ground_base USES … LINKS …)
#   The folder src/ground/base as one static library; its *_test.cc become one test program.
#   USES names the other folders that its files include: tests/tree_test holds it to that.
#   LINKS names outside libraries. TEST_USES: what its tests may include besides.
#   THREADED: its tests also run under the thread sanitizer (./dev check --full).
#   STRICT: its tests also run without any (./dev check): time and memory are held to what is promised.

set(YIZHAN_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                    -Wswitch-enum -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees phantoms in std::optional and the standard library once it inlines.
  list(APPEND YIZHAN_WARNINGS -Wno-maybe-uninitialized)
endif()
# Most of a check is compiling: with the sanitizers, tests and what only puts parts together (roles) are
# not optimised. That takes half to two thirds of the time (role/cli/account_command.cc: 11.5 s for 24.0).
set(YIZHAN_COLD $<$<CONFIG:Debug>:-O0>)
# In tests, whose own pointers the address sanitizer watches, the four costliest checks are left out: a third of
# their compile time (way/hold/holding_test.cc: 10.5 s for 14.9). What is tested has all of them.
set(YIZHAN_TEST_OPTIONS ${YIZHAN_WARNINGS} ${YIZHAN_COLD}
  $<$<CONFIG:Debug>:-fno-sanitize=vptr,null,alignment,object-size>)

# A check compiles the files of a folder together, a few at a time (CMakePresets.json, asan and tsan): what they
# include is then read once for all of them, which takes half of the time.
file(STRINGS ${PROJECT_SOURCE_DIR}/cmake/alone.txt YIZHAN_ALONE REGEX "^[^#]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/alone.txt)
list(TRANSFORM YIZHAN_ALONE PREPEND ${PROJECT_SOURCE_DIR}/src/)
set_source_files_properties(${YIZHAN_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)

function(yizhan_library name)
  cmake_parse_arguments(ARG "THREADED;STRICT" "" "USES;LINKS;TEST_USES" ${ARGN})
  # Only the first underscore separates tier and folder.
  string(REGEX REPLACE "^([a-z]+)_(.*)$" "\\1/\\2" folder ${name})
  set(dir ${PROJECT_SOURCE_DIR}/src/${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${dir}/*_test.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    target_compile_options(${name} PRIVATE ${YIZHAN_WARNINGS})
    if(name MATCHES "^role_")
      target_compile_options(${name} PRIVATE ${YIZHAN_COLD})
    endif()
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} ${scope} ${ARG_USES} ${ARG_LINKS} Threads::Threads)
  if(YIZHAN_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_compile_options(${name}_test PRIVATE ${YIZHAN_TEST_OPTIONS})
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_USES} tests_support GTest::gtest_main)
    set(labels "")
    if(ARG_THREADED)
      list(APPEND labels threads)
    endif()
    if(ARG_STRICT)
      list(APPEND labels strict)
    endif()
    yizhan_test(${name}_test LABELS ${labels})
  endif()
endfunction()

# Runs a test program once, keeping its XML (with the clauses it proves) for ./dev clauses.
function(yizhan_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "LABELS" ${ARGN})
  add_test(NAME ${name} COMMAND ${name} --gtest_output=xml:${PROJECT_BINARY_DIR}/results/${name}.xml
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
    ENVIRONMENT "YIZHAN_SOURCE=${PROJECT_SOURCE_DIR};YIZHAN_BUILD=${PROJECT_BINARY_DIR}")
  if(ARG_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# yizhan_program(yizhan-exchange SOURCE exchange.cc USES role_exchange): src/program/exchange.cc, a
# main() and no more. The target "programs" builds all of them.
add_custom_target(programs)
function(yizhan_program name)
  cmake_parse_arguments(ARG "" "SOURCE" "USES;LINKS" ${ARGN})
  set(source ${PROJECT_SOURCE_DIR}/src/program/${ARG_SOURCE})
  if(EXISTS ${source})
    add_executable(${name} ${source})
    target_compile_options(${name} PRIVATE ${YIZHAN_WARNINGS})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${name} PRIVATE ${ARG_USES} ${ARG_LINKS})
    add_dependencies(programs ${name})
  endif()
endfunction()
