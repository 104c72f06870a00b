#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "ground/json/json.h"

namespace yizhan {

// A document on the clerk's disk: the DI and the files beside it that it declares.
struct Letter {
  std::filesystem::path di;
  std::optional<std::filesystem::path> sw = {};
  std::optional<std::filesystem::path> dm = {};         // 文書訊息
  std::vector<std::filesystem::path> files = {};        // attachments, in the document's order
  std::vector<std::filesystem::path> renditions = {};   // 內含本文與附件之可攜式文件
};

// Why a document can not be used: issues as the API describes them.
struct LetterCheck {
  std::optional<Letter> letter;  // none: unreadable, or a name in it that no file may have
  Json issues = Json::array();
  Json facts;  // what the document says
};

// Reads the DI, and the SW for the files that it names. Refuses kNotFound, kTooLarge.
Result<LetterCheck> read_letter(const std::filesystem::path& di);
// The same, and document, roster and files against each other; no address book is asked.
Result<LetterCheck> validate_letter(const std::filesystem::path& di);
// As people read it.
struct RenderedLetter {
  std::string text;  // empty: it can not be read, see issues
  LetterCheck check;
};
Result<RenderedLetter> render_letter(const std::filesystem::path& di);

}  // namespace yizhan
