#pragma once

#include "tests/support/repository_cases.h"

// Cases of older and expired versions, and of files that do not belong together.

namespace yizhan::cases {

inline std::vector<RepositoryCase> attacks_on_time() {
  const auto put_second = [](Repo& r) { r.put(Repo::kDirectory, "directory 2"); };
  return {
      {"Rollback_Timestamp", kMetadataRolledBack,
       [](Repo& r) {
         r.forge("timestamp", [](Json& j) { set_version(j, version_in(j) - 1); }, {&r.online});
       }},
      {"Rollback_Snapshot", kMetadataRolledBack,
       [](Repo& r) {
         r.forge("timestamp",
                 [&](Json& j) {
                   set_version(j, version_in(j) + 1);
                   j["meta"]["snapshot.json"] = {{"version", 2}};
                 },
                 {&r.online});
       },
       Repo::kDirectory, put_second},
      {"Rollback_Targets", kMetadataRolledBack, [](Repo& r) { r.list("directory", 1); },
       Repo::kDirectory, put_second},
      {"Rollback_ARoleIsGone", kMetadataRolledBack,
       [](Repo& r) { r.list_edited([](Json& j) { j["meta"].erase("directory.json"); }); }},
      {"Rollback_Root", kMetadataRolledBack,
       [](Repo& r) { copy_over(r, metadata_location("root", 1), metadata_location("root", 2)); }},
      {"Rollback_RootThatSkipsAVersion", kMetadataRolledBack,
       [](Repo& r) {
         r.forge(
             "root", [](Json& j) { set_version(j, 3); }, r.two());
         copy_over(r, metadata_location("root", 3), metadata_location("root", 2));
       }},
      {"FastForward_IsNotUndoneWithoutANewKey", kMetadataRolledBack,
       [](Repo& r) { r.announce(-100); }, Repo::kDirectory,
       [](Repo& r) { r.announce(std::int64_t{1} << 31); }},
      {"Freeze_Timestamp", kMetadataExpired,
       [](Repo& r) {
         r.forge("timestamp",
                 [&](Json& j) {
                   set_version(j, version_in(j) + 1);
                   j["expires"] = r.past();
                 },
                 {&r.online});
       }},
      {"Freeze_Snapshot", kMetadataExpired, [](Repo& r) { r.list_edited(expired(r)); }},
      {"Freeze_Targets", kMetadataExpired,
       [](Repo& r) {
         r.forge(
             "targets",
             [&](Json& j) {
               set_version(j, version_in(j) + 1);
               j["expires"] = r.past();
             },
             r.two());
         r.list("targets", 2);
       }},
      {"Freeze_Directory", kMetadataExpired,
       [](Repo& r) { next_directory(r, expired(r), r.two()); }},
      {"Freeze_Root", kMetadataExpired, [](Repo& r) { next_root(r, expired(r), r.two()); }},
  };
}

inline std::vector<RepositoryCase> attacks_on_content() {
  const auto change_target = [](Repo& r, std::string_view text) {
    write_durably(r.target_file(Repo::kDirectory), bytes_of(text));
  };
  return {
      {"ArbitrarySoftware_AnotherTargetOfTheSameLength", kMetadataMismatch,
       [change_target](Repo& r) { change_target(r, "directorx 1"); }},
      {"EndlessData_Target", kTooLarge,
       [change_target](Repo& r) { change_target(r, "directory 1" + std::string(1 << 20, ' ')); }},
      {"EndlessData_Timestamp", kTooLarge,
       [](Repo& r) {
         Bytes bytes = r.bytes_at(std::string(kTimestampLocation));
         bytes.resize(20'000, ' ');
         r.put_bytes(std::string(kTimestampLocation), bytes);
       }},
      {"EndlessData_Root", kTooLarge,
       [](Repo& r) {
         next_root(r, nothing(), r.two());
         Bytes bytes = r.bytes_at(metadata_location("root", 2));
         bytes.resize(600'000, ' ');
         r.put_bytes(metadata_location("root", 2), bytes);
       }},
      {"EndlessData_Snapshot", kTooLarge,
       [](Repo& r) {
         r.list_edited(nothing());
         Bytes bytes = r.bytes_at(metadata_location("snapshot", 3));
         bytes.push_back(' ');
         r.put_bytes(metadata_location("snapshot", 3), bytes);
       }},
  };
}

inline std::vector<RepositoryCase> attacks_by_mixing() {
  return {
      {"MixAndMatch_ASnapshotOfAnotherTime", kMetadataMismatch,
       [](Repo& r) {
         r.put(Repo::kDirectory, "directory 2");
         r.list_edited([](Json& j) { j["x"] = 1; });
         const Bytes now = r.bytes_at(metadata_location("snapshot", 4));
         Bytes old = r.bytes_at(metadata_location("snapshot", 3));
         old.resize(now.size(), '\n');
         r.put_bytes(metadata_location("snapshot", 4), old);
       }},
      {"MixAndMatch_AnotherVersionThanListed", kMetadataMismatch,
       [](Repo& r) {
         r.list_edited([](Json& j) { j["meta"]["directory.json"] = {{"version", 7}}; });
         copy_over(r, metadata_location("directory", 1), metadata_location("directory", 7));
       }},
      {"MixAndMatch_ASnapshotOfAnotherVersionThanTheTimestampSays", kMetadataMismatch,
       [](Repo& r) {
         copy_over(r, metadata_location("snapshot", 2), metadata_location("snapshot", 9));
         r.forge("timestamp",
                 [](Json& j) {
                   set_version(j, version_in(j) + 1);
                   j["meta"]["snapshot.json"] = {{"version", 9}};
                 },
                 {&r.online});
       }},
      {"PartialBundle_TheNewDirectoryIsWithheld", kNotFound,
       [](Repo& r) {
         r.put(Repo::kDirectory, "directory 2");
         std::filesystem::remove(r.repository.folder() / metadata_location("directory", 2));
       }},
      {"PartialBundle_TheTargetIsWithheld", kNotFound,
       [](Repo& r) { std::filesystem::remove(r.target_file(Repo::kDirectory)); }},
      {"Withheld_Timestamp", kNotFound,
       [](Repo& r) { std::filesystem::remove(r.repository.folder() / kTimestampLocation); }},
      {"NotListed_Target", kNotFound, [](Repo&) {}, "directory/none.p7m"},
  };
}

inline std::vector<RepositoryCase> malformed_metadata() {
  return {
      {"Malformed_NotJson", kMalformed,
       [](Repo& r) { r.put_bytes(std::string(kTimestampLocation), bytes_of("<html>404</html>")); }},
      {"Malformed_Truncated", kMalformed,
       [](Repo& r) {
         Bytes bytes = r.bytes_at(std::string(kTimestampLocation));
         bytes.resize(bytes.size() / 2);
         r.put_bytes(std::string(kTimestampLocation), bytes);
       }},
      {"Malformed_AnotherSpecification", kUnknownFormat,
       [](Repo& r) {
         r.forge("timestamp",
                 [](Json& j) {
                   set_version(j, version_in(j) + 1);
                   j["spec_version"] = "2.0.0";
                 },
                 {&r.online});
       }},
      {"Malformed_NoExpiry", kMalformed,
       [](Repo& r) {
         r.forge("timestamp",
                 [](Json& j) {
                   set_version(j, version_in(j) + 1);
                   j.erase("expires");
                 },
                 {&r.online});
       }},
      {"Malformed_AnExpiryThatIsNoTime",
       kMalformed,
       [](Repo& r) {
         r.forge("timestamp",
                 [](Json& j) {
                   set_version(j, version_in(j) + 1);
                   j["expires"] = "never";
                 },
                 {&r.online});
       },
       Repo::kDirectory,
       {},
       true},
  };
}

}  // namespace yizhan::cases
