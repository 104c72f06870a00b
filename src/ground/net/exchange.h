#pragma once

#include "ground/net/http1.h"
#include "ground/subject/subject.h"

namespace yizhan {

// One request from its first byte to its answer: all of it that needs no socket. Used by one thread
// at a time: the connection's, and a worker's while the connection waits for it.
class Exchange {
 public:
  using Clock = std::chrono::steady_clock;

  Exchange(const HeaderLimits& limits, Time now);

  RequestReader reader;
  Request request = {};
  const Route* route = nullptr;
  std::optional<Response> response = {};
  AnswerFraming framing = {};
  Clock::time_point begun = Clock::now();
  std::chrono::seconds wait{0};  // how long the peer wants to wait; 0 if the route never waits
  bool body_unread = true;       // so the connection can not be used for another request

  void refuse(const Refusal& refusal);
  // After the header: finds the route and fills in the request, or the refusal.
  void find_route(const Router& router, const Peer& peer);
  // The worker has this long to take the request.
  void set_deadline() { deadline_ = Clock::now() + route->limits.deadline; }
  // On a worker. Leaves the response empty if a waiting route has nothing yet. `wake` is handed to
  // the route's topic at the first call.
  void ask(Wakeups& wakeups, bool last_chance, const std::function<void()>& wake);
  void unsubscribe() { subscription_.reset(); }
  // The head of the answer, its body completed; an answer that can not be sent becomes a 500.
  std::string frame();
  [[nodiscard]] AccessRecord record(bool sent) const;
  // The document that the handler worked on, for the log.
  [[nodiscard]] const Subject& subject() const { return subject_; }

 private:
  void answer(Wakeups& wakeups, bool last_chance, const std::function<void()>& wake);
  void accident(const std::exception& what);

  Clock::time_point deadline_ = Clock::time_point::max();
  std::optional<Wakeups::Subscription> subscription_ = {};
  Subject subject_;  // what the handler worked on
  std::string note_;
};

}  // namespace yizhan
