#pragma once

#include <variant>
#include <vector>

#include "duty/suspension/order_name.h"
#include "ground/json/json.h"

namespace yizhan {

enum class OrderKind { kSuspend, kResume, kRevoke };

std::string_view text_of(OrderKind kind);  // "suspend", "resume", "revoke"

// One of the nine grounds on which the regulation lets a service be suspended.
class Ground {
 public:
  // As the regulation prints its number.
  static std::optional<Ground> find(std::string_view printed);

  [[nodiscard]] std::string_view printed() const;
  [[nodiscard]] std::string_view words() const;  // of the regulation
  auto operator<=>(const Ground&) const = default;

 private:
  explicit Ground(std::size_t index) : index_(index) {}
  std::size_t index_;
};

// Whom: an agency, a centre, or (revoke) one certificate by its SHA-256.
using OrderSubject = std::variant<OrgCode, CentreCode, Sha256>;

// The code, or the digest in hex.
std::string text_of(const OrderSubject& subject);

struct Order {
  OrderKind kind;
  OrderSubject subject;
  std::optional<Ground> ground;  // none: it resumes
  std::string reason;            // in words
  Time noticed;                  // when its subject was given notice
  Time effective;                // from when on it is in force
  std::vector<OrderName> supersedes = {};

  static constexpr std::size_t kBytesMax = 16U << 10;
  // How long what one officer says alone is in force.
  static constexpr Milliseconds kEmergencyLasts = std::chrono::hours{24};

  // The content of the target of that name, and whether it may be said under it. Refuses
  // kMalformed, kUnknownFormat, and kForbidden for what the signers of that name may not say.
  static Result<Order> parse(const OrderName& name, ByteView json);
  [[nodiscard]] Bytes json() const;  // canonical

 private:
  [[nodiscard]] Result<void> check_shape(const OrderName& name) const;
  [[nodiscard]] Result<void> check_authority(const OrderName& name) const;
};

}  // namespace yizhan
