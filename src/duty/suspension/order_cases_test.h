#pragma once

#include "duty/suspension/suspension.h"
#include "tests/support/small_exchange.h"

// Orders about the agencies of SmallExchange.

namespace yizhan {

inline OrderName name_of(std::string_view path) { return OrderName::parse(path).value(); }

inline Order order_of(OrderKind kind, OrderSubject subject, Time effective = kTestNow) {
  const bool resumes = kind == OrderKind::kResume;
  return {kind,
          std::move(subject),
          resumes ? std::nullopt : Ground::find("十三(一)"),
          resumes ? "改善完成" : "第三級資安事件",
          effective - std::chrono::hours{1},
          effective};
}

inline Order suspend_b(Time effective = kTestNow) {
  return order_of(OrderKind::kSuspend, OrgCode::parse("B02000000B").value(), effective);
}
inline Order suspend_second() {
  return order_of(OrderKind::kSuspend, CentreCode::parse("CENTRE-2").value());
}
inline Order revoke(const Sha256& certificate, Time effective = kTestNow) {
  return order_of(OrderKind::kRevoke, certificate, effective);
}
inline Order revoke_b() { return revoke(sha256(bytes_of("a certificate"))); }
inline Order resume_b(std::string_view ends, Time effective = kTestNow) {
  Order order = order_of(OrderKind::kResume, OrgCode::parse("B02000000B").value(), effective);
  order.supersedes = {name_of(ends)};
  return order;
}

}  // namespace yizhan
