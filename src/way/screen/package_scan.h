#pragma once

#include "ground/antivirus/antivirus.h"
#include "model/evidence/evidence.h"
#include "model/inspection/inspection.h"

namespace yizhan {

// What was found in one package. Whatever is not said otherwise is not clean.
struct Finding {
  ScanResult result = ScanResult::kIncomplete;
  std::string name = {};  // of the malware
  std::optional<Reason> reason = Reason::kScanIncomplete;
  std::string detail = {};  // for people; never content: neither names nor text of the document
  ScanInventory inventory = {};
};

// Macros, scripts, things that start by themselves: the verdict says so, or people decide.
enum class ActiveContent { kFlag, kHold };

struct PackageScanRules {
  ContentPolicy content;
  ActiveContent active_content = ActiveContent::kFlag;
  bool classified_allowed = false;
};

// Looks at an opened package: document, then each part by name, type and inventory, then by the
// engine. All of it is looked at, so that malware is reported even where something else is wrong
// too; the worst that was found is the finding. One package, one thread.
class PackageScan {
 public:
  PackageScan(const Inspector& inspector, const PackageScanRules& rules)
      : inspector_(inspector), rules_(rules) {}

  // First, all that needs no engine. `header` and `body` outlive this.
  void inspect(const Header& header, const OpenedBody& body);

  // Then the engine: about which parts it is to be asked, and what it said of each.
  [[nodiscard]] std::vector<const FileHandle*> for_engine() const;
  Finding conclude(std::span<const Result<ScanAnswer>> answers);

 private:
  void look_at_document(const Result<DocumentInspection>& inspection);
  void take_inventory(std::size_t index, const Result<ContentFacts>& facts);
  void look_at_answer(std::size_t index, const Result<ScanAnswer>& answer);
  void look_at_activity(std::size_t index, const ContentFacts& facts);
  void found(Finding finding);
  void found_about_part(std::size_t index, ScanResult result, Reason reason);
  [[nodiscard]] ScanResult result_for(Reason reason) const;

  const Inspector& inspector_;
  const PackageScanRules& rules_;
  const OpenedBody* body_ = nullptr;
  std::vector<std::size_t> for_engine_;  // not those too large inside for it to be asked
  std::optional<Finding> worst_;
  ScanInventory inventory_;
  std::string flagged_;  // which parts have active content, for people
};

}  // namespace yizhan
