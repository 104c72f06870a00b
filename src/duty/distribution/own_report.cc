#include "duty/distribution/own_report.h"

#include "ground/files/files.h"

namespace yizhan {

OwnReport::Said OwnReport::said_in(const DistributionReport& report) {
  return {report.directory, report.failed, {report.running, report.verified, report.host}};
}

Result<Bytes> OwnReport::say(const Said& what, std::int64_t timestamp) {
  if (const auto kept = find_file(parts_.file, SignedReport::kBytesMax)) {
    const Result<SignedReport> made = open_report(*kept);
    if (made && said_in(made->report) == what && made->signer == parts_.key->certificate()) {
      return *kept;
    }
  }
  const DistributionReport report{parts_.node,
                                  timestamp,
                                  what.directory,
                                  sha256(parts_.directory.signed_bytes()),
                                  parts_.clock.now(),
                                  what.failed,
                                  what.program.running,
                                  what.program.verified,
                                  what.program.host};
  const SignedReport made = YZ_TRY(sign_report(report, *parts_.key));
  make_directory(parts_.file.parent_path());
  write_durably(parts_.file, made.cms);
  return made.cms;
}

Result<std::optional<Bytes>> OwnReport::due(const FollowStanding& standing) {
  if (standing.version == 0) return std::optional<Bytes>();
  const std::string failed =
      standing.refused() ? std::string(code_of(standing.why->reason)) : std::string();
  said_ = {parts_.directory.current()->version(), failed, parts_.program()};
  if (said_ == handed_over_) return std::optional<Bytes>();
  return std::optional(YZ_TRY(say(said_, standing.version)));
}

}  // namespace yizhan
