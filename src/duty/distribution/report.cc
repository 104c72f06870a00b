#include "duty/distribution/report.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/files/files.h"
#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-distribution-report-1";
constexpr const char* kSuffix = ".p7m";

constexpr std::size_t kCodeBytesMax = 64;

constexpr std::size_t kVersionBytesMax = 32;

// "1.4.0"
std::optional<std::string> parse_version(std::string_view text) {
  const bool is_version =
      !text.empty() && text.size() <= kVersionBytesMax && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || c == '.';
      });
  return is_version ? std::optional(std::string(text)) : std::nullopt;
}

// Of this program's time or a later one's.
std::optional<std::string> parse_code(std::string_view text) {
  const bool is_code =
      !text.empty() && text.size() <= kCodeBytesMax && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      });
  return is_code ? std::optional(std::string(text)) : std::nullopt;
}

// What an empty text leaves out.
void add_texts(const DistributionReport& report, Json& all) {
  for (const auto& [name, text] : {std::pair("failed", &report.failed),
                                   {"running", &report.running},
                                   {"verified", &report.verified}}) {
    if (!text->empty()) all[name] = *text;
  }
  if (report.host.edition != 0) all["host"] = report.host.describe();
}

Result<void> find_key(const SignedReport& report, const Certificates& registered, Purpose purpose) {
  YZ_TRY(find_registered(registered, purpose, report.signer.sha256(), report.report.time));
  return {};
}

// Its own registered key, as of when it was signed.
Result<void> check_signer(const SignedReport& report, const Directory& directory) {
  if (const CentreCode* code = report.report.node.centre()) {
    const Centre* centre = directory.find(*code);
    if (centre == nullptr) return Reason::kCertificateUnregistered;
    return find_key(report, centre->certificates, Purpose::kEvidence);
  }
  const Agency* agency = directory.find(*report.report.node.agency());
  if (agency == nullptr) return Reason::kCertificateUnregistered;
  return find_key(report, agency->certificates, Purpose::kSign);
}

// Whose report is there.
std::set<std::string> kept_names(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const std::string& file : list_files(folder)) {
    if (file.ends_with(kSuffix)) names.insert(std::filesystem::path(file).stem().string());
  }
  return names;
}

}  // namespace

Result<DistributionReport> DistributionReport::parse(ByteView bytes) {
  const Json json =
      YZ_TRY(parse_json(bytes, {.bytes_max = SignedReport::kBytesMax, .depth_max = 4}));
  Members m(json, "report");
  const std::string format = m.text("format");
  const bool of_centre = m.has("centre");
  const auto agency = of_centre ? std::nullopt : m.parsed<OrgCode>("node", OrgCode::parse);
  const auto centre = of_centre ? m.parsed<CentreCode>("centre", CentreCode::parse) : std::nullopt;
  const std::int64_t timestamp = m.integer("timestamp", {.min = 1});
  const std::int64_t directory = m.integer("directory", {.min = 1});
  const Sha256 sha256 = m.sha256("directory_sha256");
  const Time time = m.time("time");
  std::string failed;
  if (m.has("failed")) failed = m.parsed<std::string>("failed", parse_code).value_or("");
  std::string running, verified;
  if (m.has("running")) running = m.parsed<std::string>("running", parse_version).value_or("");
  if (m.has("verified")) verified = m.parsed<std::string>("verified", parse_version).value_or("");
  const Json no_host = Json::object();
  const Json& host_json = m.has("host") ? m.object("host") : no_host;
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, format};
  HostWord host;
  if (!host_json.empty()) host = YZ_TRY(HostWord::parse(host_json));
  // A centre is named by another member: no code is read as the other kind's.
  const ReportingNode node = of_centre ? ReportingNode(*centre) : ReportingNode(*agency);
  return DistributionReport{node,
                            timestamp,
                            directory,
                            sha256,
                            time,
                            std::move(failed),
                            std::move(running),
                            std::move(verified),
                            std::move(host)};
}

Bytes DistributionReport::json() const {
  Json all = {{"format", kFormat},
              {node.centre() != nullptr ? "centre" : "node", node.text()},
              {"timestamp", timestamp},
              {"directory", directory},
              {"directory_sha256", directory_sha256.hex()},
              {"time", time.text()}};
  add_texts(*this, all);
  return canonical_json(all);
}

Json SignedReport::describe() const {
  Json all = {{"node", report.node.text()},    {"timestamp", report.timestamp},
              {"directory", report.directory}, {"directory_sha256", report.directory_sha256.hex()},
              {"time", report.time.text()},    {"cms", to_base64(cms)}};
  add_texts(report, all);
  return all;
}

Result<SignedReport> sign_report(const DistributionReport& report, SigningKey& key) {
  return open_report(YZ_TRY(cms_sign(report.json(), key, KeyUse::kEvidence, report.time)));
}

Result<SignedReport> open_report(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, SignedReport::kBytesMax));
  DistributionReport report = YZ_TRY(DistributionReport::parse(opened.content));
  return SignedReport{copy_of(cms), std::move(report), opened.signer};
}

Result<void> check_reporter(const SignedReport& report, const Directory& directory) {
  return upheld("report_signer", check_signer(report, directory));
}

Result<void> ReportShelf::take(ByteView cms, const OrgCode& from,
                               const Directory& directory) const {
  const SignedReport fresh = YZ_TRY(open_report(cms));
  if (fresh.report.node != ReportingNode(from))
    return Refusal{Reason::kForbidden, fresh.report.node.text()};
  YZ_TRY(check_reporter(fresh, directory));
  const auto kept = find(from.text());
  if (kept && kept->report.time > fresh.report.time) return {};
  make_directory(folder_);
  write_durably(folder_ / (from.text() + kSuffix), cms);
  const std::lock_guard lock(mutex_);
  fresh_.insert(from.text());
  return {};
}

std::optional<SignedReport> ReportShelf::find(const std::string& agency) const {
  const auto bytes = find_file(folder_ / (agency + kSuffix), SignedReport::kBytesMax);
  if (!bytes) return std::nullopt;
  Result<SignedReport> report = open_report(*bytes);
  return report ? std::optional(std::move(*report)) : std::nullopt;
}

std::set<std::string> ReportShelf::take_fresh() const {
  std::set<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    names = std::exchange(fresh_, {});
    if (std::exchange(asked_, true)) return names;
  }
  names.merge(kept_names(folder_));
  return names;
}

std::vector<SignedReport> ReportShelf::all() const {
  std::vector<SignedReport> reports;
  for (const std::string& name : kept_names(folder_)) {
    if (auto report = find(name)) reports.push_back(std::move(*report));
  }
  return reports;
}

}  // namespace yizhan
