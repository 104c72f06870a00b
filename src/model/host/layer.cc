#include "model/host/layer.h"

#include <algorithm>
#include <array>

namespace yizhan {

namespace {

constexpr std::array<std::pair<Layer, std::string_view>, 3> kLayers{
    {{Layer::kManagement, "management"},
     {Layer::kExchange, "exchange"},
     {Layer::kTerminal, "terminal"}}};

}  // namespace

std::string_view text_of(Layer layer) {
  return std::ranges::find(kLayers, layer, &decltype(kLayers)::value_type::first)->second;
}

std::optional<Layer> find_layer(std::string_view text) {
  const auto found = std::ranges::find(kLayers, text, &decltype(kLayers)::value_type::second);
  return found == kLayers.end() ? std::nullopt : std::optional(found->first);
}

Result<Layer> require_layer(std::string_view text) {
  const auto layer = find_layer(text);
  if (layer) return *layer;
  return Refusal{Reason::kBadRequest,
                 "層級須為 management、exchange 或 terminal：" + std::string(text)};
}

}  // namespace yizhan
