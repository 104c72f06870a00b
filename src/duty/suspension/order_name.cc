#include "duty/suspension/order_name.h"

#include <charconv>

#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::string_view kEmergencyFolder = "emergency";
constexpr std::string_view kEnding = ".json";

Refusal malformed(std::string_view path) {
  return {Reason::kMalformed, "不是命令之路徑：" + std::string(path)};
}

// From 1, in the one way of writing it.
std::optional<std::int64_t> find_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || number < 1 || number > kJsonIntegerMax || text.front() == '0') return std::nullopt;
  return number;
}

}  // namespace

Result<OrderName> OrderName::parse(std::string_view path) {
  if (!path.starts_with(kFolder) || !path.ends_with(kEnding)) return malformed(path);
  std::string_view rest = path;
  rest.remove_prefix(kFolder.size());
  rest.remove_suffix(kEnding.size());
  const std::size_t slash = rest.rfind('/');
  const bool below = slash != std::string_view::npos;
  const auto number = find_number(below ? rest.substr(slash + 1) : rest);
  if (!number) return malformed(path);
  if (!below) return OrderName(OrderSeries::kOrdinary, std::nullopt, *number);
  const std::string_view folder = rest.substr(0, slash);
  if (folder == kEmergencyFolder) return OrderName(OrderSeries::kEmergency, std::nullopt, *number);
  const Result<CentreCode> centre = CentreCode::parse(folder);
  if (!centre) return malformed(path);
  return OrderName(OrderSeries::kCentre, *centre, *number);
}

std::string OrderName::text() const {
  std::string folder(kFolder);
  if (series_ == OrderSeries::kEmergency) folder += std::string(kEmergencyFolder) + "/";
  if (centre_) folder += centre_->text() + "/";
  return folder + std::to_string(number_);
}

}  // namespace yizhan
