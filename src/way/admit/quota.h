#pragma once

#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "ground/base/base.h"
#include "model/agency/agency.h"
#include "model/journey/journey.h"

namespace yizhan {

// How many recipients an agency may address within 24 hours.
struct QuotaPlan {
  // "376550000A=400000" each; every other agency has `recipients`. 0: as many as it likes.
  // Refuses kBadRequest.
  static Result<QuotaPlan> parse(std::int64_t recipients,
                                 const std::vector<std::string>& exceptions);
  [[nodiscard]] std::int64_t of(const OrgCode& agency) const;

  std::int64_t recipients = 0;
  std::map<OrgCode, std::int64_t> exceptions = {};
};

// Keeps a flood of one agency (threats M08, M09) from the others: what goes beyond waits at its
// sender, who reads why and until when, and goes on by itself. Counted in recipients and by whole
// hours. Safe from many threads.
class SendingQuota {
 public:
  explicit SendingQuota(QuotaPlan plan) : plan_(std::move(plan)) {}
  // What the store has of the time before this process.
  void load(Database& database, Time now);

  // Given back when it goes away, unless kept.
  class Booking {
   public:
    Booking(SendingQuota& quota, OrgCode agency, Time at, std::int64_t recipients)
        : quota_(&quota), agency_(std::move(agency)), at_(at), recipients_(recipients) {}
    Booking(Booking&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)),
          agency_(other.agency_),
          at_(other.at_),
          recipients_(other.recipients_) {}
    Booking& operator=(Booking&&) = delete;
    ~Booking() {
      if (quota_ != nullptr) quota_->add(agency_, at_, -recipients_);
    }
    void keep() { quota_ = nullptr; }

   private:
    SendingQuota* quota_;
    OrgCode agency_;
    Time at_;
    std::int64_t recipients_;
  };

  // kQuotaReached, with the limit and when there is room again.
  [[nodiscard]] Result<void> check(const OrgCode& agency, std::int64_t recipients, Time now);
  [[nodiscard]] Result<Booking> book(const OrgCode& agency, std::int64_t recipients, Time now);
  // Who was refused within the last minutes and has not been let through since: whose documents
  // wait. Terminals try again every minute at least.
  [[nodiscard]] std::set<OrgCode> waiting(Time now) const;

 private:
  using Hours = std::map<std::int64_t, std::int64_t>;  // hour since 1970: recipients

  void add(const OrgCode& agency, Time at, std::int64_t recipients);
  Result<void> check_locked(const OrgCode& agency, std::int64_t recipients, Time now);

  const QuotaPlan plan_;
  mutable std::mutex mutex_;
  std::map<OrgCode, Hours> booked_;
  std::map<OrgCode, Time> refused_;
};

}  // namespace yizhan
