#pragma once

#include <functional>
#include <vector>

#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"
#include "model/agency/agency.h"
#include "model/record/record.h"

namespace yizhan {

// How a party stands with its certificates for one purpose, by the one that ends last.
enum class CertificateState {
  kValid,     // for more than 90 days
  kEnding,    // within 90 days: whoever owes the next one is reminded
  kExpired,   // nothing is sealed for it and nothing of it is taken until it has another
  kUnlisted,  // and has been for three months: it is out of the address book
};
std::string_view text_of(CertificateState state);  // "valid", "ending", "expired", "unlisted"
CertificateState state_of(Time ends, Time now);

// The certificates of one party for one purpose.
struct CertificateLine {
  std::string layer;   // "exchange" or "terminal"
  std::string node;    // the code
  std::string name;    // of the party
  CentreCode centre;   // that serves it, or itself
  Purpose purpose;
  std::string holder;  // an officer's or a module's name, or empty
  Sha256 certificate;  // the one that ends last
  Time ends;

  [[nodiscard]] std::string party() const;    // "centre/CENTRE-1", "agency/A01000000A"
  [[nodiscard]] std::string subject() const;  // party, purpose and holder
};

// Of everybody who is not closed, in the order of their codes, centres first.
std::vector<CertificateLine> certificate_lines(const Directory& directory);

// Management's book of what ends when. Who has no later certificate 90 days before the end owes
// one, is reminded 60, 30, 14, 7 and 1 days before it (regulation/obligations.json), and is late
// from then on. A later certificate in the directory is the proof. Any thread, but for tend().
class CertificateBook {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const DirectorySource& directory;
    const Obligations& obligations;
    const Clock& clock;
  };

  explicit CertificateBook(Parts parts) : parts_(parts), facts_(parts.journal) {}

  // Opens and ends what is owed; does nothing while neither day nor directory is another. One
  // thread.
  void tend();

  // {items: [{layer, node, name, centre, purpose, holder?, certificate, ends, state}]}, of whom
  // `covers` says yes.
  using Covers = std::function<bool(const CertificateLine& line)>;
  [[nodiscard]] Json describe(const Covers& covers) const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  void open(Transaction& tx, const CertificateLine& line) const;
  void end_earlier(Transaction& tx, const CertificateLine& line,
                   const Certificates& registered) const;
  [[nodiscard]] const Certificates& registered(const Directory& directory,
                                               const CertificateLine& line) const;

  const Parts parts_;
  const Facts facts_;
  std::pair<std::int64_t, Day> tended_{0, {}};
};

}  // namespace yizhan
