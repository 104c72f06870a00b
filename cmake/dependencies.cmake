# Every outside library, found once. A target name says what is linked; which folder links it
# stands in src/libraries.cmake.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(LibXml2 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ICU 72 REQUIRED COMPONENTS uc i18n)
find_package(CURL REQUIRED)
find_package(LibArchive REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(magic REQUIRED IMPORTED_TARGET libmagic)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(oath REQUIRED IMPORTED_TARGET liboath)
pkg_check_modules(p11kit REQUIRED IMPORTED_TARGET p11-kit-1)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)

# SOCI ships no CMake or pkg-config file in Debian 12.
add_library(soci INTERFACE)
target_include_directories(soci SYSTEM INTERFACE /usr/include/soci ${PostgreSQL_INCLUDE_DIRS})
target_link_libraries(soci INTERFACE soci_core soci_sqlite3 soci_postgresql PostgreSQL::PostgreSQL
                                     SQLite::SQLite3)

# Asio and Beast, compiled once (ground/net/asio_impl.cc). Recycling of coroutine frames has been
# reported to corrupt them; we do without.
add_library(asio INTERFACE)
target_link_libraries(asio INTERFACE Boost::headers)
target_compile_definitions(asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_NO_DEPRECATED)
# g++ warns that its thread sanitizer does not see Asio's fences (its mutexes it sees).
target_compile_options(asio INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)

pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)  # its CMake config wants the tools too

if(YIZHAN_TESTS)
  find_package(GTest REQUIRED)
endif()
