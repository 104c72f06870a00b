#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "ground/json/json.h"
#include "ground/net/net.h"
#include "tests/world/lab.h"

namespace yizhan {

// What the nodes of a lab show of themselves, each at its own socket.
class NodeViews {
 public:
  explicit NodeViews(const Lab& lab) : lab_(lab) {}

  // Empty: it does not answer, or not with 200.
  [[nodiscard]] std::string ask(const std::string& node, const std::string& path) const {
    Endpoint endpoint;
    endpoint.unix_path = lab_.socket_of(node).string();
    const auto answer = Client(endpoint).send({.path_and_query = path}, std::chrono::seconds{10});
    return answer && answer->status == 200 ? std::string(text_of(answer->body)) : "";
  }
  [[nodiscard]] Json get(const std::string& node, const std::string& path) const {
    const std::string answer = ask(node, path);
    return answer.empty() ? Json::object() : Json::parse(answer);
  }
  // Of that order at a centre; empty: it does not know it.
  [[nodiscard]] std::string order_state(const std::string& centre, const std::string& order) const {
    const Json shown = get(centre, "/v1/operator/orders?all=true");
    for (const Json& item : shown.value("items", Json::array())) {
      if (item.at("order") == order) return item.at("state").get<std::string>();
    }
    return "";
  }
  // Whether any agency is suspended by order, as that terminal has it.
  [[nodiscard]] bool has_suspension(const std::string& terminal) const {
    return has_metric(terminal, "yizhan_orders_in_force{kind=\"suspend\"} 1");
  }
  [[nodiscard]] bool runs_directory(const std::string& node, std::int64_t version) const {
    return has_metric(node, "yizhan_directory_version " + std::to_string(version));
  }

 private:
  [[nodiscard]] bool has_metric(const std::string& node, const std::string& line) const {
    return ask(node, "/metrics").find("\n" + line + "\n") != std::string::npos;
  }

  const Lab& lab_;
};

inline bool is_seen(const std::function<bool()>& what,
                    std::chrono::seconds within = std::chrono::seconds{90}) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!what()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return true;
}

}  // namespace yizhan
