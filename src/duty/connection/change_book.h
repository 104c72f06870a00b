#pragma once

#include "duty/connection/change_form.h"
#include "duty/connection/change_of_directory.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// Management's book of 連線異動申請表: each is a case, from what the agency signed, over what an
// officer of its centre found and what two of management decided, to the directory that says so.
// The signed bytes are kept as facts. Any thread.
class ChangeBook {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const DirectorySource& directory;
    const Clock& clock;
  };
  // Who asks. `scope`, as on the account, is whose cases there are to them: "", all; a centre's
  // code, an agency's.
  struct Actor {
    std::string who;
    std::set<std::string> roles;
    std::string scope;
  };

  explicit ChangeBook(Parts parts);

  // What an agency has signed; whoever brings it. The same again is the same case. Refuses
  // kRoleMissing (out of scope), kClockSkew, and as open_change(), check_requester() and
  // check_change().
  Result<Json> file(ByteView cms, const Actor& actor);
  // What its centre found, with the request: opens the case where there is none. The same again
  // changes nothing. Refuses as file(), open_review() and check_reviewer(), and kStepNotAllowed: it
  // was reviewed.
  Result<Json> review(ByteView cms, const Actor& actor);

  // 核定 takes two: who proposes, and another who confirms what they saw. Refuse kNotFound (out of
  // scope too), kConflict (another version by now; another change of the agency is approved
  // and not in effect; proposing: it waits for somebody already), as check_change() and Cases, and
  // confirming as Decisions.
  Result<Json> propose(const CaseId& id, std::int64_t version, const Actor& actor);
  struct Seen {
    JointDecisionId decision;
    Sha256 digest;
  };
  Result<Json> confirm(const CaseId& id, const Seen& seen, const Actor& actor);
  // One is enough to say no: "return" (the agency files anew), "refuse". Refuses as propose(), and
  // kBadRequest: another step, or no reason.
  struct Refusing {
    std::int64_t version;
    std::string step;
    std::string reason;
  };
  Result<Json> turn_down(const CaseId& id, const Refusing& refusing, const Actor& actor);

  // Notes which approved ones the directory in force has taken up, and ends proposals that nobody
  // confirmed. Call it every minute.
  void tend();

  // {time, items: [{case, state, version, agency, …}]}, what was changed last first; of one state,
  // or "".
  [[nodiscard]] Json describe(const std::string& scope, const std::string& state) const;
  // With its steps and the signed bytes. Refuses kNotFound.
  [[nodiscard]] Result<Json> describe(const CaseId& id, const std::string& scope) const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  [[nodiscard]] Result<Case> case_for(Transaction& tx, const SignedChangeRequest& change,
                                      const Json& form, const By& by) const;
  void keep(Transaction& tx, Fact fact, const By& by) const;
  void advance(Transaction& tx, const Case& one, const By& by) const;
  [[nodiscard]] Json line_of(Transaction& tx, const Case& one) const;
  [[nodiscard]] Result<Json> taken(Transaction& tx, const CaseMove& move, const By& by) const;

  const Parts parts_;
  const Facts facts_;
  const Decisions decisions_;
  const Cases cases_;
};

}  // namespace yizhan
