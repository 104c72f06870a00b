#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ground/net/message.h"

// Which function answers which request, and how the functions that wait for mail are woken.

namespace yizhan {

struct RouteLimits {
  std::size_t body_bytes_max = 65536;
  // From the end of the header until a worker takes the request: its body must be here by then.
  std::chrono::milliseconds deadline = std::chrono::seconds{30};
};

// Runs on a worker thread. An exception is answered 500 with nothing but the trace id.
using Handler = std::function<Response(const Request&)>;

// Which topic wakes the request. Runs on a worker thread, once, before the first question.
using TopicOf = std::function<std::string(const Request&)>;
// nullopt: nothing yet; no thread waits. Asked again when the topic is notified, and a last time
// (last_chance) when the request's `wait` seconds (query, 0 to 60, default 0) are over or the
// server stops. nullopt at the last chance is answered 204.
using WaitingHandler = std::function<std::optional<Response>(const Request&, bool last_chance)>;

// Wakes the requests that wait for a topic. Thread-safe. It remembers nothing: what is notified
// before someone subscribes, the subscriber finds by looking after it has subscribed.
class Wakeups {
 public:
  class Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription();

   private:
    friend class Wakeups;
    Subscription(Wakeups* owner, std::string topic, std::uint64_t number);

    Wakeups* owner_ = nullptr;
    std::string topic_;
    std::uint64_t number_ = 0;
  };

  void notify(const std::string& topic);
  // `wake` runs on the notifying thread, perhaps once more while the subscription is ending; it
  // must only pass the word on.
  [[nodiscard]] Subscription subscribe(const std::string& topic, std::function<void()> wake);
  [[nodiscard]] std::size_t waiting() const;

 private:
  void remove(const std::string& topic, std::uint64_t number);

  using Wakers = std::unordered_map<std::uint64_t, std::function<void()>>;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Wakers> topics_;
  std::uint64_t last_number_ = 0;
};

struct Route {
  Method method;
  std::vector<std::string> segments;  // "{name}" stands for any one segment
  RouteLimits limits;
  Handler handler;   // either this
  TopicOf topic_of;  // or these two
  WaitingHandler waiting;
};

// All routes are added before the server starts; a pattern added twice is a bug.
class Router {
 public:
  void add(Method method, std::string_view pattern, RouteLimits limits, Handler handler);
  // A waiting route: `what` says when to ask and `handler` answers.
  void add_waiting(Method method, std::string_view pattern, RouteLimits limits,
                   std::pair<TopicOf, WaitingHandler> what);

  // The route for a decoded path ("/v1/messages/A/B"), and its parameters. A written-out segment is
  // preferred to a {name}. HEAD finds the route of GET.
  struct Found {
    const Route* route = nullptr;  // nullptr: no such path, or other methods only
    std::map<std::string, std::string> parameters = {};
    std::string allow = {};  // "GET, HEAD": the methods of that path
  };
  [[nodiscard]] Found find(Method method, std::string_view path) const;

  [[nodiscard]] Wakeups& wakeups() { return wakeups_; }

 private:
  void insert(Route route);

  std::vector<std::unique_ptr<Route>> routes_;
  Wakeups wakeups_;
};

}  // namespace yizhan
