#pragma once

#include <algorithm>
#include <fstream>
#include <set>

#include "ground/merkle/merkle.h"
#include "model/export/export.h"
#include "tests/support/export_people.h"

// A letter from one agency to two others through one centre, with all its evidence, really signed
// and logged; and its export as a folder. Every member may be changed before write().

namespace yizhan {

class ExportScene : public ExportPeople {
 public:
  explicit ExportScene(const std::filesystem::path& folder)
      : folder_(folder), log_((folder / "log").string(), "CENTRE-1") {
    seal(header());
    state_all();
  }
  virtual ~ExportScene() = default;

  // ---- what a test may change

  std::map<std::string, std::string> contents = {{"1150001.di", "the letter itself"},
                                                 {"計畫書.odt", std::string(3000, 'p')},
                                                 {"empty.txt", ""}};
  std::vector<EvidenceRow> rows;  // in the order in which the centre enters them in its log
  std::set<Sha256> unproven;      // of these, what the centre gives no proof of
  ExportRole role = ExportRole::kSender;
  ExportForm form = ExportForm::kFolder;
  std::string witness;  // under whose name the second centre's key co-signs the checkpoint

  // ---- what happened

  [[nodiscard]] const Header& head() const { return *header_; }
  [[nodiscard]] const SealedHeader& sealed() const { return *sealed_; }

  Statement by_centre(EvidenceType type, std::optional<Addressee> recipient, int minutes) const {
    Statement statement{.type = type,
                        .message = head().key(),
                        .recipient = std::move(recipient),
                        .header_sha256 = sealed().sha256,
                        .actor = {centre(), evidence.certificate().sha256(), {}, {}},
                        .time = at(minutes)};
    return statement;
  }
  Statement by_agency(EvidenceType type, const Addressee& who, int minutes) const {
    Statement statement = by_centre(type, who, minutes);
    statement.actor = {who.org, key_of(who).certificate().sha256(), "terminal-1", {}};
    return statement;
  }
  Verdict verdict(ScanResult result, int minutes) const {
    const bool clean = result == ScanResult::kClean;
    return Verdict{centre(),
                   scanner.certificate().sha256(),
                   head().key(),
                   sealed().sha256,
                   head().cipher_root,
                   head().plaintext_root,
                   result,
                   clean ? "" : "Yizhan.Test",
                   clean ? std::nullopt : std::optional(Reason::kInfected),
                   "",
                   {},
                   "clamd",
                   "1",
                   1,
                   at(minutes)};
  }

  SoftwareKey& signing_key(const Statement& statement) {
    const auto* centre = std::get_if<CentreCode>(&statement.actor.party);
    if (centre == nullptr) return key_of(*statement.recipient);
    return *centre == second() ? evidence_2 : evidence;
  }
  // Signs, adds, and answers the name.
  Sha256 add(Statement statement) {
    const SignedStatement done = sign_statement(statement, signing_key(statement)).value();
    rows.push_back({EvidenceId::generate(statement.time), statement.message, statement.recipient,
                    std::string(text_of(statement.type)), statement.json(), done.sha256, done.cms,
                    false, std::nullopt, statement.time});
    return done.sha256;
  }
  Sha256 add(const Verdict& said) {
    const SignedVerdict done =
        sign_verdict(said, said.centre == second() ? scanner_2 : scanner).value();
    rows.push_back({EvidenceId::generate(said.time), said.message, std::nullopt,
                    std::string(kVerdictKind), said.json(), done.sha256, done.cms, false,
                    std::nullopt, said.time});
    return done.sha256;
  }
  Bytes decision(SoftwareKey& officer, const Sha256& overridden) const {
    const Decision release{DecisionKind::kRelease, head().key(), sealed().sha256,
                           {overridden}, "已人工複查", at(6)};
    return sign_decision(release, officer).value();
  }

  ExportSources sources() const {
    ExportedPackage package{sealed().cms, place_leaves(leaves_), groups_, manifest_bytes_, rows};
    std::ranges::stable_sort(package.evidence, {}, &EvidenceRow::created);
    if (role == ExportRole::kRecipient) package.recipients.resize(1);
    return {.role = role,
            .exporter = role == ExportRole::kSender ? head().sender : b().org,
            .packages = {package},
            .directory = sign_directory(directory(), key_ref(management), at(-60)).value(),
            .directory_version = 7,
            .intermediates = authority_ref().intermediates(),
            .revocation_lists = {authority_ref().crl(at(30), at(60 * 24)),
                                 authority_ref().root_crl(at(30), at(60 * 24))},
            .prove = [this](const Sha256& name) { return prove(name); },
            .form = form};
  }

