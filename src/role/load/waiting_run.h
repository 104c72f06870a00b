#pragma once

#include <atomic>
#include <functional>

#include "ground/net/net.h"
#include "role/load/simulated_agency.h"
#include "role/load/wake_book.h"

// Terminals that wait for mail, all of them connected at once, and how soon mail wakes them.

namespace yizhan {

struct WaitingPlan {
  std::size_t terminals = 0;
  std::filesystem::path key = {};  // PEM: the TLS key of all of them, and one of its certificates
  std::chrono::milliseconds rest = std::chrono::seconds{30};  // while nothing happens
  std::int64_t documents = 100;                               // to one terminal each, one by one
  std::size_t fan_out = 0;                                    // terminals of one more document
  std::uint64_t bytes = 10 * 1024;                            // of a document
  std::chrono::milliseconds drain = std::chrono::minutes{2};  // patience while nothing happens
};

// A phase in a line, for people.
std::string text_of_phase(const Json& phase);

class WaitingRun {
 public:
  // What has come about, at each of its phases: {"phase": "waiting"} when all wait, "rested",
  // "woken", "fanned_out". Whoever is told may look at the centre meanwhile.
  using Tell = std::function<void(const Json& phase)>;

  // Throws when a file can not be used, when the directory has too few agencies with that key, and
  // when the system does not let this process hold so many connections.
  WaitingRun(WaitingPlan plan, const LoadFiles& files, Tell tell);

  // Whether every terminal was woken by each document that was for it, once, in time.
  bool run();

 private:
  void choose_terminals();
  [[nodiscard]] CrowdPlan crowd_plan() const;
  CrowdAsking asking();
  void answered(std::size_t terminal, const Response& response);
  void wait_for_all();
  void rest();
  bool wake_one_by_one();
  bool wake_many();

  // What one document did.
  struct Woken {
    std::vector<std::uint32_t> from_submission, from_acceptance, from_consignment;  // microseconds
    std::size_t missing = 0, twice = 0, wrong = 0;

    void add(Woken more);
    [[nodiscard]] bool is_right() const { return missing + twice + wrong == 0; }
    [[nodiscard]] Json describe(const std::string& phase) const;
  };
  Woken send(const std::vector<std::size_t>& to);
  // The terminal that it reached was meant, and its centre says so.
  [[nodiscard]] Result<Time> consigned(const Wake& wake) const;

  struct Terminal {
    OrgCode code;
    CrowdMember member;
    NewsCursor cursor = {};  // the crowd's thread's
  };

  const WaitingPlan plan_;
  const Tell tell_;
  Surroundings surroundings_;
  SimulatedAgency sender_;
  const std::shared_ptr<SoftwareKey> key_;  // shared_ptr: TLS handles hold one
  std::vector<Terminal> terminals_;
  WakeBook book_;
  Ledger ledger_;
  std::atomic<std::int64_t> answers_ = 0;
  std::atomic<std::int64_t> lost_ = 0;
  std::int64_t number_ = 0;  // of documents
  std::unique_ptr<ClientCrowd> crowd_;
};

}  // namespace yizhan
