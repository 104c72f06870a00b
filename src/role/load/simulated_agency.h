#pragma once

#include <memory>
#include <mutex>

#include "model/line/line.h"
#include "role/load/ledger.h"
#include "role/load/letter.h"
#include "role/load/surroundings.h"
#include "way/open/open.h"

namespace yizhan {

struct AgencyKeys {
  std::shared_ptr<SoftwareKey> sign, encrypt, tls;  // shared_ptr: TLS handles of threads hold one
};

// Throws when they can not be read.
AgencyKeys read_agency_keys(const std::filesystem::path& folder, const OrgCode& code);

// What is ready to go: the package, and what the ledger must know of it.
struct SealedLetter {
  SealedPackage package;
  FileHandle cipher;
  SentDocument document;
};

// What a terminal is to its centre, without a database: it forgets everything when it ends.
class SimulatedAgency {
 public:
  SimulatedAgency(Surroundings& surroundings, OrgCode code, AgencyKeys keys);

  [[nodiscard]] const OrgCode& code() const { return code_; }
  [[nodiscard]] Correspondent correspondent() const;

  // A connection opens with the first question and is kept until it is closed here.
  void close();

  Result<SealedLetter> seal(const PlannedDocument& plan, std::vector<Correspondent> recipients);
  // In one request, or group by group. Asks again while the centre can not answer, for half a
  // minute. The ledger learns how it went. true: accepted.
  bool submit(const SealedLetter& letter, Ledger& ledger);

  struct Served {
    int received = 0;  // documents that were waited for
    int decided = 0;   // of those sent
  };
  // One question for news, and what it brings: evidence is verified, documents are fetched,
  // opened, completed (E.1) and confirmed (F.1). One thread at a time.
  Result<Served> serve(std::chrono::seconds wait, Ledger& ledger);
  // Passes over all news that there is.
  Result<void> catch_up();

 private:
  struct Errand {
    NewsEntry news;
    Sha256 header;  // as D.1 states it
    int attempts = 0;
  };

  const CryptoPolicy& policy() const { return surroundings_.trust.policy(); }
  std::shared_ptr<CentreLine> line();
  Result<SubmissionAnswer> hand_in(const SealedLetter& letter);
  Result<SubmissionAnswer> upload(const SealedLetter& letter, SubmissionAnswer answer);
  Result<void> take(const NewsEntry& news, Ledger& ledger, Served& served);
  Result<void> take_consignment(const NewsEntry& news, Ledger& ledger);
  Result<void> take_evidence(const NewsEntry& news, Ledger& ledger, Served& served);
  Result<Receipt> receive(const Errand& errand);
  Result<FileHandle> fetch(const DeliveryId& delivery, const Consignment& consignment);
  Result<void> finish(const NewsEntry& news, const Consignment& consignment,
                      const ProvenPackage& package);
  Result<void> keep_asking(const std::function<Result<State>()>& question);

  Surroundings& surroundings_;
  const OrgCode code_;
  const AgencyKeys keys_;
  const TerminalIdentity identity_;
  const Checking checking_;
  std::mutex mutex_;  // of line_
  // shared_ptr: a question under way keeps the line that it began with.
  std::shared_ptr<CentreLine> line_;
  NewsCursor cursor_;
  std::vector<Errand> errands_;  // to be tried again
};

}  // namespace yizhan
