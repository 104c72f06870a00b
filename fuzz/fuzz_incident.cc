#include "duty/incident/incident_report.h"
#include "fuzz/fuzzing.h"

// What a centre says of an incident, as management reads it.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  require_round_trip<IncidentReport>(ByteView(data, size));
  return 0;
}
