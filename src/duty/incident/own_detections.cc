#include "duty/incident/own_detections.h"

#include <algorithm>

#include "duty/incident/incident_cases.h"
#include "ground/daemon/daemon.h"

namespace yizhan {

namespace {

const std::string kOwnDetection = "own_detection";
const std::string kToldStep = "tell";
constexpr int kAtATime = 50;
constexpr Milliseconds kNoDecision = std::chrono::hours{24};  // no step takes two persons
constexpr Time kEndOfTime = Time::from_ms(253'402'300'799'000);

}  // namespace

OwnDetections::OwnDetections(Parts parts)
    : parts_(std::move(parts)),
      case_kinds_(incident_cases()),
      decisions_(parts_.journal, kNoDecision),
      cases_(parts_.journal, case_kinds_, decisions_) {}

void OwnDetections::note(Transaction& tx, const DocumentId& document,
                         const std::string& found) const {
  const std::string subject = "document/" + document.text();
  if (Cases::find_about(tx, kOwnDetection, subject)) return;
  const std::string name = cut_text(found, Detection::kFoundBytesMax);
  const Time now = parts_.clock.now();
  const Json form = {{"found", name}, {"detected", now.text()}, {"document", document.text()}};
  const std::string owner = party_of(parts_.agency);
  const Case opened =
      cases_.open(tx, {kOwnDetection, kIncidentEdition, subject, owner, form}, {owner, now})
          .value();
  tx.after_commit([document = opened.subject, name, wake = parts_.on_news] {
    log(LogLevel::kAct, "malware_found", {{"document", document}, {"name", name}});
    wake();
  });
}

// One that is refused for good keeps no other waiting.
Result<bool> OwnDetections::tell(const Hand& hand) const {
  const std::vector<Case> waiting = parts_.database.read([&](Transaction& tx) {
    return Cases::list(tx, {kOwnDetection, "found", "", Time(), kEndOfTime, kAtATime});
  });
  bool any = false;
  std::optional<Refusal> why;
  for (const Case& one : waiting) {
    const Result<void> told = tell(one, hand);
    any = any || told;
    if (told) continue;
    why = told.refusal();
    if (why->reason == Reason::kUnavailable) break;
  }
  if (why && !any) return *why;
  return any;
}

Result<void> OwnDetections::tell(const Case& one, const Hand& hand) const {
  const Time detected = Time::parse(one.form.at("detected").get<std::string>()).value();
  const Detection detection{parts_.agency,
                            cut_text(parts_.terminal, Detection::kTerminalBytesMax),
                            DocumentId::parse(one.form.at("document").get<std::string>()).value(),
                            one.form.at("found").get<std::string>(),
                            detected,
                            std::max(detected, parts_.clock.now())};  // clocks are set back, too
  const Bytes cms = YZ_TRY(sign_detection(detection, parts_.key));
  YZ_TRY(hand(cms));
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    const By by{one.owner, parts_.clock.now()};
    YZ_TRY(cases_.take_step(tx, {one.id, one.version, kToldStep}, by));
    return {};
  });
}

}  // namespace yizhan
