#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "model/line/line.h"
#include "role/load/figures.h"

namespace yizhan {

// A D.1 that reached a terminal which waited for news.
struct Wake {
  std::size_t terminal;
  Stamp at;
  Time time;  // the same, by the clock that evidence goes by
  Bytes evidence;
};

// Which terminals a document woke. Thread-safe. What nobody expects (of an earlier run) is passed
// over.
class WakeBook {
 public:
  // Before it is sent: so many terminals will hear of it.
  void expect(const MessageId& message, std::size_t terminals);
  void woken(const MessageId& message, Wake wake);
  // All that there are once they are as many as expected, or when time is over.
  std::vector<Wake> wait(const MessageId& message, std::chrono::milliseconds patience);
  // Wakes beyond those expected, of all documents so far.
  std::size_t surplus();

 private:
  struct Entry {
    std::size_t expected;
    std::vector<Wake> wakes;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<MessageId, Entry> entries_;
};

}  // namespace yizhan
