#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "ground/files/files.h"
#include "tests/support/batched_scene.h"
#include "tests/support/relayed_scene.h"

namespace yizhan {
namespace {

namespace fs = std::filesystem;

class VerifyExport : public ::testing::Test {
 protected:
  VerifyExport() {
    std::string name = (fs::temp_directory_path() / "yizhan-export-XXXXXX").string();
    YZ_ASSERT(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    scene_ = std::make_unique<ExportScene>(root_);
    scene_->write_trust(root_ / "trust");
  }
  ~VerifyExport() override { fs::remove_all(root_); }

  ExportReport verify() const { return verify_export(export_, ExportTrust::load(root_ / "trust")); }
  ExportReport written_and_verified() {
    scene_->write(export_);
    return verify();
  }
  std::string problem() const {
    const ExportReport report = verify();
    return report.broken ? report.broken->detail : "";
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::recursive_directory_iterator(export_)) {
      if (entry.is_regular_file()) all.push_back(entry.path());
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  fs::path file(const std::string& ending) const {
    for (const fs::path& path : files()) {
      if (path.string().ends_with(ending)) return path;
    }
    throw std::runtime_error("no such file: " + ending);
  }

  fs::path root_;
  fs::path export_ = fs::path();
  std::unique_ptr<ExportScene> scene_;

  void SetUp() override { export_ = root_ / "export"; }
};

// The letter's copy for agency c went through a second centre.
class VerifyRelayedExport : public VerifyExport {
 protected:
  std::string problem_with(const SecondCentre& second_centre) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    scene_ = std::make_unique<RelayedScene>(root_, second_centre);
    scene_->write_trust(root_ / "trust");
    const ExportReport report = written_and_verified();
    return report.broken ? report.broken->detail : "";
  }
};

void flip(const fs::path& file, std::uintmax_t offset) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(static_cast<char>(byte ^ 1));
}

std::string shown(const ExportReport& report) {
  return report.broken ? report.broken->detail : std::string(text_of(report.standing));
}

TEST_F(VerifyRelayedExport, FollowsCustodyFromCentreToCentre) {
  EXPECT_EQ(problem_with({}), "");
}

TEST_F(VerifyRelayedExport, ATakeoverOfOthersThanTheHeaderNamesIsBroken) {
  const auto expect_broken = [&](const std::function<void(Statement&)>& change) {
    const std::string problem = problem_with({.takeover = change});
    EXPECT_NE(problem.find("公文移交"), std::string::npos) << problem;
    EXPECT_NE(problem.find("B.1"), std::string::npos) << problem;
  };
  expect_broken([](Statement& taken) { taken.leaves_sha256 = sha256(bytes_of("others")); });
  expect_broken([](Statement& taken) { taken.recipient_count = 2; });
  expect_broken([](Statement& taken) { taken.leaves_sha256.reset(); });
  expect_broken([](Statement& taken) { taken.previous.erase(taken.previous.begin()); });
}

TEST_F(VerifyRelayedExport, AConsignmentThatDoesNotFollowItsCentresTakeoverIsBroken) {
  const std::string problem = problem_with(
      {.consignment = [](Statement& consigned) {
        consigned.previous.erase(consigned.previous.begin() + 1);
      }});
  EXPECT_NE(problem.find("公文移交"), std::string::npos) << problem;
}

TEST_F(VerifyRelayedExport, ACentreFromWhichTheAgencyHasMovedMayHaveTakenItForAWhile) {
  EXPECT_EQ(problem_with({.moved = 10}), "");
  EXPECT_EQ(problem_with({.moved = -60 * 24 * 29}), "");
  EXPECT_NE(problem_with({.moved = -60 * 24 * 30}), "");
}

TEST_F(VerifyRelayedExport, OnlyTheSendersCentreSaysThatItCouldNotHandOver) {
  const std::string problem = problem_with({.consignment = [](Statement& consigned) {
    consigned.type = EvidenceType::kRelayFailure;
  }});
  EXPECT_NE(problem, "");
}

TEST_F(VerifyExport, AcceptsAWholeExportAndTellsWhatItProves) {
  const ExportReport report = written_and_verified();
  ASSERT_EQ(report.standing, ExportStanding::kValid) << shown(report);
  ASSERT_EQ(report.packages.size(), 1U);
  const VerifiedPackage& package = report.packages[0];
  EXPECT_EQ(package.sender_name, "測試部");
  EXPECT_EQ(package.decided, ExportScene::at(0));
  ASSERT_EQ(package.recipients.size(), 2U);
  EXPECT_EQ(package.recipients[0].consigned, ExportScene::at(2));
  EXPECT_EQ(package.recipients[0].final->type, EvidenceType::kHandover);
  EXPECT_EQ(package.recipients[0].acknowledged->type, EvidenceType::kConfirmed);
  EXPECT_EQ(package.recipients[1].final->type, EvidenceType::kAcceptanceExpiry);
  EXPECT_EQ(report.statement_count, 7U);
  EXPECT_EQ(report.proven_count, 7U);
  EXPECT_EQ(report.unwitnessed_count, 7U);
}

TEST_F(VerifyExport, TreatsEvidenceOfABatchLikeAnyOther) {
  sign_in_batches(*scene_);
  const ExportReport report = written_and_verified();
  EXPECT_EQ(report.standing, ExportStanding::kValid) << shown(report);
  EXPECT_EQ(report.proven_count, 7U);
  const std::string name = file("-D.1-T37600000B.json").filename();
  EXPECT_EQ(name, "03-D.1-T37600000B.json");
}

TEST_F(VerifyExport, AcceptsTheExportOfARecipient) {
  scene_->role = ExportRole::kRecipient;
  std::erase_if(scene_->rows, [&](const EvidenceRow& row) { return row.recipient == scene_->c(); });
  const ExportReport report = written_and_verified();
  EXPECT_EQ(report.standing, ExportStanding::kValid) << shown(report);
}

TEST_F(VerifyExport, FindsAnyChangedByteInAnyFile) {
  scene_->write(export_);
  for (const fs::path& path : files()) {
    const std::uintmax_t size = fs::file_size(path);
    const std::string name = path.lexically_relative(export_).string();
    for (const std::uintmax_t offset : {std::uintmax_t{0}, size / 5, size / 2, size * 3 / 4,
                                        size - std::min<std::uintmax_t>(size, 1)}) {
      if (size == 0) continue;
      flip(path, offset);
      EXPECT_NE(problem().find(name), std::string::npos) << name << " at " << offset;
      flip(path, offset);
    }
  }
  EXPECT_EQ(verify().standing, ExportStanding::kValid);
}

TEST_F(VerifyExport, FindsEveryByteOfTheSignedIndex) {
  scene_->write(export_);
  const fs::path path = export_ / "index.p7m";
  const std::uintmax_t size = fs::file_size(path);
  // The signature and the certificate stand at the end; the content before it is sampled.
  for (std::uintmax_t offset = 0; offset < size; offset += offset + 1200 < size ? 97 : 7) {
    flip(path, offset);
    EXPECT_EQ(verify().standing, ExportStanding::kBroken) << offset;
    flip(path, offset);
  }
}

TEST_F(VerifyExport, FindsAMissingFile) {
  scene_->write(export_);
  for (const fs::path& path : files()) {
    fs::rename(path, root_ / "aside");
    const std::string name = path.lexically_relative(export_).string();
    EXPECT_NE(problem().find(name), std::string::npos) << name;
    fs::rename(root_ / "aside", path);
  }
}

TEST_F(VerifyExport, FindsAFileOrFolderTooMany) {
  scene_->write(export_);
  for (const std::string name :
       {"more.txt", ".hidden", "parts/01/更多.txt", "packages/01/verdicts/99.p7m",
        "packages/02", "parts/1150001.di"}) {
    std::ofstream(export_ / name) << "x";
    EXPECT_NE(problem().find(name), std::string::npos) << name << "\n" << problem();
    fs::remove(export_ / name);
  }
  std::ofstream(export_ / "packages/01/\x1b[2J") << "x";
  EXPECT_NE(problem().find("packages/01/（"), std::string::npos) << problem();
  fs::remove(export_ / "packages/01/\x1b[2J");
  fs::create_directory(export_ / "parts/02");
  EXPECT_EQ(verify().standing, ExportStanding::kBroken);
  fs::remove(export_ / "parts/02");
  EXPECT_EQ(verify().standing, ExportStanding::kValid);
}

TEST_F(VerifyExport, FindsARenamedFileAndALink) {
  scene_->write(export_);
  for (const fs::path& path : files()) {
    fs::rename(path, path.string() + "x");
    EXPECT_EQ(verify().standing, ExportStanding::kBroken) << path;
    fs::create_symlink(path.string() + "x", path);
    EXPECT_EQ(verify().standing, ExportStanding::kBroken) << path;
    fs::remove(path);
    fs::rename(path.string() + "x", path);
  }
  fs::rename(export_ / "parts", root_ / "parts");
  fs::create_directory_symlink(root_ / "parts", export_ / "parts");
  EXPECT_EQ(verify().standing, ExportStanding::kBroken);
}

TEST_F(VerifyExport, DoesNotKnowOtherAnchorsAndTellsTheirFingerprints) {
  scene_->write(export_);
  const TestAuthority other("Somebody Else");
  std::ofstream(root_ / "trust/anchors/root.pem") << other.root().pem();
  std::ofstream(root_ / "trust/intermediates/issuing.pem") << other.intermediate().pem();
  const ExportReport report = verify();
  ASSERT_EQ(report.standing, ExportStanding::kAnchorUnknown) << shown(report);
  const auto& unknown = report.unknown;
  EXPECT_TRUE(std::any_of(unknown.begin(), unknown.end(), [&](const UnknownAnchor& anchor) {
    return anchor.sha256 == scene_->authority.intermediate().sha256();
  }));
}

TEST_F(VerifyExport, DoesNotKnowAnotherSignerOfTheDirectory) {
  scene_->write(export_);
  std::ofstream(root_ / "trust/directory/management.pem") << scene_->sign_a.certificate().pem();
  const ExportReport report = verify();
  ASSERT_EQ(report.standing, ExportStanding::kAnchorUnknown) << shown(report);
  EXPECT_EQ(report.unknown[0].sha256, scene_->management.certificate().sha256());
}

TEST_F(VerifyExport, TakesNoAnchorFromTheExport) {
  scene_->write(export_);
  EXPECT_THROW(ExportTrust::load(export_), std::runtime_error);
}

TEST_F(VerifyExport, RefusesASignerRevokedBefore) {
  scene_->authority.revoke(scene_->sign_a.certificate(), {.revoked_at = ExportScene::at(-30)});
  EXPECT_NE(shown(written_and_verified()).find("header.p7m（憑證路徑）"), std::string::npos);
}

TEST_F(VerifyExport, AcceptsASignerRevokedLaterForAnotherReasonThanCompromise) {
  scene_->authority.revoke(scene_->evidence.certificate(), {.revoked_at = ExportScene::at(50)});
  const ExportReport report = written_and_verified();
  EXPECT_EQ(report.standing, ExportStanding::kValid) << shown(report);
}

// From here on the exporter lies consistently: the index fits, the story does not.

TEST_F(VerifyExport, RefusesAConsignmentWithoutAVerdict) {
  std::erase_if(scene_->rows, [](const EvidenceRow& row) { return row.kind == kVerdictKind; });
  EXPECT_NE(shown(written_and_verified()).find("證據鏈"), std::string::npos);
}

TEST_F(VerifyExport, RefusesAConsignmentOfAnInfectedDocument) {
  auto& rows = scene_->rows;
  std::erase_if(rows, [](const EvidenceRow& row) { return row.kind != "A.1"; });
  Statement consigned = scene_->by_centre(EvidenceType::kConsignment, scene_->b(), 8);
  consigned.previous = {rows.front().sha256,
                        scene_->add(scene_->verdict(ScanResult::kInfected, 1))};
  scene_->add(consigned);
  EXPECT_NE(shown(written_and_verified()).find("-D.1-T37600000B.p7m（掃描判定）"),
            std::string::npos);
}

TEST_F(VerifyExport, RefusesAConsignmentThatDoesNotNameTheAcceptance) {
  std::erase_if(scene_->rows, [](const EvidenceRow& row) { return row.kind != "A.1"; });
  Statement consigned = scene_->by_centre(EvidenceType::kConsignment, scene_->b(), 8);
  consigned.previous = {scene_->add(scene_->verdict(ScanResult::kClean, 1))};
  scene_->add(consigned);
  EXPECT_NE(shown(written_and_verified()).find("未指向同一受文者之 A.1"), std::string::npos);
}

class ReleasedExport : public VerifyExport {
 protected:
  ExportReport released_by(SoftwareKey& first, SoftwareKey& second) {
    std::erase_if(scene_->rows, [](const EvidenceRow& row) { return row.kind != "A.1"; });
    const Sha256 found = scene_->add(scene_->verdict(ScanResult::kInfected, 1));
    Statement released = scene_->by_centre(EvidenceType::kReleased, std::nullopt, 7);
    released.previous = {found};
    released.approvals = {scene_->decision(first, found), scene_->decision(second, found)};
    Statement consigned = scene_->by_centre(EvidenceType::kConsignment, scene_->b(), 8);
    consigned.previous = {scene_->rows.front().sha256, found, scene_->add(released)};
    scene_->add(consigned);
    return written_and_verified();
  }
};

TEST_F(ReleasedExport, AcceptsWhatTwoOfficersReleased) {
  const ExportReport report = released_by(scene_->officer_chen, scene_->officer_lin);
  EXPECT_EQ(report.standing, ExportStanding::kValid) << shown(report);
}

TEST_F(ReleasedExport, RefusesWhatOneOfficerReleasedTwice) {
  const ExportReport report = released_by(scene_->officer_chen, scene_->officer_chen);
  EXPECT_NE(shown(report).find("放行核可"), std::string::npos);
}

TEST_F(ReleasedExport, RefusesWhatOthersThanOfficersReleased) {
  const ExportReport report = released_by(scene_->officer_chen, scene_->sign_a);
  EXPECT_NE(shown(report).find("放行核可"), std::string::npos);
}

TEST_F(VerifyExport, RefusesEvidenceOfTheWrongParty) {
  Statement forged = scene_->by_agency(EvidenceType::kHandover, scene_->c(), 30);
  forged.actor = {scene_->b().org, scene_->sign_b.certificate().sha256(), "", {}};
  const SignedStatement done = sign_statement(forged, scene_->sign_b).value();
  EvidenceRow row = scene_->rows.back();
  row.recipient = scene_->c();
  row.kind = "E.1";
  row.sha256 = done.sha256;
  row.cms = done.cms;
  scene_->rows.push_back(row);
  EXPECT_NE(shown(written_and_verified()).find("證據簽署者"), std::string::npos);
}

TEST_F(VerifyExport, RefusesAHandoverThatFollowsNoConsignment) {
  Statement received = scene_->by_agency(EvidenceType::kHandover, scene_->c(), 30);
  received.previous = {scene_->rows.front().sha256};
  scene_->add(received);
  EXPECT_NE(shown(written_and_verified()).find("證據鏈"), std::string::npos);
}

// The second of a centre that came back from an older copy before it was told that it had.
TEST_F(VerifyExport, TakesAFurtherAcceptanceAndNoRejectionBesideOne) {
  Statement again = scene_->by_centre(EvidenceType::kSubmissionAcceptance, std::nullopt, 1);
  again.previous = {scene_->sealed().sha256};
  again.recipient_count = 2;
  scene_->add(again);
  EXPECT_EQ(written_and_verified().standing, ExportStanding::kValid);
  fs::remove_all(export_);
  std::erase_if(scene_->rows, [](const EvidenceRow& row) { return row.kind == "A.1"; });
  EXPECT_NE(shown(written_and_verified()).find("A.1"), std::string::npos) << "there is none";
  fs::remove_all(export_);
  scene_->add(again);
  again.type = EvidenceType::kSubmissionRejection;
  scene_->add(again);
  EXPECT_NE(shown(written_and_verified()).find("A.1"), std::string::npos);
}

TEST_F(VerifyExport, CountsALaterFinalAsSuperseded) {
  Statement failed = scene_->by_centre(EvidenceType::kConsignmentFailure, scene_->c(), 45);
  failed.reason = Reason::kWithdrawn;
  scene_->add(failed);
  const ExportReport report = written_and_verified();
  ASSERT_EQ(report.standing, ExportStanding::kValid) << shown(report);
  EXPECT_EQ(report.packages[0].recipients[1].final->type, EvidenceType::kAcceptanceExpiry);
  EXPECT_EQ(report.packages[0].recipients[1].superseded, 1);
}

class LateHandover : public VerifyExport {
 protected:
  // C's terminal opened the document before it expired, but told so only afterwards.
  LateHandover() {
    Statement received = scene_->by_agency(EvidenceType::kHandover, scene_->c(), 39);
    for (const EvidenceRow& row : scene_->rows) {
      if (row.kind == "D.1" && row.recipient == scene_->c()) received.previous = {row.sha256};
    }
    late_ = scene_->add(received);
  }
  VerifiedRecipient recipient() {
    const ExportReport report = written_and_verified();
    EXPECT_EQ(report.standing, ExportStanding::kValid) << shown(report);
    return report.packages.at(0).recipients.at(1);
  }

