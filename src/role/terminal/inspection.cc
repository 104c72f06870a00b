#include "role/terminal/inspection.h"

namespace yizhan {

Result<ScannedPart> EngineScanner::scan(const Part& part, const FileHandle& file) {
  YZ_TRY(watch_.ready());
  const ContentFacts facts = YZ_TRY(inspector_.inspect_part(part.name, file, ContentPolicy{}));
  const ScanAnswer answer = YZ_TRY(engine_.scan(file.descriptor()));
  YZ_TRY(check_clean(answer));
  return ScannedPart{.active_content = facts.active_content};
}

}  // namespace yizhan
