#include "role/cli/waiting.h"

#include <algorithm>
#include <array>

namespace yizhan {

namespace {

constexpr auto kGood = std::to_array<std::string_view>({"received", "confirmed"});
constexpr auto kBad = std::to_array<std::string_view>(
    {"returned", "failed", "stopped", "withdrawn", "paper", "expired", "rejected"});

template <std::size_t kCount>
bool is_in(const std::array<std::string_view, kCount>& list, const std::string& state) {
  return std::find(list.begin(), list.end(), state) != list.end();
}

bool is_over(const Json& document) {
  const std::string state = text_in(document, "state");
  return state == "refused" || state == "cancelled";
}

std::vector<std::string> states_in(const Json& document) {
  std::vector<std::string> states;
  for (const Json& package : document.value("packages", Json::array())) {
    for (const Json& recipient : package.at("recipients")) {
      states.push_back(text_in(recipient, "state"));
    }
  }
  return states;
}

}  // namespace

Result<Json> wait_for(Session& session, const std::string& id, const Patience& patience) {
  using Watch = std::chrono::steady_clock;
  const Watch::time_point end = Watch::now() + patience.longest;
  Line& line = session.terminal();
  // The number first: what changes between the two questions is not missed.
  std::int64_t number = YZ_TRY(line.get("/api/v1/events?after=0")).value("next", std::int64_t{0});
  while (true) {
    Json document = YZ_TRY(line.get("/api/v1/documents/" + id));
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(end - Watch::now());
    if (patience.is_enough(document) || left.count() <= 0) return document;
    const auto wait = std::min<std::int64_t>(left.count(), 30);
    const Json event = YZ_TRY(line.get("/api/v1/events?after=" + std::to_string(number) +
                                       "&wait=" + std::to_string(wait)));
    if (event.is_object()) number = event.value("next", number);
  }
}

bool has_been_sealed(const Json& document) {
  return text_in(document, "state") == "sealed" || is_over(document);
}

bool has_settled(const Json& document) {
  const std::vector<std::string> states = states_in(document);
  return is_over(document) ||
         (!states.empty() && std::all_of(states.begin(), states.end(), [](const auto& state) {
           return is_in(kGood, state) || is_in(kBad, state) || state == "held";
         }));
}

bool has_arrived(const Json& document) {
  const std::vector<std::string> states = states_in(document);
  return !is_over(document) && !states.empty() &&
         std::all_of(states.begin(), states.end(),
                     [](const auto& state) { return is_in(kGood, state); });
}

bool has_failed(const Json& document) {
  const std::vector<std::string> states = states_in(document);
  return text_in(document, "state") == "refused" ||
         std::any_of(states.begin(), states.end(),
                     [](const auto& state) { return is_in(kBad, state); });
}

}  // namespace yizhan
