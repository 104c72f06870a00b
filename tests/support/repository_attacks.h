#pragma once

#include "tests/support/repository_cases.h"

// The cases themselves.

namespace yizhan::cases {

using enum Reason;

// What must go on working.
inline std::vector<RepositoryCase> workflow() {
  return {
      {"Workflow_NothingNew", {}, [](Repo&) {}},
      {"Workflow_ANewTimestamp", {}, [](Repo& r) { r.announce(); }},
      {"Workflow_ANewDirectory", {}, [](Repo& r) { r.put(Repo::kDirectory, "directory 2"); }},
      {"Workflow_RootChainOfTwo",
       {},
       [](Repo& r) {
         replace_officer(r);
         rotate_online(r);
       }},
      {"Workflow_AnExpiredRootInTheMiddleOfTheChain",
       {},
       [](Repo& r) {
         next_root(r, expired(r), r.two());
         next_root(
             r, [](Json& j) { j["expires"] = "2048-01-01T00:00:00Z"; }, r.two());
       }},
      {"Workflow_MembersThatNobodyKnows",
       {},
       [](Repo& r) {
         next_directory(
             r,
             [](Json& j) {
               j["x-later"] = {{"quote\" and \\", "行\n文"}, {"b", nullptr}};
             },
             r.two());
       }},
      {"Workflow_ABadSignatureBesideTwoGoodOnes",
       {},
       [](Repo& r) {
         next_directory(r, nothing(), r.two());
         Json json = Json::parse(text_of(r.bytes_at(metadata_location("directory", 2))));
         json["signatures"].push_back(
             {{"keyid", TrustedKey::of(r.officers[2].certificate())->id}, {"sig", "30"}});
         r.put_bytes(metadata_location("directory", 2), bytes_of(json.dump()));
         r.list("directory", 2);
       }},
  };
}

inline std::vector<RepositoryCase> workflow_below() {
  return {
      {"Workflow_ANestedDelegation",
       {},
       [](Repo& r) {
         TargetsMetadata orders;
         orders.head = {1, r.now() + std::chrono::hours{24}};
         const TrustedKey own = TrustedKey::of(r.officers[3].certificate()).value();
         orders.keys.emplace(own.id, own);
         orders.delegations = {{"orders/CENTRE-1", {{own.id}, 1}, {"orders/CENTRE-1/*"}, true}};
         r.repository.stage("orders", SignedMetadata(orders.describe()));
         TargetsMetadata own_orders;
         own_orders.head = orders.head;
         r.repository.put_target("orders/CENTRE-1/stop.json", bytes_of("{}"));
         own_orders.targets["orders/CENTRE-1/stop.json"] = TargetFile::of(bytes_of("{}"));
         r.repository.stage("orders/CENTRE-1", SignedMetadata(own_orders.describe()));
         r.publish_signed({&r.officers[0], &r.officers[1], &r.officers[3]});
       },
       "orders/CENTRE-1/stop.json"},
      {"FastForward_RecoveredByANewOnlineKey",
       {},
       [](Repo& r) {
         rotate_online(r);
         r.forge("timestamp", [](Json& j) { set_version(j, 3); }, {&r.online});
       },
       Repo::kDirectory,
       [](Repo& r) { r.announce(std::int64_t{1} << 31); }},
  };
}

inline std::vector<RepositoryCase> attacks_on_signatures() {
  return {
      {"ArbitrarySoftware_NoSignature", kThresholdNotMet,
       [](Repo& r) { next_directory(r, nothing(), {}); }},
      {"ThresholdNotMet_OneOfficer", kThresholdNotMet,
       [](Repo& r) { next_directory(r, nothing(), {&r.officers[0]}); }},
      {"ThresholdNotMet_OneOfficerAndTheOnlineKey", kThresholdNotMet,
       [](Repo& r) {
         next_directory(r, nothing(), {&r.officers[0], &r.online});
       }},
      {"ArbitrarySoftware_Strangers", kThresholdNotMet,
       [](Repo& r) {
         next_directory(r, nothing(), {&r.stranger, &r.officers[3]});
       }},
      {"ArbitrarySoftware_ChangedAfterSigning", kThresholdNotMet,
       [](Repo& r) {
         Json json = Json::parse(text_of(r.bytes_at(metadata_location("directory", 1))));
         json["signed"]["version"] = 2;
         r.put_bytes(metadata_location("directory", 2), bytes_of(json.dump()));
         r.list("directory", 2);
       }},
  };
}

inline std::vector<RepositoryCase> attacks_with_one_key() {
  return {
      {"SameKeyTwice_InTheSignatures", kMalformed,
       [](Repo& r) {
         next_directory(r, nothing(), {&r.officers[0]});
         Json json = Json::parse(text_of(r.bytes_at(metadata_location("directory", 2))));
         json["signatures"].push_back(json["signatures"][0]);
         r.put_bytes(metadata_location("directory", 2), bytes_of(json.dump()));
         r.list("directory", 2);
       }},
      {"SameKeyTwice_InTheRole", kMalformed,
       [](Repo& r) {
         next_root(
             r,
             [](Json& j) {
               auto& ids = j["roles"]["root"]["keyids"];
               ids.push_back(ids[0]);
             },
             r.two());
       }},
      {"SameKeyTwice_UnderTwoCertificates",
       kMalformed,
       [](Repo& r) {
         next_root(
             r,
             [&](Json& j) {
               const TrustedKey key = TrustedKey::of(r.certificate_again(0)).value();
               j["keys"][key.id] = key.describe();
               j["roles"]["root"]["keyids"].push_back(key.id);
             },
             r.two());
       },
       Repo::kDirectory,
       {},
       true},
  };
}

inline std::vector<RepositoryCase> attacks_by_another_role() {
  return {
      {"WrongRole_ATimestampForASnapshot", kMalformed,
       [](Repo& r) {
         r.forge("snapshot",
                 [](Json& j) {
                   set_version(j, version_in(j) + 1);
                   j["_type"] = "timestamp";
                 },
                 {&r.online});
         r.announce();
       }},
      {"WrongRole_TheEmergencyOfficerAloneForTheDirectory", kThresholdNotMet,
       [](Repo& r) {
         r.put("emergency/stop.json", "{}");
         next_directory(r, [](Json& j) { j["x-by"] = "emergency"; }, {&r.officers[2]});
       }},
      {"WrongRole_TheOnlineKeyForTargets", kThresholdNotMet,
       [](Repo& r) {
         r.forge("targets", [](Json& j) { set_version(j, version_in(j) + 1); }, {&r.online});
         r.list("targets", 2);
       }},
      {"WrongRole_APathOfAnother", kNotFound,
       [](Repo& r) {
         TargetsMetadata directory = r.repository.latest_targets("directory").value();
         r.repository.put_target("addresses/list.json", bytes_of("{}"));
         directory.targets["addresses/list.json"] = TargetFile::of(bytes_of("{}"));
         directory.head.version = 2;
         r.repository.stage("directory", SignedMetadata(directory.describe()));
         r.publish_signed(r.two());
       },
       "addresses/list.json"},
      {"WrongRole_AfterATerminatingOne", kNotFound,
       [](Repo& r) {
         r.repository.put_target("directory/more.p7m", bytes_of("more"));
         TargetsMetadata policies;
         policies.head = {1, r.now() + std::chrono::hours{24}};
         policies.targets["directory/more.p7m"] = TargetFile::of(bytes_of("more"));
         r.repository.stage("policies", SignedMetadata(policies.describe()));
         r.publish_signed(r.two());
       },
       "directory/more.p7m"},
  };
}

inline std::vector<RepositoryCase> attacks_on_root() {
  return {
      {"RootRotation_NotSignedByThoseBefore", kThresholdNotMet,
       [](Repo& r) {
         next_root(r,
                   [&](Json& j) {
                     const TrustedKey own = TrustedKey::of(r.stranger.certificate()).value();
                     j["keys"][own.id] = own.describe();
                     j["roles"]["root"] = {{"keyids", Json::array({own.id})}, {"threshold", 1}};
                   },
                   {&r.stranger, &r.officers[0]});
       }},
      {"RootRotation_NotSignedByThoseAfter", kThresholdNotMet,
       [](Repo& r) {
         next_root(
             r,
             [&](Json& j) {
               const TrustedKey own = TrustedKey::of(r.officers[3].certificate()).value();
               j["keys"][own.id] = own.describe();
               j["roles"]["root"] = {{"keyids", Json::array({own.id})}, {"threshold", 1}};
             },
             r.two());
       }},
      {"RootRotation_TheOneWhoLeftSignsOn", kThresholdNotMet,
       [](Repo& r) {
         replace_officer(r);
         next_directory(r, nothing(), {&r.officers[0], &r.officers[1]});
       }},
      {"RootRotation_TheOldOnlineKey", kThresholdNotMet,
       [](Repo& r) {
         const SoftwareKey old = r.online;
         rotate_online(r);
         r.online = old;
         r.announce();
       }},
      {"KeyWithAnotherId",
       kMalformed,
       [](Repo& r) {
         next_root(
             r,
             [](Json& j) {
               auto& ids = j["roles"]["root"]["keyids"];
               const auto id = ids[2].get<std::string>();
               const std::string other(64, 'a');
               ids[2] = other;
               j["roles"]["targets"]["keyids"][2] = other;
               j["keys"][other] = j["keys"][id];
               j["keys"].erase(id);
             },
             r.two());
       },
       Repo::kDirectory,
       {},
       true},
  };
}

}  // namespace yizhan::cases

#include "tests/support/repository_times.h"
