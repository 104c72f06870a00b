#pragma once

#include <optional>
#include <string>

#include "ground/store/store.h"
#include "model/package/package.h"

namespace yizhan {

struct SubmissionNoun;
using SubmissionId = Id<SubmissionNoun>;

enum class SubmissionState { kReceiving, kAccepted, kRejected };

std::string_view text_of(SubmissionState state);

struct Submission {
  SubmissionId id;
  OrgCode org;
  std::string application_id;
  Sha256 header_sha256;
  Bytes envelope;  // JSON without the body; empty once it is decided
  SubmissionState state;
  std::optional<Reason> reason;
  Time created;
};

class SubmissionStore {
 public:
  // false: the agency has used that application id already.
  bool add(Transaction& tx, const Submission& submission);
  std::optional<Submission> find(Transaction& tx, const OrgCode& org,
                                 const std::string& application_id);
  std::optional<Submission> find(Transaction& tx, const SubmissionId& id);
  void decide(Transaction& tx, const Submission& submission);
};

}  // namespace yizhan
