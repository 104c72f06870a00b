#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yizhan {

enum class PartyKind { kPerson, kUnit, kAgency, kGroup };  // 姓名, 單位名, 全銜, 總稱
enum class CopyForm {
  kOriginal,     // 正本
  kCopy,         // 副本
  kTranscript,   // 抄本
  kPhotocopy,    // 影本
  kTranslation,  // 譯本
  kManuscript,   // 稿本
  kDraft,        // 草稿
  kFinal,        // 定稿
  kBasePlan,     // 底圖
  kBlueprint,    // 藍圖
};

std::string_view title_of(CopyForm kind);  // "正本"

// Whoever sends or is addressed. What the place does not provide for stays empty: 正本 has no
// codes, 發文機關 no copy kind.
struct Party {
  PartyKind kind = PartyKind::kAgency;
  std::string name{};
  std::string title{};                     // 職稱, of persons
  std::string org_code{};                  // 10 characters, or empty
  std::string unit_code{};                 // 7 characters, or empty
  std::optional<bool> with_attachments{};  // 含附件; empty: not stated
  std::string portable_copy{};             // 內含本文與附件之可攜式文件檔名
  std::optional<CopyForm> copy_kind{};     // 本別

  bool operator==(const Party&) const = default;
};

}  // namespace yizhan
