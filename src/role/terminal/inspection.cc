#include "role/terminal/inspection.h"

namespace yizhan {

Result<ScannedPart> EngineScanner::scan(const Part& part, const FileHandle& file) {
  const Result<ContentFacts> facts = inspector_.inspect_part(part.name, file, ContentPolicy{});
  // Officers may have let pass an archive that nobody can look into: what the engine finds in it
  // all the same weighs more.
  if (!facts && facts.reason() != Reason::kArchiveEncrypted) return facts.refusal();
  ClamdSession session = YZ_TRY(engine_.open());
  YZ_TRY(watch_.ready(session));
  const ScanAnswer answer = YZ_TRY(session.scan(file.descriptor()));
  YZ_TRY(check_clean(answer));
  if (!facts) return facts.refusal();
  return ScannedPart{.active_content = facts->active_content};
}

}  // namespace yizhan
