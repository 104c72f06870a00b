#pragma once

#include <libxml/tree.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// Says where the children of an element leave their content model, and what could stand there
// instead. libxml2 only says that they do.

namespace yizhan {

struct ContentFault {
  std::size_t at;  // index of the first wrong child; their number if one is missing
  std::vector<std::string> expected;  // element names that could come here
};

// `model` may be nullptr (no content). nullopt if the children obey.
std::optional<ContentFault> find_content_fault(const xmlElementContent* model,
                                               const std::vector<std::string>& children);

}  // namespace yizhan
