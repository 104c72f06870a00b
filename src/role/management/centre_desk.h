#pragma once

#include "duty/incident/incident.h"
#include "duty/notice/notice.h"
#include "role/management/issuing.h"
#include "role/management/report_book.h"

namespace yizhan {

// What centres come for: what management hands down, and where their reports go.
struct CentreDesk {
  const DirectorySource& directory;
  Issuing& issuing;
  ReportBook& reports;
  NoticeBook& notices;
  IncidentBook& incidents;
  const Clock& clock;
};

void add_centre_routes(Router& router, const CentreDesk& desk);

}  // namespace yizhan
