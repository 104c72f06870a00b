#include <iostream>

#include "tests/support/batched_scene.h"
#include "tests/support/relayed_scene.h"

// For two_verifiers_test.py: makes exports of several kinds, with the exporter's key beside them,
// and judges folders and containers as `yizhan verify` does, many in one process.
//
//   export-workshop make ROOT      ROOT/KIND/{export/,export.asice,trust/,others/,key.pem}
//   export-workshop verify         a line "EXPORT<tab>TRUST" each; answers
//                                  "standing<tab>counts<tab>detail"

namespace yizhan {
namespace {

namespace fs = std::filesystem;

void write(ExportScene& scene, const fs::path& to) {
  scene.write(to / "export");
  scene.form = ExportForm::kContainer;
  write_container(to / "enclosed", scene.write_again(to / "enclosed"), to / "export.asice");
  scene.write_trust(to / "trust");
  scene.write_trust(to / "others", TestAuthority("Somebody Else"));
  const SoftwareKey& key = scene.role == ExportRole::kSender ? scene.sign_a : scene.sign_b;
  const SecretBytes pem = key.private_key().pem(SecretBytes{});
  std::ofstream(to / "key.pem") << text_of(pem.view());
}

void consign_released(ExportScene& scene) {
  std::erase_if(scene.rows, [](const EvidenceRow& row) { return row.kind != "A.1"; });
  const Sha256 found = scene.add(scene.verdict(ScanResult::kInfected, 1));
  Statement released = scene.by_centre(EvidenceType::kReleased, std::nullopt, 7);
  released.previous = {found};
  released.approvals = {scene.decision(scene.officer_chen, found),
                        scene.decision(scene.officer_lin, found)};
  Statement consigned = scene.by_centre(EvidenceType::kConsignment, scene.b(), 8);
  consigned.previous = {scene.rows.front().sha256, found, scene.add(released)};
  scene.add(consigned);
}

void refuse(ExportScene& scene) {
  scene.rows.clear();
  Statement refused = scene.by_centre(EvidenceType::kSubmissionRejection, std::nullopt, 0);
  refused.previous = {scene.sealed().sha256};
  refused.reason = Reason::kAgencySuspended;
  scene.add(refused);
}

void open_late(ExportScene& scene) {
  Statement received = scene.by_agency(EvidenceType::kHandover, scene.c(), 39);
  for (const EvidenceRow& row : scene.rows) {
    if (row.kind == "D.1" && row.recipient == scene.c()) received.previous = {row.sha256};
  }
  scene.add(received);
}

struct Kind {
  const char* name;
  void (*change)(ExportScene&);
};

void keep_own(ExportScene& scene) {
  scene.role = ExportRole::kRecipient;
  std::erase_if(scene.rows, [&](const EvidenceRow& row) { return row.recipient == scene.c(); });
}

void revoke_later(ExportScene& scene) {
  scene.authority.revoke(scene.evidence.certificate(), {.revoked_at = ExportScene::at(50)});
}

void leave_unproven(ExportScene& scene) { scene.unproven = {scene.rows.back().sha256}; }

void be_witnessed(ExportScene& scene) { scene.witness = "CENTRE-2"; }

void be_stamped(ExportScene& scene) {
  be_witnessed(scene);
  scene.stamped = true;
}

// Of what the exporter signed itself: for who lies with the right key.
void keep_own_in_batches(ExportScene& scene) {
  keep_own(scene);
  sign_in_batches(scene);
}

constexpr Kind kKinds[] = {{"sender", [](ExportScene&) {}}, {"recipient", keep_own},
                           {"released", consign_released},  {"refused", refuse},
                           {"late", open_late},             {"revoked", revoke_later},
                           {"unproven", leave_unproven}, {"witnessed", be_witnessed},
                           {"stamped", be_stamped},
                           {"batched", sign_in_batches},
                           {"batched_own", keep_own_in_batches}};

int make(const fs::path& root) {
  for (const Kind& kind : kKinds) {
    const fs::path to = root / kind.name;
    fs::create_directories(to);
    ExportScene scene(to);
    kind.change(scene);
    write(scene, to);
  }
  const fs::path relayed = root / "relayed";
  fs::create_directories(relayed);
  RelayedScene scene(relayed);
  write(scene, relayed);
  const fs::path moved = root / "moved";
  fs::create_directories(moved);
  RelayedScene after(moved, {.moved = 10});
  write(after, moved);
  return 0;
}

// For who has another verifier judge it: B.1 over others than were handed over.
int make_swapped(const fs::path& to) {
  fs::create_directories(to);
  RelayedScene scene(to, {.takeover = [](Statement& taken) {
                       taken.leaves_sha256 = sha256(bytes_of("others"));
                     }});
  write(scene, to);
  return 0;
}

int verify() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto tab = line.find('\t');
    const fs::path place = line.substr(0, tab);
    const ExportTrust trust = ExportTrust::load(line.substr(tab + 1));
    const ExportReport report =
        fs::is_directory(place) ? verify_export(place, trust) : verify_container(place, trust);
    std::string detail = report.broken ? report.broken->detail : "";
    std::ranges::replace(detail, '\n', ' ');
    std::cout << text_of(report.standing) << '\t' << report.proven_count << ' '
              << report.unwitnessed_count << ' ' << report.stamped_count << '\t' << detail
              << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace yizhan

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "make") return yizhan::make(arguments[2]);
  if (count == 3 && std::string_view(arguments[1]) == "swapped") {
    return yizhan::make_swapped(arguments[2]);
  }
  if (count == 2 && std::string_view(arguments[1]) == "verify") return yizhan::verify();
  std::cerr << "export-workshop make ROOT | swapped FOLDER | verify\n";
  return 2;
}
