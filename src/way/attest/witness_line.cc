#include "way/attest/witness_line.h"

namespace yizhan {

namespace {

// A witness that is slower keeps the others waiting.
constexpr std::chrono::seconds kDeadline{5};
constexpr std::size_t kAnswerBytesMax = 64U << 10;

}  // namespace

Result<Response> WitnessLine::ask(const Centre& witness, const Bytes& body) {
  Client* const client = YZ_TRY(client_of(witness));
  return client->send({.method = Method::kPost,
                       .path_and_query = kWitnessPath,
                       .headers = {{"Content-Type", "text/plain"}},
                       .body = body,
                       .response_bytes_max = kAnswerBytesMax},
                      kDeadline);
}

// Made anew when the directory has the centre elsewhere or with other certificates.
Result<Client*> WitnessLine::client_of(const Centre& witness) {
  CentreAddress address = address_of(witness, parts_.clock.now());
  if (address.certificates.empty()) {
    return Refusal{Reason::kCertificateUnregistered, "目錄沒有該中心有效之連線憑證"};
  }
  const std::lock_guard lock(mutex_);
  if (stopped_) return Reason::kUnavailable;
  const auto found = lines_.find(witness.code);
  if (found != lines_.end() && found->second.address == address) {
    return found->second.client.get();
  }
  const auto trust = parts_.trust.current();
  try {
    auto client = std::make_unique<Client>(
        centre_endpoint(address, tls_identity(parts_.key, *trust), *trust));
    Line& line = lines_[witness.code] = {std::move(address), std::move(client)};
    return line.client.get();
  } catch (const std::invalid_argument& unusable) {
    return Refusal{Reason::kUnavailable, "目錄所載之位址無法使用：" + witness.host};
  }
}

void WitnessLine::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (auto& [code, line] : lines_) line.client->stop();
}

}  // namespace yizhan
