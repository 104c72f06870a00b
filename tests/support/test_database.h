#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "ground/store/store.h"
#include "tests/support/postgres.h"

namespace yizhan {

// An empty database of either engine, for tests that must pass on both:
//   INSTANTIATE_TEST_SUITE_P(BothEngines, StoreTest, kBothEngines, engine_name);
class TestDatabase {
 public:
  explicit TestDatabase(Engine engine) {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    url_ = engine == Engine::kSqlite ? "sqlite:" + (directory_ / "test.db").string()
                                     : PostgresServer::shared().create_database();
  }
  ~TestDatabase() { std::filesystem::remove_all(directory_); }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] StoreConfig config() const { return {.url = url_, .connections = 4}; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
  std::string url_;
};

inline const auto kBothEngines = ::testing::Values(Engine::kSqlite, Engine::kPostgres);

inline std::string engine_name(const ::testing::TestParamInfo<Engine>& engine) {
  return engine.param == Engine::kSqlite ? "Sqlite" : "Postgres";
}

}  // namespace yizhan
