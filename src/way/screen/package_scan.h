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
  PackageScan(const Inspector& inspector, const Clamd& engine, const PackageScanRules& rules)
      : inspector_(inspector), engine_(engine), rules_(rules) {}

  // Refuses kScannerUnavailable when the engine can not be asked now.
  Result<Finding> run(const Header& header, const OpenedBody& body);

 private:
  void look_at_document(const Result<DocumentInspection>& inspection);
  // false: too large inside for the engine to be asked about it.
  bool take_inventory(std::size_t index, const Result<ContentFacts>& facts);
  Result<void> ask_engine(std::size_t index, const FileHandle& file);
  void look_at_activity(std::size_t index, const ContentFacts& facts);
  void found(Finding finding);
  void found_about_part(std::size_t index, ScanResult result, Reason reason);
  [[nodiscard]] ScanResult result_for(Reason reason) const;

  const Inspector& inspector_;
  const Clamd& engine_;
  const PackageScanRules& rules_;
  std::optional<Finding> worst_;
  ScanInventory inventory_;
  std::size_t passed_by_engine_ = 0;
  std::string flagged_;  // which parts have active content, for people
};

}  // namespace yizhan
