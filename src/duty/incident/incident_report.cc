#include "duty/incident/incident_report.h"

#include <algorithm>
#include <array>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-incident-1";
constexpr std::size_t kContentBytesMax = 32U << 10;
constexpr std::size_t kAddressBytesMax = 64;
constexpr std::size_t kStateBytesMax = 20;
constexpr std::int64_t kRecipientsMax = 10'000'000;

constexpr std::array kCauses{IncidentCause::kMalware, IncidentCause::kRelease};
constexpr std::array kStates{IncidentState::kOpen, IncidentState::kControlled,
                             IncidentState::kImproved};

std::optional<IncidentCause> find_cause(std::string_view text) {
  for (const IncidentCause cause : kCauses) {
    if (text_of(cause) == text) return cause;
  }
  return std::nullopt;
}

std::optional<IncidentState> find_incident_state(std::string_view text) {
  for (const IncidentState state : kStates) {
    if (text_of(state) == text) return state;
  }
  return std::nullopt;
}

// At most so many octets, and what has to be said is said.
std::string bounded(Members& m, const char* name, std::size_t bytes_max, bool wanted = false) {
  std::string text = m.text(name);
  if (text.size() > bytes_max) m.refuse(name, "不逾 " + std::to_string(bytes_max) + " 位元組");
  if (wanted && text.empty()) m.refuse(name, "不得為空");
  return text;
}

Result<std::optional<IncidentSubmission>> parse_submission(Members& m) {
  if (!m.has("message")) return std::optional<IncidentSubmission>();
  const auto message = m.parsed<MessageId>("message", MessageId::parse);
  const Sha256 header = m.sha256("header_sha256");
  const Sha256 plaintext = m.sha256("plaintext_root");
  const Time submitted = m.time("submitted");
  std::optional<CentreCode> from;
  if (m.has("from_centre")) from = m.parsed<CentreCode>("from_centre", CentreCode::parse);
  YZ_TRY(m.check());
  return std::optional(IncidentSubmission{*message, header, plaintext, submitted, std::move(from)});
}

Result<std::optional<IncidentSource>> parse_source(Members& m) {
  if (!m.has("sender")) return std::optional<IncidentSource>();
  const auto agency = m.parsed<OrgCode>("sender", OrgCode::parse);
  const Sha256 certificate = m.sha256("certificate");
  std::string address = bounded(m, "address", kAddressBytesMax);
  const auto document = m.parsed<DocumentId>("document", DocumentId::parse);
  auto submission = YZ_TRY(parse_submission(m));
  YZ_TRY(m.check());
  return std::optional(IncidentSource{*agency, certificate, std::move(address), *document,
                                      std::move(submission)});
}

Result<IncidentHolder> parse_holder(const Json& json) {
  Members m(json, "holder");
  const auto org = m.parsed<OrgCode>("recipient", OrgCode::parse);
  const auto unit = m.parsed<UnitCode>("unit", [](std::string_view text) -> Result<UnitCode> {
    return text.empty() ? Result<UnitCode>(UnitCode()) : UnitCode::parse(text);
  });
  std::string state = bounded(m, "state", kStateBytesMax, true);
  const Time since = m.time("since");
  std::optional<CentreCode> centre;
  if (m.has("centre")) centre = m.parsed<CentreCode>("centre", CentreCode::parse);
  std::optional<Sha256> finding;
  if (m.has("finding")) finding = m.sha256("finding");
  YZ_TRY(m.check());
  return IncidentHolder{{*org, *unit}, std::move(state), since, std::move(centre), finding};
}

Result<std::vector<IncidentHolder>> parse_holders(const Json& items) {
  std::vector<IncidentHolder> holders;
  if (items.size() > IncidentSpread::kListedMax) {
    return Refusal{Reason::kTooLarge, "holders 至多 100 項"};
  }
  for (const Json& item : items) {
    IncidentHolder holder = YZ_TRY(parse_holder(item));
    holders.push_back(std::move(holder));
  }
  return holders;
}

int degree(Members& m, const char* name) {
  return static_cast<int>(m.integer(name, {.min = 1, .max = 4}));
}

// What does not go together.
Result<void> check_whole(const IncidentReport& report, std::int64_t level) {
  const auto refuse = [](const char* why) { return Refusal{Reason::kMalformed, why}; };
  if ((report.cause == IncidentCause::kMalware) != report.source.has_value()) {
    return refuse("惡意程式須載明來源，其餘不得載明");
  }
  if (level != level_of(report.impact)) return refuse("level 須為三項影響之最高者");
  if (report.state != IncidentState::kOpen && report.control.empty()) {
    return refuse("已控制者須載明 control");
  }
  if (report.state == IncidentState::kImproved && report.improvement.empty()) {
    return refuse("已改善者須載明 improvement");
  }
  if (report.spread.holding < static_cast<std::int64_t>(report.spread.holders.size())) {
    return refuse("holding 少於所列");
  }
  const bool unsent = report.source && !report.source->submission;
  if (unsent && report.spread.holding > 0) return refuse("未送出者無人應追回");
  if (report.time < report.detected) return refuse("time 不得早於 detected");
  return {};
}

Result<void> check_signer(const SignedIncidentReport& report, const Directory& directory) {
  const Centre* centre = directory.find(report.report.centre);
  if (centre == nullptr) return Reason::kCertificateUnregistered;
  YZ_TRY(find_registered(centre->certificates, Purpose::kEvidence, report.signer.sha256(),
                         report.report.time));
  return {};
}

}  // namespace

