#include <map>
#include <sstream>

#include "ground/files/files.h"
#include "role/cli/change_text.h"
#include "role/cli/officer_key.h"
#include "role/cli/session.h"

// The next edition of the directory, out of what was approved, or of who is above whom and who runs
// which centre; offline: docs/protocol/changes.md.

namespace yizhan {

namespace {

constexpr std::size_t kDirectoryBytesMax = 512U << 20;
constexpr std::size_t kApprovedBytesMax = 512U << 20;
constexpr std::size_t kCertificateBytesMax = 64U << 10;
constexpr std::size_t kListBytesMax = 16U << 20;

// The edition that the next one follows, and who signed it.
struct InForce {
  std::string directory;
  std::string officer;
};

struct DraftOptions {
  InForce in_force;
  std::string approved;
  std::vector<std::string> issued;
  std::string on;
  std::string into;
};

struct ArrangeOptions {
  InForce in_force;
  std::vector<std::string> supervisors;  // AGENCY=ABOVE
  std::string list;                      // a file of lines AGENCY,ABOVE
  std::vector<std::string> centres;      // CENTRE=KIND or CENTRE=KIND:AGENCY
  std::string into;
};

struct SignOptions {
  std::string file;
  OfficerKeyOptions key;
  std::string into;
};

Result<Directory> read_directory(const InForce& in_force) {
  const Certificate officer = YZ_TRY(read_certificate(in_force.officer));
  return verify_directory(read_file(in_force.directory, kDirectoryBytesMax), {officer});
}

Result<std::vector<SignedChangeReview>> read_approved(const std::string& file) {
  const Bytes bytes = read_file(file, kApprovedBytesMax);
  const Json json =
      YZ_TRY(parse_json(bytes, {.bytes_max = kApprovedBytesMax, .depth_max = 3}));
  Members m(json, "approved");
  const std::string format = m.text("format");
  const Json& items = m.array("items");
  YZ_TRY(m.check());
  if (format != kApprovedFormat) return Refusal{Reason::kUnknownFormat, file + "：" + format};
  std::vector<SignedChangeReview> reviews;
  for (const Json& item : items) {
    Members one(item, "item");
    one.text("case");
    const Bytes cms = one.base64("review");
    YZ_TRY(one.check());
    reviews.push_back(YZ_TRY(open_review(cms)));
  }
  return reviews;
}

Result<Time> begin_on(const std::string& text) {
  const Time now = SystemClock().now();
  if (text.empty()) return now;
  const std::optional<Day> day = find_day(text);
  if (!day) return Refusal{Reason::kBadRequest, "日期須如 2026-12-01：" + text};
  return std::max(now, begin_of(*day));
}

struct Sorted {
  DirectoryChange change;
  std::vector<std::string> later;  // not in effect by then
};

// Whom management's file names is judged again by what the agency and the centre have signed.
Result<Sorted> sort_out(const Directory& directory, const DraftOptions& options) {
  const Time at = YZ_TRY(begin_on(options.on));
  Sorted sorted{{{}, {}, {directory.version() + 1, at, at + (directory.expires() -
                                                            directory.issued())}},
                {}};
  for (const std::string& file : options.issued) {
    const Bytes pem = read_file(file, kCertificateBytesMax);
    sorted.change.issued.push_back(YZ_TRY(Certificate::parse_pem(text_of(pem))));
  }
  for (const SignedChangeReview& review : YZ_TRY(read_approved(options.approved))) {
    const SignedChangeRequest& change = review.review.change;
    const ChangeRequest& request = change.request;
    if (at < effective_time(request)) {
      sorted.later.push_back(request.agency.text() + " 自 " + text_of(request.effective) + " 起");
      continue;
    }
    if (is_in_effect(request, directory, at)) continue;
    YZ_TRY(check_requester(change, directory));
    YZ_TRY(check_reviewer(review, directory));
    sorted.change.requests.push_back(request);
  }
  return sorted;
}

struct Next {
  const Directory& before;
  const Directory& after;
  std::vector<std::string> later;  // what is not in it yet
};

Exit write_next(const Session& session, const Next& next, const std::string& into) {
  const Directory& after = next.after;
  const Bytes content = canonical_json(after.describe());
  write_durably(into, content, 0644);
  const std::vector<std::string> changes = changes_between(next.before, after);
  if (session.json) {
    session.print({{"version", after.version()},
                   {"issued", after.issued().text()},
                   {"expires", after.expires().text()},
                   {"changes", changes},
                   {"later", next.later},
                   {"sha256", sha256(content).hex()}});
    return Exit::kDone;
  }
  session.out() << "通訊目錄第 " << after.version() << " 版，" << roc_time(after.issued().text())
                << " 起，效期至 " << roc_time(after.expires().text()) << "\n異動：\n";
  for (const std::string& line : changes) session.out() << "  " << shown_text(line) << "\n";
  for (const std::string& line : next.later) {
    session.out() << "未屆生效日，不在此版：" << shown_text(line) << "\n";
  }
  session.out() << "已寫入 " << into << "\n接著：yizhan directory sign " << into << " …\n";
  return Exit::kDone;
}

Result<Exit> draft(Session& session, const DraftOptions& options) {
  const Directory before = YZ_TRY(read_directory(options.in_force));
  const Sorted sorted = YZ_TRY(sort_out(before, options));
  if (sorted.change.requests.empty()) {
    return Refusal{Reason::kNotFound, "沒有屆生效日而尚未登錄之異動"};
  }
  const Directory after = YZ_TRY(changed_directory(before, sorted.change));
  return write_next(session, {before, after, sorted.later}, options.into);
}

using ByCode = std::map<std::string, Json*>;

ByCode by_code(Json& parties) {
  ByCode found;
  for (Json& party : parties) found.emplace(party.at("code").get<std::string>(), &party);
  return found;
}

// "AGENCY=ABOVE"; nothing after the sign: nobody is above it.
Result<void> put_above(const ByCode& agencies, const std::string& text, char sign) {
  const std::size_t at = text.find(sign);
  if (at == std::string::npos) {
    return Refusal{Reason::kBadRequest,
                   std::string("須如 機關代碼") + sign + "上級機關代碼：" + text};
  }
  const auto agency = agencies.find(text.substr(0, at));
  if (agency == agencies.end()) return Refusal{Reason::kUnknownAgency, text.substr(0, at)};
  const std::string above = text.substr(at + 1);
  if (above.empty()) {
    agency->second->erase("supervisor");
  } else {
    (*agency->second)["supervisor"] = above;
  }
  return {};
}

Result<void> put_list_above(const ByCode& agencies, const std::string& file) {
  const Bytes bytes = read_file(file, kListBytesMax);
  std::istringstream lines{std::string(text_of(bytes))};
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) YZ_TRY(put_above(agencies, line, ','));
  }
  return {};
}

