#include "model/audit/logged_message.h"

#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::size_t kEntryMax = 64U << 10;

// Types that only several centres state (docs/protocol/evidence.md) are read as any other: a log
// may be younger than this program, or of another centre.
struct Entry {
  std::string type;
  std::string message;
  std::string recipient;
  std::string centre;  // who states it; empty: an agency
  std::int64_t recipient_count;
  std::optional<Time> time;
};

std::string text_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

Entry entry_of(const Json& json) {
  Entry entry{text_in(json, "type"), text_in(json, "sender") + " " + text_in(json, "message_id"),
              "", "", 0, Time::parse(text_in(json, "time"))};
  const Json recipient = json.value("recipient", Json::object());
  entry.recipient = text_in(recipient, "org_code") + text_in(recipient, "unit_code");
  entry.centre = text_in(json.value("actor", Json::object()), "centre");
  const Json count = json.value("recipient_count", Json(0));
  if (count.is_number_integer()) entry.recipient_count = count.get<std::int64_t>();
  return entry;
}

bool is_final_type(const std::string& type) {
  return type == "B.3" || type == "C.5" || type == "D.2" || type == "E.1" || type == "E.2";
}

// In the log's order, which has a consignment before what follows it.
class Reading {
 public:
  explicit Reading(std::string centre) : logged_{std::move(centre), {}, {}} {}

  void visit(std::uint64_t index, ByteView bytes) {
    if (!bytes.empty() && bytes.front() == '{' && !is_batched(bytes)) return;  // of the journal
    const Result<SignedContent> opened = open_evidence(bytes, kEntryMax);
    const Result<Json> json = opened ? parse_json(opened->content, {.bytes_max = kEntryMax})
                                     : Result<Json>(opened.refusal());
    if (!json || !json->is_object()) {
      logged_.problems.push_back(
          {"", "", "日誌第 " + std::to_string(index) + " 筆之簽章或內容不成立"});
      return;
    }
    if (text_in(*json, "format") != "yizhan-evidence-1") return;  // a verdict
    const Entry entry = entry_of(*json);
    const bool own = entry.centre == logged_.centre;
    if (own && entry.type == "D.1") own_consignments_.insert(sha256(opened->content));
    enter(entry, own || follows_own(*json));
  }

  LoggedCentre finish(const std::vector<LogFinding>& findings) {
    for (const LogFinding& item : findings) {
      logged_.problems.push_back({"", "", item.where + "：" + item.what});
    }
    return std::move(logged_);
  }

 private:
  void enter(const Entry& entry, bool in_custody) {
    LoggedMessage& message = logged_.messages[entry.message];
    const bool own = entry.centre == logged_.centre;
    if (entry.type == "A.1" && own) {
      // Twice, where its store came back from an older copy between them: of the same recipients.
      if (message.accepted > 0 && message.accepted != entry.recipient_count) {
        logged_.problems.push_back({entry.message, "", "受理（A.1）兩次，受文者數不同"});
      }
      message.accepted = entry.recipient_count;
      message.taken = std::max(message.taken, entry.time);
    } else if (entry.type == "A.2") {
      message.rejected = true;
    } else if (entry.type == "B.1" && own) {
      message.taken_over = entry.recipient_count;
      message.taken = std::max(message.taken, entry.time);
    } else if (entry.type == "B.1") {
      message.passed_on[entry.centre] = entry.recipient_count;
    } else if (entry.type == "D.1") {
      message.consigned.insert(entry.recipient);
    } else if (is_final_type(entry.type)) {
      message.finals[entry.recipient].push_back({entry.type, !entry.centre.empty(), in_custody});
    }
  }

  // What a recipient states is in the custody of the centre that consigned to it.
  [[nodiscard]] bool follows_own(const Json& json) const {
    const Json previous = json.value("previous_sha256", Json::array());
    return std::ranges::any_of(previous, [&](const Json& name) {
      const auto digest = name.is_string() ? Sha256::from_hex(name.get<std::string>())
                                           : std::nullopt;
      return digest && own_consignments_.contains(*digest);
    });
  }

  LoggedCentre logged_;
  std::set<Sha256> own_consignments_;
};

}  // namespace

std::int64_t LoggedMessage::passed() const {
  std::int64_t all = 0;
  for (const auto& [centre, count] : passed_on) all += count;
  return all;
}

Result<LoggedCentre> read_logged(const std::filesystem::path& log) {
  Reading reading(YZ_TRY(log_origin(log)));
  const LogSurvey survey = YZ_TRY(survey_log(
      log, [&](std::uint64_t index, ByteView entry) { reading.visit(index, entry); }));
  return reading.finish(survey.findings);
}

}  // namespace yizhan
