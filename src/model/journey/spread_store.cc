#include "model/journey/spread_store.h"

namespace yizhan {

std::vector<SpreadPlace> SpreadStore::of_document(const OrgCode& sender,
                                                  const DocumentId& document) {
  using Text = std::string;
  std::vector<SpreadPlace> places;
  for (const auto& [message, org, unit, state, since, next] :
       tx_.query<Text, Text, Text, Text, Time, std::optional<Text>>(
           R"sql(
           SELECT p.message_id, r.org_code, r.unit_code, r.state, r.since_ms, r.next_centre
           FROM packages p JOIN recipients r ON r.package_id = p.id
           WHERE p.sender = :sender AND p.document_id = :document_id
           ORDER BY p.id, r.leaf_index)sql",
           {{"sender", sender.text()}, {"document_id", document.text()}})) {
    const auto parsed = find_state(state);
    if (!parsed) throw StoreError("recipients.state: " + state);
    SpreadPlace place{MessageId::parse(message).value(),
                      {OrgCode::parse(org).value(), UnitCode::parse(unit).value()},
                      *parsed,
                      since,
                      std::nullopt};
    if (next) place.next_centre = CentreCode::parse(*next).value();
    places.push_back(std::move(place));
  }
  return places;
}

}  // namespace yizhan
