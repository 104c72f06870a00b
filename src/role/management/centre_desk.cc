#include "role/management/centre_desk.h"

namespace yizhan {

void add_centre_routes(Router& router, const CentreDesk& desk) {
  const auto centre_of = [desk](const Request& request) {
    return find_calling_centre(request.peer, *desk.directory.current(), desk.clock.now());
  };
  add_repository_routes(
      router, {.admit = [centre_of](const Request& request) -> Result<void> {
                 YZ_TRY(centre_of(request));
                 return {};
               },
               .file = [desk](const std::string& location) { return desk.issuing.file(location); },
               .version = [desk] { return desk.issuing.standing().version; },
               .take_report = [desk, centre_of](const Request& request) -> Result<void> {
                 const CentreCode centre = YZ_TRY(centre_of(request));
                 return desk.reports.take(request.body, centre);
               },
               .take_notice_answer = [desk, centre_of](const Request& request) -> Result<void> {
                 const CentreCode centre = YZ_TRY(centre_of(request));
                 return desk.notices.take_answer(request.body, centre);
               },
               .take_incident = [desk, centre_of](const Request& request) -> Result<Json> {
                 const CentreCode centre = YZ_TRY(centre_of(request));
                 return desk.incidents.take(request.body, centre);
               }});
}

}  // namespace yizhan
