#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "ground/files/files.h"
#include "ground/trust/trust.h"
#include "tests/support/pki.h"

// A repository with three officers of whom two must sign, and what somebody can do to it who has
// some of the keys, or only the folder.

namespace yizhan {

class SmallRepository {
 public:
  static constexpr const char* kDirectory = "directory/directory.p7m";
  using Signers = std::vector<SoftwareKey*>;
  using Edit = std::function<void(Json&)>;

  SmallRepository(std::filesystem::path folder, Time now)
      : now_(now), repository(std::move(folder)) {
    for (const char* name : {"chen", "lin", "wang", "huang"}) {
      officers.push_back(authority_.issue({.subject = name}));
    }
  }

  [[nodiscard]] Signers two() { return {&officers[0], &officers[1]}; }

  void found(std::string_view directory = "directory 1") {
    const Founding founding{
        {officers[0].certificate(), officers[1].certificate(), officers[2].certificate()},
        2,
        online.certificate(),
        {{"directory", {"directory/*"}, 2},
         {"policies", {"policies/*", "directory/*"}, 2},
         {"orders", {"orders/*", "orders/*/*"}, 2},
         {"orders-emergency", {"emergency/*"}, 1},
         {"addresses", {"addresses/*"}, 2}}};
    ASSERT_TRUE(stage_founding(repository, founding, {}, now_));
    publish_signed(two());
    put(kDirectory, directory);
  }

  // Another certificate for the key of an officer.
  [[nodiscard]] Certificate certificate_again(std::size_t officer) {
    return authority_.certify({.subject = "again"}, officers[officer].private_key().public_key());
  }

  // Signed by two officers and published.
  void put(const std::string& path, std::string_view text) {
    ASSERT_TRUE(stage_target(repository, {path, copy_of(bytes_of(text))}, {}, now_));
    publish_signed(two());
  }

  void sign_staged(const Signers& signers) {
    for (const std::string& role : repository.staged_roles()) {
      SignedMetadata metadata = repository.staged(role).value();
      for (SoftwareKey* signer : signers) ASSERT_TRUE(metadata.sign(*signer));
      repository.stage(role, metadata);
    }
  }

  void publish_signed(const Signers& signers) {
    sign_staged(signers);
    const auto done = publish(repository, {}, online, now_);
    ASSERT_TRUE(done) << done.refusal().detail;
  }

  // The newest metadata of a role, edited and signed anew; lies where its version belongs, and
  // nothing lists it yet.
  void forge(const std::string& role, const Edit& edit, const Signers& signers) {
    SignedMetadata metadata(edited(role, edit));
    for (SoftwareKey* signer : signers) ASSERT_TRUE(metadata.sign(*signer));
    put_metadata(role, metadata.bytes());
  }

  // Where the newest version of a role's metadata lies.
  std::filesystem::path file_of(const std::string& role) {
    if (role == kTimestampRole) return repository.folder() / kTimestampLocation;
    const std::int64_t version = newest(role).content().at("version").get<std::int64_t>();
    return repository.folder() / metadata_location(role, version);
  }

  // A new snapshot, by the online key: the role in this version, whatever lies there.
  void list(const std::string& role, std::int64_t version) {
    list_edited([&](Json& snapshot) {
      const Bytes bytes = bytes_at(metadata_location(role, version));
      snapshot["meta"][role + ".json"] = {{"version", version},
                                          {"length", bytes.size()},
                                          {"hashes", {{"sha256", sha256(bytes).hex()}}}};
    });
  }
  void list_edited(const Edit& edit) {
    forge("snapshot",
          [&](Json& snapshot) {
            snapshot["version"] = snapshot["version"].get<std::int64_t>() + 1;
            edit(snapshot);
          },
          {&online});
    announce();
  }
  // A new timestamp over the snapshot of the highest version.
  void announce(std::int64_t step = 1) {
    std::int64_t version = 1;
    for (const std::string& name : list_files(repository.folder() / "metadata")) {
      if (name.ends_with(".snapshot.json"))
        version = std::max(version, std::int64_t{std::stoll(name)});
    }
    const Bytes bytes = bytes_at(metadata_location("snapshot", version));
    forge("timestamp",
          [&](Json& timestamp) {
            timestamp["version"] = timestamp["version"].get<std::int64_t>() + step;
            timestamp["meta"]["snapshot.json"] = {{"version", version},
                                                  {"length", bytes.size()},
                                                  {"hashes", {{"sha256", sha256(bytes).hex()}}}};
          },
          {&online});
  }

  Bytes bytes_at(const std::string& location) const {
    return read_file(repository.folder() / location, 8u << 20);
  }
  void put_bytes(const std::string& location, ByteView bytes) const {
    write_durably(repository.folder() / location, bytes);
  }
  void put_metadata(const std::string& role, ByteView bytes) {
    if (role == kTimestampRole) return put_bytes(std::string(kTimestampLocation), bytes);
    const auto metadata = SignedMetadata::parse(bytes);
    put_bytes(metadata_location(role, metadata->content().at("version").get<std::int64_t>()),
              bytes);
  }
  std::filesystem::path target_file(const std::string& path) {
    const std::string role = role_for(repository, path).value();
    const TargetsMetadata targets = repository.latest_targets(role).value();
    return repository.folder() / target_location(path, targets.targets.at(path).sha256);
  }
  SignedMetadata newest(const std::string& role) {
    if (role == kRootRole) return repository.root().value();
    if (role == kTimestampRole) return repository.timestamp().value();
    if (role == kSnapshotRole) return repository.snapshot().value();
    return repository.targets(role).value();
  }
  Json edited(const std::string& role, const Edit& edit) {
    Json content = newest(role).content();
    edit(content);
    return content;
  }

  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] std::string past() const {
    return (now_ - std::chrono::hours{1}).text().substr(0, 19) + "Z";
  }

 private:
  TestAuthority authority_;
  const Time now_;

 public:
  Repository repository;
  std::vector<SoftwareKey> officers;
  SoftwareKey online = authority_.issue({.subject = "online"});
  SoftwareKey next_online = authority_.issue({.subject = "online 2"});
  SoftwareKey stranger = authority_.issue({.subject = "stranger"});
};

}  // namespace yizhan
