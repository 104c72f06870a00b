#pragma once

#include <compare>
#include <optional>

#include "model/agency/agency.h"

namespace yizhan {

// Whose orders: by which role of the distribution they are signed.
enum class OrderSeries {
  kOrdinary,   // orders/7.json: two officers of management
  kEmergency,  // orders/emergency/7.json: one of them
  kCentre,     // orders/CENTRE-1/7.json: the officers of that centre
};

// An order is its target: the path says who had to sign it and is all that is believed of that.
class OrderName {
 public:
  static constexpr std::string_view kFolder = "orders/";
  // kMalformed.
  static Result<OrderName> parse(std::string_view path);

  [[nodiscard]] OrderSeries series() const { return series_; }
  [[nodiscard]] const std::optional<CentreCode>& centre() const { return centre_; }
  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] bool same_series(const OrderName& other) const {
    return series_ == other.series_ && centre_ == other.centre_;
  }
  // "orders/CENTRE-1/7.json"; for people without ".json".
  [[nodiscard]] std::string path() const { return text() + ".json"; }
  [[nodiscard]] std::string text() const;

  auto operator<=>(const OrderName&) const = default;

 private:
  OrderName(OrderSeries series, std::optional<CentreCode> centre, std::int64_t number)
      : series_(series), centre_(std::move(centre)), number_(number) {}

  OrderSeries series_;
  std::optional<CentreCode> centre_;
  std::int64_t number_;
};

}  // namespace yizhan
