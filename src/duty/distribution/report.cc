#include "duty/distribution/report.h"

#include "ground/control/control.h"
#include "ground/files/files.h"
#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-distribution-report-1";
constexpr std::string_view kSuffix = ".p7m";

// Its own registered key, as of when it was signed.
Result<void> check_signer(const SignedReport& report, const Directory& directory) {
  const Agency* agency = directory.find(report.report.node);
  if (agency == nullptr) return Reason::kCertificateUnregistered;
  YZ_TRY(find_registered(agency->certificates, Purpose::kSign, report.signer.sha256(),
                         report.report.time));
  return {};
}

}  // namespace

Result<DistributionReport> DistributionReport::parse(ByteView bytes) {
  const Json json =
      YZ_TRY(parse_json(bytes, {.bytes_max = SignedReport::kBytesMax, .depth_max = 2}));
  Members m(json, "report");
  const std::string format = m.text("format");
  const auto node = m.parsed<OrgCode>("node", OrgCode::parse);
  const std::int64_t timestamp = m.integer("timestamp", {.min = 1});
  const std::int64_t directory = m.integer("directory", {.min = 1});
  const Sha256 sha256 = m.sha256("directory_sha256");
  const Time time = m.time("time");
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, format};
  return DistributionReport{*node, timestamp, directory, sha256, time};
}

Bytes DistributionReport::json() const {
  return canonical_json({{"format", kFormat},
                         {"node", node.text()},
                         {"timestamp", timestamp},
                         {"directory", directory},
                         {"directory_sha256", directory_sha256.hex()},
                         {"time", time.text()}});
}

Json SignedReport::describe() const {
  return {{"node", report.node.text()},    {"timestamp", report.timestamp},
          {"directory", report.directory}, {"directory_sha256", report.directory_sha256.hex()},
          {"time", report.time.text()},    {"cms", to_base64(cms)}};
}

Result<SignedReport> sign_report(const DistributionReport& report, SigningKey& key) {
  return open_report(YZ_TRY(cms_sign(report.json(), key, KeyUse::kEvidence, report.time)));
}

Result<SignedReport> open_report(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, SignedReport::kBytesMax));
  DistributionReport report = YZ_TRY(DistributionReport::parse(opened.content));
  return SignedReport{copy_of(cms), std::move(report), opened.signer};
}

Result<void> ReportShelf::take(ByteView cms, const OrgCode& from,
                               const Directory& directory) const {
  const SignedReport fresh = YZ_TRY(open_report(cms));
  if (fresh.report.node != from) return Refusal{Reason::kForbidden, fresh.report.node.text()};
  YZ_TRY(upheld("report_signer", check_signer(fresh, directory)));
  const std::string name = from.text() + std::string(kSuffix);
  const auto kept = find(name);
  if (kept && kept->report.time > fresh.report.time) return {};
  make_directory(folder_);
  write_durably(folder_ / name, cms);
  return {};
}

std::optional<SignedReport> ReportShelf::find(const std::string& name) const {
  const auto bytes = find_file(folder_ / name, SignedReport::kBytesMax);
  if (!bytes) return std::nullopt;
  Result<SignedReport> report = open_report(*bytes);
  return report ? std::optional(std::move(*report)) : std::nullopt;
}

std::vector<SignedReport> ReportShelf::all() const {
  std::vector<SignedReport> reports;
  for (const std::string& name : list_files(folder_)) {
    if (auto report = find(name)) reports.push_back(std::move(*report));
  }
  return reports;
}

}  // namespace yizhan
