#pragma once

#include "tests/support/small_repository.h"

// What can come to a client's next update, each after one update that went well: the client
// workflow of TUF 1.0 §5 and the attacks of its §1.5.2 and of Uptane, one case each. Ours
// (src/ground/trust/client_test.cc) and tuf-js (tests/standards/tuf_js_test.cc) are both asked.

namespace yizhan {

struct RepositoryCase {
  std::string name;
  std::optional<Reason> refused;  // nullopt: the target is taken
  std::function<void(SmallRepository&)> happens;
  std::string target = SmallRepository::kDirectory;
  std::function<void(SmallRepository&)> before = {};  // the client's first update
  bool stricter = false;  // we refuse what the specification leaves to clients, and tuf-js takes
};

namespace cases {

using Repo = SmallRepository;
using Signers = Repo::Signers;

inline void set_version(Json& json, std::int64_t version) { json["version"] = version; }
inline std::int64_t version_in(const Json& json) { return json["version"].get<std::int64_t>(); }

// A next version of the directory role by these signers, listed by who has the online key.
inline void next_directory(Repo& repo, const Repo::Edit& edit, const Signers& signers) {
  repo.forge(
      "directory",
      [&](Json& json) {
        set_version(json, version_in(json) + 1);
        edit(json);
      },
      signers);
  repo.list("directory", version_in(repo.newest("directory").content()) + 1);
}

inline Repo::Edit nothing() {
  return [](Json&) {};
}
inline Repo::Edit expired(Repo& repo) {
  return [past = repo.past()](Json& json) { json["expires"] = past; };
}

inline void next_root(Repo& repo, const Repo::Edit& edit, const Signers& signers) {
  repo.forge(
      "root",
      [&](Json& json) {
        set_version(json, version_in(json) + 1);
        edit(json);
      },
      signers);
}

// Everything that hangs on the online key, by another one that the root names from now on.
inline void rotate_online(Repo& repo) {
  ASSERT_TRUE(stage_rotation(repo.repository,
                             {.removed = {}, .added = {}, .online = repo.next_online.certificate()},
                             {}, repo.now()));
  repo.online = repo.next_online;
  repo.publish_signed({&repo.officers[0], &repo.officers[1], &repo.officers[2]});
}

inline void replace_officer(Repo& repo) {
  ASSERT_TRUE(stage_rotation(repo.repository,
                             {.removed = repo.officers[1].certificate(),
                              .added = repo.officers[3].certificate(),
                              .online = {}},
                             {}, repo.now()));
  repo.publish_signed({&repo.officers[0], &repo.officers[1], &repo.officers[2], &repo.officers[3]});
}

inline void copy_over(Repo& repo, const std::string& from, const std::string& to) {
  repo.put_bytes(to, repo.bytes_at(from));
}

inline std::vector<RepositoryCase> workflow();
inline std::vector<RepositoryCase> workflow_below();
inline std::vector<RepositoryCase> attacks_on_signatures();
inline std::vector<RepositoryCase> attacks_with_one_key();
inline std::vector<RepositoryCase> attacks_by_another_role();
inline std::vector<RepositoryCase> attacks_on_root();
inline std::vector<RepositoryCase> attacks_on_time();
inline std::vector<RepositoryCase> attacks_on_content();
inline std::vector<RepositoryCase> attacks_by_mixing();
inline std::vector<RepositoryCase> malformed_metadata();

}  // namespace cases

inline std::vector<RepositoryCase> all_repository_cases() {
  std::vector<RepositoryCase> all;
  for (auto some : {cases::workflow, cases::workflow_below, cases::attacks_on_signatures,
                    cases::attacks_with_one_key, cases::attacks_by_another_role,
                    cases::attacks_on_root, cases::attacks_on_time, cases::attacks_on_content,
                    cases::attacks_by_mixing, cases::malformed_metadata}) {
    for (RepositoryCase& one : some()) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace yizhan

#include "tests/support/repository_attacks.h"
