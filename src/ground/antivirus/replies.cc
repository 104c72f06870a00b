#include "ground/antivirus/replies.h"

#include <algorithm>

namespace yizhan {

namespace {

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// "Thu Nov  5 09:28:03 2026", as ctime(3) writes it.
std::optional<Time> parse_ctime(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 24) return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(4, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  std::string day(text.substr(8, 2));
  std::replace(day.begin(), day.end(), ' ', '0');
  const std::string number = std::to_string(month / 3 + 1);
  const std::string rfc3339 = std::string(text.substr(20)) + "-" + (number.size() == 1 ? "0" : "") +
                              number + "-" + day + "T" + std::string(text.substr(11, 8)) + "Z";
  return Time::parse(rfc3339);
}

}  // namespace

Result<void> check_clean(const ScanAnswer& answer) {
  switch (answer.outcome) {
    case ScanOutcome::kClean:
      return {};
    case ScanOutcome::kInfected:
      return Refusal{Reason::kInfected, answer.name};
    case ScanOutcome::kLimits:
      return Refusal{Reason::kArchiveLimits, "超過掃毒引擎之上限，未能完整掃描"};
    case ScanOutcome::kEncrypted:
      return Refusal{Reason::kArchiveEncrypted, "內含加密檔案，無法掃描"};
  }
  return Reason::kScanIncomplete;
}

Result<EngineVersion> parse_version_reply(const std::string& answer) {
  if (!answer.starts_with("ClamAV ") || !is_printable(answer)) {
    return Refusal{Reason::kScannerUnavailable, "掃毒服務未回報版本。"};
  }
  const std::size_t first = answer.find('/');
  EngineVersion version{answer.substr(0, first), {}, {}};
  if (first == std::string::npos) return version;
  const std::size_t second = answer.find('/', first + 1);
  version.signatures_version = answer.substr(first + 1, second - first - 1);
  if (second != std::string::npos) version.signatures_time = parse_ctime(answer.substr(second + 1));
  return version;
}

Result<ScanAnswer> parse_scan_reply(std::string_view answer) {
  const Refusal unclear{Reason::kScanIncomplete, "掃毒引擎未給明確結果，視為未完成掃描。"};
  const std::size_t colon = answer.find("]: ");
  if (colon == std::string_view::npos || !answer.starts_with("fd[") ||
      !is_digits(answer.substr(3, colon - 3))) {
    return unclear;
  }
  std::string_view said = answer.substr(colon + 3);
  if (said == "OK") return ScanAnswer{ScanOutcome::kClean, {}};
  constexpr std::string_view kFound = " FOUND";
  if (!said.ends_with(kFound) || said.size() == kFound.size() || !is_printable(said)) {
    return unclear;
  }
  said.remove_suffix(kFound.size());
  const ScanOutcome outcome = said.starts_with("Heuristics.Limits.")      ? ScanOutcome::kLimits
                              : said.starts_with("Heuristics.Encrypted.") ? ScanOutcome::kEncrypted
                                                                          : ScanOutcome::kInfected;
  return ScanAnswer{outcome, std::string(said)};
}

}  // namespace yizhan
