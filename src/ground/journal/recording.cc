#include "ground/journal/recording.h"

#include <algorithm>

#include "ground/json/json.h"

namespace yizhan {

namespace {

Json json_of(const EventText& text, const Fields& fields) {
  Json json = Json::object();
  for (const Field& field : fields) {
    YZ_ASSERT(std::ranges::find(text.fields, field.name) != text.fields.end());
    std::visit([&](const auto& value) { json[std::string(field.name)] = value; }, field.value);
  }
  YZ_ASSERT(fields.size() == text.fields.size() && json.size() == text.fields.size());
  return json;
}

}  // namespace

void Journal::record(Transaction& tx, Event event, const Fields& fields, Time now) const {
  const EventText& text = describe(event);
  const std::string id = JournalEntryId::generate(now).text();
  Json json = {{"format", "yizhan-journal-1"},
               {"id", id},
               {"origin", origin_},
               {"time", now.text()},
               {"event", text.name},
               {"outcome", name_of(text.outcome)},
               {"fields", json_of(text, fields)}};
  if (!text.clause.empty()) json["clause"] = text.clause;
  const Bytes bytes = canonical_json(json);
  JournalStore(tx).insert({.id = id,
                           .at = now,
                           .event = std::string(text.name),
                           .outcome = std::string(name_of(text.outcome)),
                           .entry = std::string(text_of(bytes)),
                           .log_index = std::nullopt});
}

}  // namespace yizhan