  Sha256 late_;
};

TEST_F(LateHandover, IsSupersededByWhatTheLogHasBeforeItWhateverItsTime) {
  const VerifiedRecipient found = recipient();
  ASSERT_TRUE(found.final);
  EXPECT_EQ(found.final->type, EvidenceType::kAcceptanceExpiry);
  EXPECT_EQ(found.superseded, 1);
}

TEST_F(LateHandover, LeavesTheFinalOpenWhereTheLogDoesNotShowWhichWasFirst) {
  scene_->unproven = {late_};
  const VerifiedRecipient found = recipient();
  EXPECT_FALSE(found.final);
  EXPECT_EQ(found.superseded, 2);
}

TEST_F(VerifyExport, TellsThatAConfirmedDocumentWasReturned) {
  Statement returned = scene_->by_agency(EvidenceType::kReturned, scene_->b(), 15);
  for (const EvidenceRow& row : scene_->rows) {
    if (row.kind == "E.1") returned.previous = {row.sha256};
  }
  scene_->add(returned);
  const ExportReport report = written_and_verified();
  ASSERT_EQ(report.standing, ExportStanding::kValid) << shown(report);
  EXPECT_EQ(report.packages[0].recipients[0].acknowledged->type, EvidenceType::kReturned);
}

TEST_F(VerifyExport, RefusesAPartThatTheManifestDoesNotName) {
  scene_->write(export_);
  const Bytes json = read_file(export_ / "index.json", 1U << 20);
  Json index = parse_json(json, {.bytes_max = 1U << 20}).value();
  index["files"].push_back(
      {{"name", "parts/01/more.txt"}, {"size", 0}, {"sha256", sha256({}).hex()}});
  std::sort(index["files"].begin(), index["files"].end(),
            [](const Json& a, const Json& b) { return a.at("name") < b.at("name"); });
  const Bytes changed = canonical_json(index);
  std::ofstream(export_ / "parts/01/more.txt").flush();
  write_durably(export_ / "index.json", changed);
  write_durably(export_ / "index.p7m",
                cms_sign(changed, scene_->sign_a, KeyUse::kEvidence, ExportScene::at(60)).value());
  EXPECT_NE(problem().find("parts/01/more.txt"), std::string::npos) << problem();
}

TEST_F(VerifyExport, RefusesAnExporterWhoIsNotRegistered) {
  scene_->write(export_);
  const Bytes json = read_file(export_ / "index.json", 1U << 20);
  write_durably(
      export_ / "index.p7m",
      cms_sign(json, scene_->officer_lin, KeyUse::kEvidence, ExportScene::at(60)).value());
  EXPECT_NE(problem().find("index.p7m（匯出機關）"), std::string::npos) << problem();
}

TEST_F(VerifyExport, RefusesAProofOfAnotherLog) {
  scene_->log_key = scene_->authority.issue(
      {.subject = "false log", .kind = KeyKind::kEd25519, .usage = CertificateUsage::kLog});
  EXPECT_NE(shown(written_and_verified()).find("proofs/01.json（日誌證明）"), std::string::npos);
}

TEST_F(VerifyExport, CountsAWitnessOfTheDirectory) {
  scene_->witness = "CENTRE-2";
  const ExportReport report = written_and_verified();
  ASSERT_EQ(report.standing, ExportStanding::kValid) << shown(report);
  EXPECT_EQ(report.unwitnessed_count, 0U);
}

TEST_F(VerifyExport, CountsAsManyWitnessesAsTheDirectoryAsksFor) {
  scene_->witness = "CENTRE-2";
  scene_->witnesses.cosignatures = 2;
  EXPECT_EQ(written_and_verified().unwitnessed_count, 7U);
}

TEST_F(VerifyExport, CountsTimeStampsOfAnAuthorityThatTheCheckerTrusts) {
  scene_->stamped = true;
  EXPECT_EQ(written_and_verified().stamped_count, 0U) << "none is trusted";
  scene_->write_trust(root_ / "trust");
  EXPECT_EQ(verify().stamped_count, 7U);
  EXPECT_EQ(verify().describe().at("stamped"), 7);
  // Worth nothing when it is about something else, and no harm to the rest.
  const fs::path name = export_ / "packages/01/proofs/01.json";
  const LogProof proof = LogProof::parse(read_file(name, 1U << 20)).value();
  EXPECT_FALSE(verify_timestamp(proof.timestamps.front(), bytes_of("another"),
                                ExportTrust::load(root_ / "trust").stamp_anchors)
                   .ok());
}

TEST_F(VerifyExport, CountsNoStrangerAsAWitness) {
  for (const char* name : {"CENTRE-3", "CENTRE-1"}) {
    scene_->witness = name;
    fs::remove_all(export_);
    EXPECT_EQ(written_and_verified().unwitnessed_count, 7U) << name;
  }
}

TEST_F(VerifyExport, RefusesAFalseLineOfAWitness) {
  scene_->witness = "CENTRE-2";
  scene_->write(export_);
  // Another time than the one that was signed, by an exporter who signs the index anew.
  const fs::path name = export_ / "packages/01/proofs/01.json";
  LogProof proof = LogProof::parse(read_file(name, 1U << 20)).value();
  SignedNote note = SignedNote::parse(proof.checkpoint).value();
  NoteSignature line = note.signatures().back();
  line.signature[7] ^= 1;
  note.add(line);
  proof.checkpoint = note.bytes();
  write_durably(name, proof.json());
  Json index = parse_json(read_file(export_ / "index.json", 1U << 20), {.bytes_max = 1U << 20})
                   .value();
  for (Json& file : index["files"]) {
    if (file["name"] != "packages/01/proofs/01.json") continue;
    file["size"] = proof.json().size();
    file["sha256"] = sha256(proof.json()).hex();
  }
  write_durably(export_ / "index.json", canonical_json(index));
  write_durably(export_ / "index.p7m", cms_sign(canonical_json(index), scene_->sign_a,
                                                KeyUse::kEvidence, ExportScene::at(60))
                                           .value());
  EXPECT_NE(problem().find("proofs/01.json（日誌證明）"), std::string::npos) << problem();
}

}  // namespace
}  // namespace yizhan
