#pragma once

#include <functional>

#include "tests/support/export_scene.h"

// The letter of export_scene.h, where agency c is of a second centre, which takes its copy over.

namespace yizhan {

// What the second centre states of agency c's copy, as a test would have it other than usual.
struct SecondCentre {
  std::function<void(Statement&)> takeover = [](Statement&) {};
  std::function<void(Statement&)> consignment = [](Statement&) {};
  std::optional<int> moved = {};  // when agency c has moved from it to the first, in minutes
};

class RelayedScene : public ExportScene {
 public:
  explicit RelayedScene(const std::filesystem::path& folder, const SecondCentre& second_centre = {})
      : ExportScene(folder) {
    move_c();
    Header relayed = head();
    relayed.scanners.push_back({second(), scanner_2.certificate().sha256(), {}});
    seal(relayed);
    rows.clear();
    state_relayed(second_centre);
    if (second_centre.moved) move_c_back(*second_centre.moved);
  }

 private:
  [[nodiscard]] Statement by_second(EvidenceType type, std::optional<Addressee> recipient,
                                    int minutes) const {
    Statement statement = by_centre(type, std::move(recipient), minutes);
    statement.actor = {second(), evidence_2.certificate().sha256(), {}, {}};
    return statement;
  }

  // Accepted and scanned, handed over for C, scanned again, consigned, received.
  void state_relayed(const SecondCentre& second_centre) {
    Statement accepted = by_centre(EvidenceType::kSubmissionAcceptance, std::nullopt, 0);
    accepted.previous = {sealed().sha256};
    accepted.recipient_count = 2;
    const Sha256 acceptance = add(accepted), clean = add(verdict(ScanResult::kClean, 1));
    Statement taken = by_second(EvidenceType::kRelayAcceptance, std::nullopt, 2);
    taken.previous = {acceptance, clean};
    taken.recipient_count = 1;
    const std::vector<Bytes> of_c = {leaf_of_c()};
    taken.leaves_sha256 = leaves_sha256(of_c);
    second_centre.takeover(taken);
    const Sha256 takeover = add(taken);
    Verdict again = verdict(ScanResult::kClean, 3);
    again.centre = second();
    again.scanner_certificate = scanner_2.certificate().sha256();
    Statement consigned = by_second(EvidenceType::kConsignment, c(), 4);
    consigned.previous = {acceptance, takeover, clean, add(again)};
    second_centre.consignment(consigned);
    Statement received = by_agency(EvidenceType::kHandover, c(), 5);
    received.previous = {add(consigned)};
    add(received);
  }
};

}  // namespace yizhan
