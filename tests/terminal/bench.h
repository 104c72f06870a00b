#pragma once

#include "ground/store/store.h"
#include "tests/support/key_folder.h"
#include "tests/support/pki.h"
#include "tests/terminal/stand_in_centre.h"
#include "way/acknowledge/acknowledge.h"
#include "way/open/open.h"
#include "way/seal/seal.h"
#include "way/submit/submit.h"

// Two agencies with a terminal each, a third that only stands in the directory, and a centre
// between them: real keys, a real signed directory, real stores, a real line.

namespace yizhan {

// Moved by hand; and whoever looks at it again sees that a moment has passed.
class HandClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return Time::from_ms(now_++); }
  void pass(Milliseconds more) { now_ += more.count(); }

 private:
  mutable std::atomic<std::int64_t> now_ = Time::parse("2026-10-02T03:00:00Z")->ms();
};

// Knows the EICAR test file and nothing else; can be switched off.
class EicarScanner final : public FileScanner {
 public:
  Result<ScannedPart> scan(const Part& part, const FileHandle& file) override;
  bool down = false;
  int scanned = 0;
};

// The real inspector in its real cage.
class CagedJudge final : public DocumentJudge {
 public:
  Result<DocumentInspection> judge(const DocumentQuestion& question) override;
};

struct AgencyKeys {
  SoftwareKey sign;
  SoftwareKey encrypt;
};

// Authority, directory and centre, shared by both terminals of a test.
class Bench {
 public:
  Bench();

  static OrgCode org(const std::string& code) { return OrgCode::parse(code).value(); }
  // The next version of the directory, expiring then.
  void publish(Time expires);

  TemporaryFolder folder;
  HandClock clock;
  TestAuthority authority;
  SoftwareKey management;
  SoftwareKey centre_evidence;
  SoftwareKey centre_scanner;
  std::map<std::string, AgencyKeys> keys;
  std::unique_ptr<DirectorySource> directory;
  std::unique_ptr<TrustSource> trust;
  std::shared_ptr<const Directory> directory_in_force;  // what the centre goes by
  std::shared_ptr<const Trust> trust_in_force;
  std::unique_ptr<StandInCentre> centre;

 private:
  void write_trust();
  std::int64_t version_ = 0;
};

// One agency's terminal: all of its ways over its own database and objects.
class TestTerminal {
 public:
  TestTerminal(Bench& bench, const std::string& code, const std::string& name = "pc-1");

  Part put(const std::string& name, PartKind kind, const std::string& content);
  Result<Sending> send(const SendingOrder& order);
  // Seals and submits until nothing more is due.
  void dispatch();
  // Follows the news to its end, fetches, signs, hands in.
  void receive();
  void follow();
  void sign();
  void hand_in();

  std::vector<Mail> inbox();
  Sending sending(const DocumentId& id);
  std::vector<OutgoingPackage> packages(const DocumentId& id);
  std::vector<OutgoingRecipient> recipients(const DocumentId& id);
  std::string content(const Mail& mail, const std::string& part_name);

  Bench& bench;
  EicarScanner scanner;
  CagedJudge judge;
  std::filesystem::path root;
  Database database;
  LocalObjectStore objects;
  TerminalIdentity identity;
  Journal journal;
  OutboxStore outbox;
  InboxStore inbox_store;
  EvidenceStore evidence;
  CentreLine line;
  EvidenceDesk desk;
  Sealing sealing;
  Submitting submitting;
  NewsFollowing news;
  Opening opening;
  HandingIn handing_in;
  Acknowledgement acknowledgement;
  Withdrawing withdrawing;
};

// A file of tests/fixtures/documents/valid/104_utf8.
std::string fixture(const std::string& name);

// A pair of tests/fixtures/documents/valid/104_utf8, each text changed as asked.
struct Changes {
  std::vector<std::pair<std::string, std::string>> di = {};
  std::vector<std::pair<std::string, std::string>> sw = {};
};
Pair letter_in(TestTerminal& terminal, const Changes& changes = {},
               const std::string& odt = "an attachment");
Pair split_in(TestTerminal& terminal, const Changes& changes = {});
Pair slip_in(TestTerminal& terminal, const Changes& changes = {});  // 簽稿會核單
SendingOrder order_of(const std::string& key, std::vector<Pair> pairs);

}  // namespace yizhan
