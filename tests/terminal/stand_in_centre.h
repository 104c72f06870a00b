#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "ground/antivirus/antivirus.h"
#include "ground/net/net.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey.h"

// The centre's side of docs/protocol/terminal-centre.md, just enough to give a terminal somebody to
// talk to over a real line: it checks, states, consigns and remembers in memory, and can be told to
// misbehave. The real one is proven by tests/world.

namespace yizhan {

class StandInCentre {
 public:
  struct Parts {
    CentreIdentity identity;
    SigningKey& evidence_key;
    SigningKey& scanner_key;
    const Directory& directory;
    const Trust& trust;
    const Clock& clock;
    std::filesystem::path folder;  // for sockets
  };

  struct Consigned {
    DeliveryId id;
    MessageKey message;
    Addressee recipient;
    Consignment consignment;
    Bytes body;
    State state = State::kConsigned;
    std::vector<SignedStatement> evidence;  // E and F, as they came
  };

  explicit StandInCentre(Parts parts);

  // Where the terminal of that agency finds it.
  Endpoint door_for(const OrgCode& org);

  // Misbehaviour, asked when it matters.
  ScanResult verdict = ScanResult::kClean;
  bool leave_out_verdict = false;
  bool out_of_order = false;  // answers 503 to everything
  bool forgetful = false;  // of what it has consigned, as a store from an older copy is
  bool forgets_leases = false;  // answers 404 to who fetches
  std::optional<Comeback> comeback = {};  // as its news tell
  int groups_until_break = -1;
  std::function<void(Consigned&)> before_lease = [](Consigned&) {};
  std::function<void(Bytes&)> before_group = [](Bytes&) {};
  bool sends_bodies = true;  // with the lease, where asked for; else they are fetched by groups

  [[nodiscard]] std::vector<Consigned>& consigned() { return consigned_; }
  // Which receipt it took last, as the terminal says that asked for news last.
  [[nodiscard]] const std::string& receipt_asked() const { return receipt_asked_; }
  [[nodiscard]] int accepted_count() const { return accepted_; }
  [[nodiscard]] int groups_received() const { return groups_received_; }
  [[nodiscard]] const std::vector<SignedWithdrawal>& withdrawals() const { return withdrawals_; }
  void announce(const Statement& statement, const std::string& delivery = "");
  // What was consigned under that name has another from now on.
  void rename(const DeliveryId& before, const DeliveryId& now) { find(before.text())->id = now; }

 private:
  struct Submission {
    Envelope envelope;
    SealedHeader sealed;
    Bytes body;
    std::string state = "receiving";
    std::optional<Reason> reason;
    std::size_t groups = 0;
  };
  struct Door {
    Router router;
    std::unique_ptr<Server> server;
  };

  void add_routes(Router& router, const OrgCode& org);
  Response submit(const Request& request);
  Response put_group(const Request& request);
  Response news(const OrgCode& org, const Request& request);
  Response lease(const Request& request);
  Response group(const Request& request);
  Response take_evidence(const Request& request);
  Response withdraw(const Request& request);
  Response answer(const std::string& id) const;
  void accept(Submission& submission);
  SignedStatement state(Statement statement);
  Statement statement_for(EvidenceType type, const SealedHeader& sealed) const;
  SignedVerdict judge(const SealedHeader& sealed) const;
  void tell(const OrgCode& reader, Bytes evidence, const Json& about);
  Consigned* find(const std::string& delivery);

  Parts parts_;
  std::mutex mutex_;
  std::map<std::string, Submission> submissions_;
  std::map<OrgCode, Json> news_;
  std::vector<Consigned> consigned_;
  std::vector<SignedWithdrawal> withdrawals_;
  std::string receipt_asked_;
  int accepted_ = 0;
  int groups_received_ = 0;
  std::vector<std::unique_ptr<Door>> doors_;  // last: the servers stop before the rest goes
};

}  // namespace yizhan
