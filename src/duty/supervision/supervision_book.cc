#include "duty/supervision/supervision_book.h"

#include <algorithm>
#include <limits>

namespace yizhan {

namespace {

constexpr Time kEver = Time::from_ms(std::numeric_limits<std::int64_t>::max());

Json describe(const BoardCount& count) {
  return {{"due", count.due},
          {"late", count.late},
          {"done", count.done},
          {"done_late", count.done_late}};
}

// Whom somebody sees who looks for those under a party, out of those in their scope.
class Sight {
 public:
  Sight(const Directory& directory, const Supervision& supervision, std::string scope,
        std::string under)
      : directory_(directory),
        supervision_(supervision),
        scope_(std::move(scope)),
        under_(std::move(under)) {}

  [[nodiscard]] bool covers(const std::string& party) const {
    const std::vector<std::string> line = supervision_.line_of(party);
    const bool below = under_.empty() || std::ranges::find(line, under_) != line.end();
    return below && (scope_.empty() || is_in_scope(party, line));
  }

 private:
  [[nodiscard]] bool is_in_scope(const std::string& party,
                                 const std::vector<std::string>& line) const {
    return describe_party(party, directory_).centre == scope_ ||
           std::ranges::any_of(line, [&](const std::string& above) {
             return above.substr(above.find('/') + 1) == scope_;
           });
  }

  const Directory& directory_;
  const Supervision& supervision_;
  const std::string scope_;
  const std::string under_;
};

Json describe_late(const Obligation& late) {
  Json item = {{"obligation", late.id.text()},
               {"kind", late.kind},
               {"subject", late.subject},
               {"owner", late.owner},
               {"due", late.due.text()}};
  if (!late.escalated_to.value_or("").empty()) item["escalated_to"] = *late.escalated_to;
  return item;
}

Json describe_named(const std::string& party, const Directory& directory) {
  const PartyText text = describe_party(party, directory);
  Json layers = Json::array();
  for (const Layer layer : text.layers) layers.push_back(text_of(layer));
  return {{"party", party}, {"code", text.code}, {"name", text.name}, {"layers", layers}};
}

}  // namespace

std::vector<ObligationNotice> SupervisionBook::tend() const {
  const auto directory = parts_.directory.current();
  const Supervision supervision = supervision_of(*directory);
  return parts_.database.transact([&](Transaction& tx) {
    return parts_.obligations.tend(tx, supervision, parts_.clock.now());
  });
}

Result<Json> SupervisionBook::board(const View& view) const {
  const auto directory = parts_.directory.current();
  const Supervision supervision = supervision_of(*directory);
  std::string under;
  if (!view.under.empty()) under = YZ_TRY(find_party(view.under, *directory));
  const Sight sight(*directory, supervision, view.scope, under);
  const Time now = parts_.clock.now();
  auto [lines, late] = parts_.database.read([&](Transaction& tx) {
    return std::pair(yizhan::board(tx, {view.since, kEver, now}), Obligations::late(tx, now));
  });
  // What is counted is what is seen, further up the line too.
  std::erase_if(lines, [&](const BoardLine& line) { return !sight.covers(line.owner); });
  BoardCount total;
  BoardCounts own;
  for (const BoardLine& line : lines) {
    total += line.count;
    own[line.owner] += line.count;
  }
  Json items = Json::array();
  for (const auto& [party, count] : rolled_up(lines, supervision)) {
    if (!sight.covers(party)) continue;
    Json item = describe_named(party, *directory);
    if (const auto above = supervision.supervisor_of(party)) item["supervisor"] = *above;
    item["all"] = describe(count);
    item["own"] = describe(own[party]);
    items.push_back(std::move(item));
  }
  Json waiting = Json::array();
  for (const Obligation& one : late) {
    if (sight.covers(one.owner)) waiting.push_back(describe_late(one));
  }
  return Json{{"time", now.text()},
              {"directory", {{"version", directory->version()}}},
              {"total", describe(total)},
              {"items", std::move(items)},
              {"late", std::move(waiting)}};
}

}  // namespace yizhan
