#include "ground/journal/process_record.h"

#include "ground/crypto/crypto.h"

namespace yizhan {

ProcessRecord::ProcessRecord(Database& database, const Journal& journal, const Clock& clock,
                             const Facts& facts)
    : database_(database), journal_(journal), clock_(clock), program_(facts.program) {
  const std::string configuration = sha256(bytes_of(facts.configuration)).hex();
  database_.transact([&](Transaction& tx) {
    journal_.record(tx, Event::kProcessStarted,
                    {{"program", program_},
                     {"version", facts.version},
                     {"configuration_sha256", configuration}},
                    clock_.now());
  });
}

ProcessRecord::~ProcessRecord() {
  try {
    database_.transact([&](Transaction& tx) {
      journal_.record(tx, Event::kProcessStopped, {{"program", program_}, {"reason", "asked"}},
                      clock_.now());
    });
  } catch (const StoreError&) {
    return;
  }
}

}  // namespace yizhan
