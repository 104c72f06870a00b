#pragma once

#include <functional>

#include "ground/net/net.h"

namespace yizhan {

// What wakes those who wait for a new timestamp.
inline constexpr std::string_view kDistributionTopic = "distribution";

// A repository over HTTP, as whoever is above serves it to those below: management to centres, a
// centre to its terminals (docs/protocol/distribution.md, "What follows it").
struct RepositoryDesk {
  // Whether that one may ask at all; before every route.
  std::function<Result<void>(const Request&)> admit;
  // A file at a location of the repository. Refuses kNotFound, kUnavailable.
  std::function<Result<Bytes>(const std::string& location)> file;
  std::function<std::int64_t()> version;  // of the timestamp that is served
  // A signed report of somebody below.
  std::function<Result<void>(const Request&)> take_report;
  // A signed answer to a notice; none where nobody answers.
  std::function<Result<void>(const Request&)> take_notice_answer = {};
  // A signed report of an incident, and what is answered; none where nobody takes them.
  std::function<Result<Json>(const Request&)> take_incident = {};
};

void add_repository_routes(Router& router, const RepositoryDesk& desk);

}  // namespace yizhan