  // Everything in the log, then all files.
  void write(const std::filesystem::path& to) {
    std::vector<Bytes> entries;
    for (const EvidenceRow& row : rows) entries.push_back(*row.cms);
    log_.append(entries);
    log_.publish(log_key).value();
    write_again(to);
  }
  // Once more, maybe in another form; answers the names in their order.
  std::vector<std::string> write_again(const std::filesystem::path& to) {
    SoftwareKey& key = role == ExportRole::kSender ? sign_a : sign_b;
    const auto files = build_export(sources(), key, at(60)).value();
    write_files(files, to);
    std::vector<std::string> names(files.size());
    std::ranges::transform(files, names.begin(), &ExportFile::name);
    return names;
  }
  void write_files(const std::vector<ExportFile>& files, const std::filesystem::path& to) const {
    for (const ExportFile& file : files) {
      std::filesystem::create_directories((to / file.name).parent_path());
      const std::string name = std::filesystem::path(file.name).filename().string();
      const Bytes bytes = file.bytes ? *file.bytes : copy_of(bytes_of(contents.at(name)));
      std::ofstream(to / file.name, std::ios::binary) << text_of(bytes);
    }
  }

 protected:
  void seal(const Header& header) {
    header_ = header;
    sealed_ = seal_header(header, sign_a, at(-1)).value();
  }
  [[nodiscard]] const Bytes& leaf_of_c() const { return leaves_[1]; }

 private:
  static SoftwareKey& key_ref(const SoftwareKey& key) { return const_cast<SoftwareKey&>(key); }
  TestAuthority& authority_ref() const { return const_cast<TestAuthority&>(authority); }

  Header header() {
    Manifest manifest{Bytes(32, 7), "檢送計畫書", "測資字第1150001號", "letter", "", {}};
    for (const auto& [name, content] : contents) {
      manifest.parts.push_back({name, "text/plain",
                                name.ends_with(".di") ? PartKind::kDi : PartKind::kAttachment,
                                content.size(), sha256(bytes_of(content))});
    }
    manifest_bytes_ = manifest.json();
    for (const Addressee& who : {b(), c()}) {
      leaves_.push_back(
          RecipientLeaf{who, CopyKind::kOriginal, {{key_of(who).certificate().sha256(), {}}}}
              .json());
    }
    const std::uint64_t plain = manifest.plain_length();
    groups_.assign(group_count_of(plain), sha256(bytes_of("group")));
    return Header{MessageId::generate(at(-1)),
                  DocumentId::generate(at(-1)),
                  org("T01000000A"),
                  {},
                  sign_a.certificate().sha256(),
                  centre(),
                  recipients_root(leaves_),
                  2,
                  true,
                  {{centre(), scanner.certificate().sha256(), {}}},
                  at(-1),
                  at(60 * 24 * 7),
                  std::nullopt,
                  std::nullopt,
                  plain,
                  Bytes(24, 1),
                  {},
                  merkle_root(groups_),
                  sha256(manifest_bytes_),
                  7,
                  1};
  }

  // Accepted, scanned, consigned to both; B received and confirmed it, C never came for it.
  void state_all() {
    Statement accepted = by_centre(EvidenceType::kSubmissionAcceptance, std::nullopt, 0);
    accepted.previous = {sealed().sha256};
    accepted.recipient_count = 2;
    const Sha256 acceptance = add(accepted), clean = add(verdict(ScanResult::kClean, 1));
    Statement consigned = by_centre(EvidenceType::kConsignment, b(), 2);
    consigned.previous = {acceptance, clean};
    Statement received = by_agency(EvidenceType::kHandover, b(), 3);
    received.previous = {add(consigned)};
    consigned.recipient = c();
    add(consigned);
    Statement confirmed = by_agency(EvidenceType::kConfirmed, b(), 20);
    confirmed.previous = {add(received)};
    add(confirmed);
    Statement expired = by_centre(EvidenceType::kAcceptanceExpiry, c(), 40);
    expired.reason = Reason::kExpired;
    add(expired);
  }

  [[nodiscard]] Result<LogProof> prove(const Sha256& name) const {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].sha256 == name && !unproven.contains(name)) {
        return stamped_now(cosigned(log_.prove(i)));
      }
    }
    return Reason::kNotFound;
  }
  // All are under one checkpoint: one token serves.
  [[nodiscard]] Result<LogProof> stamped_now(Result<LogProof> proof) const {
    if (!proof || !stamped) return proof;
    const SignedNote note = SignedNote::parse(proof->checkpoint).value();
    if (token_.empty()) {
      const Bytes query = make_timestamp_query(bytes_of(note.text()));
      token_ = timestamp_token(timestamps().answer(query), query).value();
    }
    proof->timestamps = {token_};
    return proof;
  }
  [[nodiscard]] Result<LogProof> cosigned(Result<LogProof> proof) const {
    if (!proof || witness.empty()) return proof;
    SignedNote note = SignedNote::parse(proof->checkpoint).value();
    note.cosign(witness, key_ref(witness_key), at(41)).value();
    proof->checkpoint = note.bytes();
    return proof;
  }

  std::filesystem::path folder_;
  EvidenceLog log_;
  std::optional<Header> header_;
  std::optional<SealedHeader> sealed_;
  Bytes manifest_bytes_;
  std::vector<Bytes> leaves_;
  std::vector<Sha256> groups_;
  mutable Bytes token_;
};

}  // namespace yizhan
