#include "ground/subject/subject.h"

#include <utility>

namespace yizhan {

namespace {

Subject& own() {
  thread_local Subject subject;
  return subject;
}

}  // namespace

void work_on(Subject subject) { own() = std::move(subject); }

const Subject& worked_on() { return own(); }

}  // namespace yizhan
