#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/document/instance.h"
#include "model/document/roster.h"

namespace yizhan {

// The document as people read it, in the layout of an official letter: plain text, lines not
// wrapped, parentheses of numbering in full width as on paper.
std::string render_text(const Document& document);

// For the API and `--json`. What is not stated is null or absent, never a default.
nlohmann::json describe(const Document& document);
nlohmann::json describe(const Roster& roster);
nlohmann::json describe(const Issue& issue);

}  // namespace yizhan
