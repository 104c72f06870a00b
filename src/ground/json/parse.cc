#include "ground/json/parse.h"

#include <algorithm>

#include "ground/json/code_points.h"

namespace yizhan {

namespace {

Refusal malformed(std::string detail) { return {Reason::kMalformed, std::move(detail)}; }

// Builds the value event by event; false stops the reader at the first thing that is not allowed.
class Builder final : public Json::json_sax_t {
 public:
  explicit Builder(int depth_max) : depth_max_(depth_max) {}

  bool null() override { return place(nullptr) != nullptr; }
  bool boolean(bool value) override { return place(value) != nullptr; }
  bool number_integer(number_integer_t value) override {
    if (value < -kJsonIntegerMax) return refuse("整數超出 ±(2^53−1)");
    return place(value) != nullptr;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > std::uint64_t{kJsonIntegerMax}) return refuse("整數超出 ±(2^53−1)");
    return place(static_cast<std::int64_t>(value)) != nullptr;
  }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return refuse("數值須為 ±(2^53−1) 內之整數，不得有小數或指數");
  }
  bool string(string_t& value) override {
    if (!is_interchange_text(value)) return refuse("字串含有不允許之字元");
    return place(std::move(value)) != nullptr;
  }
  bool binary(binary_t& /*value*/) override { return refuse("不接受二進位值"); }

  bool start_object(std::size_t /*size*/) override { return enter(Json::object()); }
  bool start_array(std::size_t /*size*/) override { return enter(Json::array()); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    name_ = name;
    if (!is_interchange_text(name)) return refuse("成員名稱含有不允許之字元");
    if (open_.back()->contains(name)) return refuse("成員名稱重複");
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    refusal_ = malformed("JSON 語法錯誤，位置 " + std::to_string(position));
    return false;
  }

  Json take() { return std::move(root_); }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

 private:
  bool refuse(const std::string& problem) {
    refusal_ = malformed(problem + (name_.empty() ? "" : "，於成員 " + shown_name(name_)));
    return false;
  }

  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[name_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool enter(Json container) {
    if (static_cast<int>(open_.size()) >= depth_max_) return refuse("巢狀層數過多");
    // Stays where it is while open: its parent gets no other child until this one is closed.
    open_.push_back(place(std::move(container)));
    return true;
  }

  bool leave() {
    open_.pop_back();
    return true;
  }

  int depth_max_;
  Json root_;
  std::vector<Json*> open_;
  std::string name_;  // last one seen
  Refusal refusal_{Reason::kMalformed, {}};
};

}  // namespace

Result<Json> parse_json(ByteView bytes, JsonLimits limits) {
  if (bytes.size() > limits.bytes_max) {
    return Refusal{Reason::kTooLarge, "JSON 超過 " + std::to_string(limits.bytes_max) + " 位元組"};
  }
  // nlohmann/json takes NUL for the end of the input, and skips a byte order mark.
  const auto nul = std::ranges::find(bytes, 0);
  if (nul != bytes.end()) {
    return malformed("JSON 含有 NUL，位置 " + std::to_string(nul - bytes.begin()));
  }
  if (text_of(bytes).starts_with("\xEF\xBB\xBF")) return malformed("JSON 不得有 BOM，位置 0");
  Builder builder(limits.depth_max);
  if (!Json::sax_parse(bytes.begin(), bytes.end(), &builder)) return builder.refusal();
  return builder.take();
}

}  // namespace yizhan
