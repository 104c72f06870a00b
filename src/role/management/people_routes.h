#pragma once

#include "duty/certificate/certificate.h"
#include "duty/connection/connection.h"
#include "duty/incident/incident.h"
#include "duty/notice/notice.h"
#include "duty/supervision/supervision.h"
#include "model/agency/agency.h"
#include "role/management/access.h"
#include "role/management/attempts.h"
#include "role/management/issuing.h"
#include "role/management/report_book.h"

namespace yizhan {

// docs/protocol/management.md: what people do, over HTTPS and over the operators' socket.
struct PeopleDesk {
  Database& database;
  const Accounts& accounts;
  Sessions& sessions;
  Attempts& attempts;
  const DirectorySource& directory;
  const TrustSource& trust;
  Issuing& issuing;
  const ReportBook& reports;
  const NoticeBook& notices;
  const CertificateBook& certificates;
  ChangeBook& changes;
  IncidentBook& incidents;
  const SupervisionBook& supervision;
  const Clock& clock;
  Milliseconds recovery = std::chrono::hours{24};  // how long a recovery token may be used
};

// Every line of the table of routes.
void add_people_routes(Router& router, const PeopleDesk& desk);

// Inside role/management: what stands behind a line.
using PersonWork = Result<Response> (*)(const PeopleDesk&, const Caller&, const Request&);
struct PersonRoute {
  Method method;
  std::string_view pattern;
  PersonWork work;
};
std::span<const PersonRoute> session_routes();
std::span<const PersonRoute> account_routes();
std::span<const PersonRoute> officer_routes();
std::span<const PersonRoute> change_routes();
std::span<const PersonRoute> incident_routes();
std::span<const PersonRoute> ground_routes();

// The members of a small body of texts. Refuses kMalformed.
Result<Json> small_body(const Request& request);
SecretBytes secret_in(Members& members, std::string_view name);
Json describe(const PersonalAccount& account);

}  // namespace yizhan
