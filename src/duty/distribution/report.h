#pragma once

#include "ground/crypto/crypto.h"
#include "model/agency/agency.h"

namespace yizhan {

// What an agency's node says of what it has applied, to the centre above it.
struct DistributionReport {
  OrgCode node;
  std::int64_t timestamp;   // version of the one under which it came
  std::int64_t directory;   // version in force
  Sha256 directory_sha256;  // of its signed bytes
  Time time;                // when the node says so

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

// By the key that signs the agency's documents. Refuses as cms_sign().
Result<SignedReport> sign_report(const DistributionReport& report, SigningKey& key);
// Whose key it is remains to be judged. Refuses as cms_verify() and DistributionReport::parse().
Result<SignedReport> open_report(ByteView cms);

// The last report of each agency, in a folder. Any thread.
class ReportShelf {
 public:
  explicit ReportShelf(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Keeps it, unless there is a later one. Refuses kForbidden (of another agency), as open_report()
  // and as find_registered(): nobody can speak for another, nor deny what he has signed.
  Result<void> take(ByteView cms, const OrgCode& from, const Directory& directory) const;
  // In the order of their codes. What can not be read is left out.
  [[nodiscard]] std::vector<SignedReport> all() const;

 private:
  [[nodiscard]] std::optional<SignedReport> find(const std::string& name) const;

  std::filesystem::path folder_;
};

}  // namespace yizhan
