#include "role/terminal/inspection.h"

namespace yizhan {

Result<void> EngineScanner::scan(const Part& part, const FileHandle& file) {
  YZ_TRY(inspector_.inspect_part(part.name, file, ContentPolicy{}));
  ClamdSession session = YZ_TRY(engine_.open());
  YZ_TRY(watch_.ready(session));
  return check_clean(YZ_TRY(session.scan(file.descriptor())));
}

}  // namespace yizhan
