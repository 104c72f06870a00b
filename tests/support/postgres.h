#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

// A private PostgreSQL: own data directory, a Unix socket and no port, gone at the end of the
// program. Test programs side by side each have their own.

namespace yizhan {

class PostgresServer {
 public:
  // Started at the first call.
  static PostgresServer& shared();

  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A new, empty database; answers what StoreConfig::url takes. Options are createdb's.
  std::string create_database(std::vector<std::string> options = {});

  void restart();

 private:
  void start();
  void stop(const char* mode);
  void run(const std::string& program, std::vector<std::string> arguments) const;

  std::filesystem::path directory_;
  pid_t owner_;  // a forked child does not stop its parent's server
  int databases_ = 0;
};

}  // namespace yizhan