// "CENTRE=KIND" or "CENTRE=KIND:AGENCY". Whether they fit is for Directory::parse().
Result<void> describe_centre(const ByCode& centres, const std::string& text) {
  const std::size_t at = text.find('=');
  const auto centre = centres.find(text.substr(0, at));
  if (centre == centres.end()) return Refusal{Reason::kUnknownCentre, text.substr(0, at)};
  const std::string said = at == std::string::npos ? "" : text.substr(at + 1);
  const std::size_t colon = said.find(':');
  const std::string kind = said.substr(0, colon);
  if (!find_centre_kind(kind)) {
    return Refusal{Reason::kBadRequest, "型態須為 shared、self_managed 或 self_built：" + text};
  }
  (*centre->second)["kind"] = kind;
  centre->second->erase("run_by");
  if (colon != std::string::npos) (*centre->second)["run_by"] = said.substr(colon + 1);
  return {};
}

Result<Exit> arrange(Session& session, const ArrangeOptions& options) {
  const Directory before = YZ_TRY(read_directory(options.in_force));
  Json json = before.describe();
  const ByCode agencies = by_code(json["agencies"]), centres = by_code(json["centres"]);
  if (!options.list.empty()) YZ_TRY(put_list_above(agencies, options.list));
  for (const std::string& text : options.supervisors) YZ_TRY(put_above(agencies, text, '='));
  for (const std::string& text : options.centres) YZ_TRY(describe_centre(centres, text));
  if (json == before.describe()) return Refusal{Reason::kNotFound, "沒有異動"};
  const Time now = SystemClock().now();
  json["version"] = before.version() + 1;
  json["issued"] = now.text();
  json["expires"] = (now + (before.expires() - before.issued())).text();
  const Directory after = YZ_TRY(Directory::parse(canonical_json(json)));
  return write_next(session, {before, after, {}}, options.into);
}

