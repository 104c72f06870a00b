#pragma once

#include <mutex>
#include <set>
#include <variant>

#include "ground/crypto/crypto.h"
#include "model/agency/agency.h"
#include "model/host/host.h"

namespace yizhan {

// Who says something of itself: an agency's node, or a centre.
class ReportingNode {
 public:
  ReportingNode(OrgCode agency) : code_(std::move(agency)) {}
  ReportingNode(CentreCode centre) : code_(std::move(centre)) {}

  [[nodiscard]] const OrgCode* agency() const { return std::get_if<OrgCode>(&code_); }
  [[nodiscard]] const CentreCode* centre() const { return std::get_if<CentreCode>(&code_); }
  [[nodiscard]] const std::string& text() const {
    return std::visit([](const auto& code) -> const std::string& { return code.text(); }, code_);
  }
  auto operator<=>(const ReportingNode&) const = default;

 private:
  std::variant<OrgCode, CentreCode> code_;
};

// What a node says of what it has applied, to whoever is above it.
struct DistributionReport {
  ReportingNode node;
  std::int64_t timestamp;   // version of the one under which it came
  std::int64_t directory;   // version in force
  Sha256 directory_sha256;  // of its signed bytes
  Time time;                // when the node says so
  std::string failed = {};  // the code of why what came since was refused; "": nothing was
  std::string running = {};   // the version of the product that runs; "": an earlier one's report
  std::string verified = {};  // the newest release whose check codes hold; "": none
  HostWord host = {};

  static Result<DistributionReport> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

struct SignedReport {
  Bytes cms;
  DistributionReport report;
  Certificate signer;

  static constexpr std::size_t kBytesMax = 16U << 10;
  [[nodiscard]] Json describe() const;
};

// By the key that signs the agency's documents, or the centre's evidence. Refuses as cms_sign().
Result<SignedReport> sign_report(const DistributionReport& report, SigningKey& key);
// Whose key it is remains to be judged. Refuses as cms_verify() and DistributionReport::parse().
Result<SignedReport> open_report(ByteView cms);
// Signed with a key that was registered for the node when it was. Refuses as find_registered().
Result<void> check_reporter(const SignedReport& report, const Directory& directory);

// The last report of each agency, in a folder. Any thread.
class ReportShelf {
 public:
  explicit ReportShelf(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Keeps it, unless there is a later one. Refuses kForbidden (of another agency), as open_report()
  // and as find_registered(): nobody can speak for another, nor deny what he has signed.
  Result<void> take(ByteView cms, const OrgCode& from, const Directory& directory) const;
  // In the order of their codes. What can not be read is left out.
  [[nodiscard]] std::vector<SignedReport> all() const;
  [[nodiscard]] std::optional<SignedReport> find(const std::string& agency) const;
  // The agencies whose report has come since this was asked last; at first all that are there.
  [[nodiscard]] std::set<std::string> take_fresh() const;

 private:
  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  mutable bool asked_ = false;
  mutable std::set<std::string> fresh_;
};

}  // namespace yizhan
