#pragma once

#include <string>

namespace yizhan {

// What this thread is at work on, for the log only: a line that is written meanwhile, or about an
// accident on the way, names the document without every call having to carry it along. Whoever
// reads a document's row or signed bytes says so; whoever begins a round of work says that it is
// nothing yet.
struct Subject {
  std::string sender;   // both empty: nothing
  std::string message;
};

void work_on(Subject subject);
const Subject& worked_on();

}  // namespace yizhan
