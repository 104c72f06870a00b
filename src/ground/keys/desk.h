#pragma once

#include <sys/types.h>

#include <map>
#include <memory>

#include "ground/keys/protocol.h"
#include "ground/keys/use_journal.h"

namespace yizhan {

// What one caller may do with one key, in all its generations: sign for one use, decrypt and agree,
// or renew it.
struct KeyGrant {
  std::string key;            // without a generation
  std::optional<KeyUse> use;  // absent: decrypt and agree
  bool renew = false;         // then neither

  // "NAME:sign:USE", "NAME:decrypt" or "NAME:renew". Refuses kMalformed.
  static Result<KeyGrant> parse(std::string_view text);
  bool operator==(const KeyGrant&) const = default;
};

// A program on this host, known by the socket it uses and the uid it runs under.
struct KeyCaller {
  std::string name;
  std::filesystem::path socket;
  std::set<uid_t> uids;
  std::vector<KeyGrant> grants;
};

using CryptoModules = std::vector<std::unique_ptr<CryptoModule>>;

// Answers one request of one caller, counts it and writes it into the journal of uses. Any thread.
class KeyDesk {
 public:
  KeyDesk(const CryptoModules& modules, UseJournal& journal)
      : modules_(modules), journal_(journal) {}

  // nullopt: not a request at all; the connection is to be closed.
  std::optional<SecretBytes> answer(const KeyCaller& caller, ByteView frame);

 private:
  struct Use {
    const KeyCaller& caller;
    const std::string& key;
    KeyOperation operation;
    std::optional<KeyUse> use;
    ByteView input;
  };
  struct Held {
    CryptoModule& module;
    KeyDescription description;
  };
  struct Answerer;

  [[nodiscard]] std::vector<KeyDescription> list(const KeyCaller& caller) const;
  [[nodiscard]] KeyholderStatus status() const;
  Result<SecretBytes> record(const Use& use);
  [[nodiscard]] Result<SecretBytes> renew(const Use& use, CryptoModule& module) const;
  [[nodiscard]] Result<Bytes> vouch(const Use& use, ByteView request) const;
  [[nodiscard]] Result<SecretBytes> perform(const Use& use, const std::optional<Held>& held) const;
  [[nodiscard]] std::optional<Held> find(const std::string& key) const;
  [[nodiscard]] std::vector<Held> generations(const std::string& key) const;
  [[nodiscard]] std::optional<Held> find_newest(const std::string& key) const;
  [[nodiscard]] bool anything_waits() const;
  void count(const Use& use, bool done);

  const CryptoModules& modules_;
  UseJournal& journal_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, KeyUseCount> counts_;  // by caller and key
};

}  // namespace yizhan
