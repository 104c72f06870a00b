#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "ground/base/base.h"

// How agencies, their units and exchange centres are named. Identity is the code, never the name.

namespace yizhan {

// 機關代碼: exactly 10 of [A-Z0-9].
class OrgCode {
 public:
  static Result<OrgCode> parse(std::string_view text);  // kUnknownAgency
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const OrgCode&) const = default;

 private:
  explicit OrgCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// 單位代碼: exactly 7 of [A-Z0-9], or empty for the agency itself.
class UnitCode {
 public:
  UnitCode() = default;
  static Result<UnitCode> parse(std::string_view text);  // kUnknownUnit
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  auto operator<=>(const UnitCode&) const = default;

 private:
  explicit UnitCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// 交換中心代碼: 2–32 of [A-Z0-9-].
class CentreCode {
 public:
  static Result<CentreCode> parse(std::string_view text);  // kUnknownCentre
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const CentreCode&) const = default;

 private:
  explicit CentreCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// An agency or one of its units, as a document names its recipients.
struct Addressee {
  OrgCode org;
  UnitCode unit;

  // 17 characters joined, as the address book writes it.
  [[nodiscard]] std::string text() const { return org.text() + unit.text(); }
  auto operator<=>(const Addressee&) const = default;
};

}  // namespace yizhan
