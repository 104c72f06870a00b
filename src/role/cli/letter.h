#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "ground/json/json.h"

namespace yizhan {

// A document on the clerk's disk: the DI and the files beside it that it declares.
struct Letter {
  std::filesystem::path di;
  std::optional<std::filesystem::path> sw;
  std::vector<std::filesystem::path> files;  // attachments, in the document's order
};

// Why a document can not be used: issues as the API describes them.
struct LetterCheck {
  std::optional<Letter> letter;  // none: unreadable
  Json issues = Json::array();
  Json facts;  // what the document says
};

// Reads the DI. Refuses kNotFound, kTooLarge.
Result<LetterCheck> read_letter(const std::filesystem::path& di);
// The same, and document, roster and files against each other; no address book is asked.
Result<LetterCheck> validate_letter(const std::filesystem::path& di);
// As people read it; with issues instead when it can not be read.
struct RenderedLetter {
  std::string text;
  LetterCheck check;
};
Result<RenderedLetter> render_letter(const std::filesystem::path& di);

}  // namespace yizhan
