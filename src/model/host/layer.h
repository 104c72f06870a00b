#pragma once

#include <optional>
#include <string_view>

#include "ground/base/base.h"

namespace yizhan {

// Which programs a host runs.
enum class Layer { kManagement, kExchange, kTerminal };

std::string_view text_of(Layer layer);  // "management", "exchange", "terminal"
std::optional<Layer> find_layer(std::string_view text);
// As somebody wrote it. Refuses kBadRequest.
Result<Layer> require_layer(std::string_view text);

}  // namespace yizhan
