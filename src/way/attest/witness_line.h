#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "model/line/line.h"

namespace yizhan {

inline constexpr const char* kWitnessPath = "/v1/witness/add-checkpoint";

// Carries add-checkpoint requests to other centres, over mutual TLS with the certificates that the
// directory has of them. One thread asks; any may stop.
class WitnessLine {
 public:
  struct Parts {
    std::shared_ptr<SigningKey> key;  // shared_ptr: TLS contexts hold it too
    const TrustSource& trust;
    const Clock& clock;
  };

  explicit WitnessLine(Parts parts) : parts_(std::move(parts)) {}

  // Refuses kUnavailable, kCertificateUntrusted.
  Result<Response> ask(const Centre& witness, const Bytes& body);
  void stop();  // what is under way and all to come is kUnavailable

 private:
  struct Line {
    CentreAddress address;
    std::unique_ptr<Client> client;
  };
  Result<Client*> client_of(const Centre& witness);

  Parts parts_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::map<CentreCode, Line> lines_;
};

}  // namespace yizhan