// As every node will read it: what they would refuse is not signed.
Result<Exit> sign(Session& session, const SignOptions& options) {
  const Bytes content = read_file(options.file, kDirectoryBytesMax);
  const Directory directory = YZ_TRY(Directory::parse(content));
  SoftwareKey key = YZ_TRY(read_officer_key(options.key));
  const Bytes signed_bytes = YZ_TRY(sign_directory(directory, key, SystemClock().now()));
  write_durably(options.into, signed_bytes, 0644);
  if (session.json) {
    session.print({{"version", directory.version()}, {"sha256", sha256(signed_bytes).hex()}});
    return Exit::kDone;
  }
  session.out() << "已簽署通訊目錄第 " << directory.version() << " 版：" << options.into
                << "\nSHA-256：" << sha256(signed_bytes).hex()
                << "\n接著：yizhan distribution add 派送資料夾 directory/directory.p7m "
                << options.into << "\n";
  return Exit::kDone;
}

}  // namespace

void add_in_force_options(CLI::App& app, InForce& options) {
  app.add_option("--directory", options.directory, "現行之已簽署通訊目錄")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--officer", options.officer, "簽署目錄者之憑證（PEM）")
      ->required()
      ->check(CLI::ExistingFile);
}

void add_arrange_command(CLI::App& directory, Session& session) {
  auto arranged = add_command<ArrangeOptions>(
      directory, "arrange", "由現行目錄產生次一版：載明上級機關、交換中心之型態及主管機關");
  ArrangeOptions& options = *arranged.options;
  CLI::App& app = *arranged.app;
  add_in_force_options(app, options.in_force);
  app.add_option("--supervisor", options.supervisors,
                 "機關代碼=上級機關代碼；可重複，等號後空白即無上級機關");
  app.add_option("--supervisors", options.list, "檔案，每行「機關代碼,上級機關代碼」")
      ->check(CLI::ExistingFile);
  app.add_option("--centre", options.centres,
                 "中心代碼=型態[:主管機關代碼]；型態為 shared（共用）、self_managed（自管）或 "
                 "self_built（自建）；可重複");
  app.add_option("--into", options.into, "寫入之檔案")->required();
  arranged
      .example(
          "  yizhan directory arrange --directory directory.p7m --officer directory.crt \\\n"
          "      --supervisor A01010000A=A01000000A --centre CENTRE-1=self_managed:A01000000A \\\n"
          "      --into directory.json")
      .runs(session, arrange);
}

void add_directory_commands(CLI::App& app, Session& session) {
  CLI::App* directory = app.add_subcommand("directory", "通訊目錄：產生次一版，並簽署");
  directory->group("管理層")->require_subcommand(1);
  auto drafted = add_command<DraftOptions>(
      *directory, "draft", "由現行目錄及已核定、已屆生效日之連線異動，產生次一版");
  DraftOptions& options = *drafted.options;
  CLI::App& draft_app = *drafted.app;
  add_in_force_options(draft_app, options.in_force);
  draft_app.add_option("--approved", options.approved, "已核定之異動（management approved）")
      ->required()
      ->check(CLI::ExistingFile);
  draft_app.add_option("--issued", options.issued, "為申請檔核發之憑證（PEM）；可重複")
      ->check(CLI::ExistingFile);
  draft_app.add_option("--on", options.on, "於何日公布，如 2026-12-01；預設為現在");
  draft_app.add_option("--into", options.into, "寫入之檔案")->required();
  drafted
      .example(
          "  yizhan directory draft --directory directory.p7m --officer directory.crt \\\n"
          "      --approved 核定.json --issued sign.crt --issued encrypt.crt --issued tls.crt \\\n"
          "      --into directory.json")
      .runs(session, draft);
  add_arrange_command(*directory, session);
  auto signing = add_command<SignOptions>(*directory, "sign", "以目錄之簽署金鑰簽署一版通訊目錄");
  signing.app->add_option("file", signing.options->file, "目錄（JSON）")
      ->required()
      ->check(CLI::ExistingFile);
  add_officer_key_options(*signing.app, signing.options->key);
  signing.app->add_option("--into", signing.options->into, "寫入之檔案")->required();
  signing.runs(session, sign);
}

}  // namespace yizhan
