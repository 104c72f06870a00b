#include "role/terminal/inspection.h"

namespace yizhan {

Result<void> EngineScanner::scan(const Part& part, const FileHandle& file) {
  YZ_TRY(watch_.ready());
  YZ_TRY(inspector_.inspect_part(part.name, file, ContentPolicy{}));
  return check_clean(YZ_TRY(engine_.scan(file.descriptor())));
}

}  // namespace yizhan
