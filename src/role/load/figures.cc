#include "role/load/figures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace yizhan {

namespace {

constexpr std::size_t kExamplesMax = 20;
constexpr double kMinute = 60;

struct FaultText {
  Fault fault;
  std::string_view code;
  std::string_view title;
};

constexpr auto kFaultTexts = std::to_array<FaultText>({
    {Fault::kUnsealed, "unsealed", "未能封裝"},
    {Fault::kRefused, "refused", "中心不受理"},
    {Fault::kUnanswered, "unanswered", "中心未回應"},
    {Fault::kNoAcceptance, "no_acceptance", "受理證明（A.1）不是恰好一份"},
    {Fault::kLost, "lost", "未收到"},
    {Fault::kTwice, "twice", "重複"},
    {Fault::kAltered, "altered", "內容不同"},
    {Fault::kNoFinal, "no_final", "沒有終局證據"},
    {Fault::kSeveralFinals, "several_finals", "終局證據不只一份"},
    {Fault::kNotHandedOver, "not_handed_over", "終局證據不是收訖（E.1）"},
    {Fault::kUnconfirmed, "unconfirmed", "沒有收文確認（F）"},
    {Fault::kStranger, "stranger", "不是本次所發"},
});
static_assert(kFaultTexts.size() == kFaults);

double seconds_of(Stamp::duration time) { return std::chrono::duration<double>(time).count(); }

template <class... Values>
std::string line_of(const char* format, Values... values) {
  std::array<char, 256> room{};
  std::snprintf(room.data(), room.size(), format, values...);
  return room.data();
}

}  // namespace

std::string_view text_of(Stage stage) {
  switch (stage) {
    case Stage::kAccepted:
      return "A.1";
    case Stage::kConsigned:
      return "D.1";
    case Stage::kHandedOver:
      return "E.1";
    case Stage::kConfirmed:
      return "F";
  }
  return "";
}

std::string_view code_of(Fault fault) {
  return kFaultTexts.at(static_cast<std::size_t>(fault)).code;
}

std::string_view title_of(Fault fault) {
  return kFaultTexts.at(static_cast<std::size_t>(fault)).title;
}

Latency Latency::of(std::vector<std::uint32_t> microseconds) {
  if (microseconds.empty()) return {};
  std::ranges::sort(microseconds);
  const auto count = static_cast<double>(microseconds.size());
  const auto at = [&](double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * count));
    return microseconds[std::max<std::size_t>(rank, 1) - 1] / 1000.0;
  };
  return {static_cast<std::int64_t>(microseconds.size()), at(0.5), at(0.9), at(0.99), at(1)};
}

Json Latency::describe() const {
  return {{"count", count},
          {"p50", p50},
          {"p90", p90},
          {"p99", p99},
          {"max", longest}};
}

Rates Rates::of(std::span<const std::pair<Stamp, std::uint64_t>> closings, const Span& span) {
  Rates rates;
  const double whole = seconds_of(span.end - span.begin);
  if (whole <= 0) return rates;
  rates.stretch_seconds = std::min(kMinute, whole / 2);
  for (const auto& [at, bytes] : closings) {
    const double since = seconds_of(at - span.begin);
    if (since > whole) continue;  // while it drained
    rates.documents += 1 / whole;
    rates.bytes += static_cast<double>(bytes) / whole;
    if (since <= rates.stretch_seconds) rates.first += 1 / rates.stretch_seconds;
    if (since > whole - rates.stretch_seconds) rates.last += 1 / rates.stretch_seconds;
  }
  return rates;
}

void Report::add(Fault fault, const std::string& what) {
  ++faults.at(static_cast<std::size_t>(fault));
  if (examples.size() < kExamplesMax) examples.push_back(std::string(code_of(fault)) + " " + what);
}

bool Report::is_right() const {
  return counts.sent > 0 && std::accumulate(faults.begin(), faults.end(), std::int64_t{0}) == 0;
}

Json Report::describe() const {
  Json latency = Json::object(), wrong = Json::object();
  for (std::size_t i = 0; i < kStages; ++i) {
    latency[std::string(text_of(static_cast<Stage>(i)))] = latencies.at(i).describe();
  }
  for (std::size_t i = 0; i < kFaults; ++i) {
    wrong[std::string(code_of(static_cast<Fault>(i)))] = faults.at(i);
  }
  return {{"right", is_right()},
          {"seconds", seconds},
          {"sent", counts.sent},
          {"accepted", counts.accepted},
          {"recipients", recipients},
          {"received", counts.received},
          {"finals", finals},
          {"confirmed", confirmed},
          {"documents_per_second", rates.documents},
          {"documents_per_second_first", rates.first},
          {"documents_per_second_last", rates.last},
          {"stretch_seconds", rates.stretch_seconds},
          {"bytes_per_second", rates.bytes},
          {"latency_ms", std::move(latency)},
          {"troubles", troubles},
          {"faults", std::move(wrong)},
          {"examples", examples}};
}

std::string Report::text() const {
  std::string text =
      line_of("發文 %lld 件、受理 %lld 件；受文者 %lld、收到 %lld、終局證據 %lld、確認 %lld\n",
              static_cast<long long>(counts.sent), static_cast<long long>(counts.accepted),
              static_cast<long long>(recipients), static_cast<long long>(counts.received),
              static_cast<long long>(finals), static_cast<long long>(confirmed));
  text += line_of("%.1f 秒，每秒 %.1f 件（前 %.0f 秒 %.1f、後 %.0f 秒 %.1f），%.2f MB/s\n", seconds,
                  rates.documents, rates.stretch_seconds, rates.first, rates.stretch_seconds,
                  rates.last, rates.bytes / 1e6);
  for (std::size_t i = 0; i < kStages; ++i) {
    const Latency& latency = latencies.at(i);
    text += line_of("送出→%-3s  p50 %8.1f  p90 %8.1f  p99 %8.1f  max %8.1f ms（%lld）\n",
                    text_of(static_cast<Stage>(i)).data(), latency.p50, latency.p90, latency.p99,
                    latency.longest, static_cast<long long>(latency.count));
  }
  for (const auto& [what, count] : troubles) {
    text += "重試或拒絕 " + what + "：" + std::to_string(count) + "\n";
  }
  for (const FaultText& row : kFaultTexts) {
    const std::int64_t count = faults.at(static_cast<std::size_t>(row.fault));
    if (count > 0) text += "錯誤 " + std::string(row.title) + "：" + std::to_string(count) + "\n";
  }
  for (const std::string& example : examples) text += "  " + example + "\n";
  return text + (is_right() ? "每件公文皆送達一次、內容相同、證據齊全\n" : "結果不正確\n");
}

}  // namespace yizhan