std::string_view text_of(IncidentCause cause) {
  return cause == IncidentCause::kMalware ? "malware" : "release";
}

std::string_view text_of(IncidentState state) {
  switch (state) {
    case IncidentState::kOpen:
      return "open";
    case IncidentState::kControlled:
      return "controlled";
    case IncidentState::kImproved:
      return "improved";
  }
  YZ_ASSERT(false);
}

Json IncidentSpread::describe() const {
  Json items = Json::array();
  for (const IncidentHolder& holder : holders) {
    Json item = {{"recipient", holder.recipient.org.text()},
                 {"unit", holder.recipient.unit.text()},
                 {"state", holder.state},
                 {"since", holder.since.text()}};
    if (holder.centre) item["centre"] = holder.centre->text();
    if (holder.finding) item["finding"] = holder.finding->hex();
    items.push_back(std::move(item));
  }
  return {{"stopped", stopped}, {"holding", holding}, {"holders", std::move(items)}};
}

Result<IncidentReport> IncidentReport::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kContentBytesMax, .depth_max = 3}));
  Members m(json, "incident");
  const std::string format = m.text("format");
  const auto centre = m.parsed<CentreCode>("centre", CentreCode::parse);
  const auto incident = m.parsed<CaseId>("incident", CaseId::parse);
  const auto cause = m.parsed<IncidentCause>("cause", find_cause);
  const auto state = m.parsed<IncidentState>("state", find_incident_state);
  std::string found = bounded(m, "found", kFoundBytesMax, true);
  std::string detail = bounded(m, "detail", kDetailBytesMax);
  const Time detected = m.time("detected"), time = m.time("time");
  const IncidentImpact impact{degree(m, "confidentiality"), degree(m, "integrity"),
                              degree(m, "availability")};
  const std::int64_t level = m.integer("level", {.min = 1, .max = 4});
  std::string assessed_by = bounded(m, "assessed_by", kPersonBytesMax);
  std::string control = bounded(m, "control", kTextBytesMax);
  std::string improvement = bounded(m, "improvement", kTextBytesMax);
  std::string person = bounded(m, "person", kPersonBytesMax);
  const std::int64_t stopped = m.integer("stopped", {.min = 0, .max = kRecipientsMax});
  const std::int64_t holding = m.integer("holding", {.min = 0, .max = kRecipientsMax});
  const Json& holders = m.array("holders");
  std::optional<Time> told;
  if (m.has("source_told")) told = m.time("source_told");
  std::optional<IncidentSource> source = YZ_TRY(parse_source(m));
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, format};
  std::vector<IncidentHolder> listed = YZ_TRY(parse_holders(holders));
  IncidentReport report{*centre,
                        *incident,
                        *cause,
                        std::move(found),
                        std::move(detail),
                        detected,
                        std::move(source),
                        impact,
                        std::move(assessed_by),
                        std::move(control),
                        std::move(improvement),
                        std::move(person),
                        *state,
                        {stopped, holding, std::move(listed)},
                        told,
                        time};
  YZ_TRY(check_whole(report, level));
  return report;
}

Json IncidentReport::form() const {
  Json all = {{"cause", text_of(cause)},
              {"found", found},
              {"detail", detail},
              {"detected", detected.text()},
              {"confidentiality", impact.confidentiality},
              {"integrity", impact.integrity},
              {"availability", impact.availability},
              {"assessed_by", assessed_by},
              {"control", control},
              {"improvement", improvement},
              {"person", person}};
  if (!source) return all;
  all["sender"] = source->agency.text();
  all["certificate"] = source->certificate.hex();
  all["address"] = source->address;
  all["document"] = source->document.text();
  if (!source->submission) return all;
  const IncidentSubmission& came = *source->submission;
  all["message"] = came.message.text();
  all["header_sha256"] = came.header_sha256.hex();
  all["plaintext_root"] = came.plaintext_root.hex();
  all["submitted"] = came.submitted.text();
  if (came.from_centre) all["from_centre"] = came.from_centre->text();
  return all;
}

Bytes IncidentReport::json() const {
  Json all = form();
  all.update(spread.describe());
  all["format"] = kFormat;
  all["centre"] = centre.text();
  all["incident"] = incident.text();
  all["level"] = level_of(impact);
  all["state"] = text_of(state);
  if (source_told) all["source_told"] = source_told->text();
  all["time"] = time.text();
  return canonical_json(all);
}

bool IncidentReport::says_what(const IncidentReport& other) const {
  IncidentReport then = other;
  then.time = time;
  return then.json() == json();
}

Result<SignedIncidentReport> sign_incident(const IncidentReport& report, SigningKey& key) {
  return open_incident(YZ_TRY(cms_sign(report.json(), key, KeyUse::kEvidence, report.time)));
}

Result<SignedIncidentReport> open_incident(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, SignedIncidentReport::kBytesMax));
  IncidentReport report = YZ_TRY(IncidentReport::parse(opened.content));
  return SignedIncidentReport{copy_of(cms), std::move(report), opened.signer};
}

Result<void> check_incident_signer(const SignedIncidentReport& report, const Directory& directory) {
  return upheld("incident_signer", check_signer(report, directory));
}

}  // namespace yizhan
