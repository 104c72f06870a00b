#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ground/net/client.h"

// Very many clients in one thread, for those who measure a server: each calls from an address of
// its own with a certificate of its own, keeps one connection, and asks one question after another.

namespace yizhan {

struct CrowdMember {
  std::string address;  // IPv4 of this machine, from which it calls
  Certificate certificate;
};

struct CrowdPlan {
  // Its identity's key is that of every member's certificate; the first of its chain stands for
  // theirs. Its host is an IPv4 literal.
  Endpoint server;
  std::vector<CrowdMember> members;
  std::size_t opening_max = 64;  // connections that are being opened at a time
};

// Called on the crowd's thread, which waits meanwhile.
struct CrowdAsking {
  std::function<std::string(std::size_t member)> next;  // path and query of a GET
  std::function<void(std::size_t member, const Response& response)> answered;
  // Its connection could not be opened, or has ended, or it was refused (4xx, 5xx: then it hangs
  // up); it connects anew after a second or two.
  std::function<void(std::size_t member, const std::string& why)> lost;
};

class ClientCrowd {
 public:
  // Throws std::invalid_argument for a plan that can not be used, std::runtime_error from OpenSSL.
  ClientCrowd(CrowdPlan plan, CrowdAsking asking);
  ~ClientCrowd();  // stops
  ClientCrowd(const ClientCrowd&) = delete;
  ClientCrowd& operator=(const ClientCrowd&) = delete;

  void start();
  // How many have asked and have no answer yet.
  [[nodiscard]] std::size_t waiting() const;
  // Closes all connections. Once.
  void stop();

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace yizhan
