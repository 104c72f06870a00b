#include "role/terminal/inspection.h"

namespace yizhan {

Result<void> EngineScanner::scan(const Part& part, const FileHandle& file) {
  YZ_TRY(watch_.ready());
  YZ_TRY(inspector_.inspect_part(part.name, file, ContentPolicy{}));
  const ScanAnswer answer = YZ_TRY(engine_.scan(file.descriptor()));
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

}  // namespace yizhan
