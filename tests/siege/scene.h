#pragma once

#include <functional>

#include "tests/support/key_folder.h"
#include "tests/world/clerk.h"

namespace yizhan {

// Addresses besides their own from which the lab's agencies may come: for crowds.
std::vector<std::string> crowd_addresses();

// A lab and its running programs, for all tests of one program: starting them takes longer than
// most of the tests. Each test leaves it as it found it.
class Scene {
 public:
  static Scene& shared();

  [[nodiscard]] const Lab& lab() const { return lab_; }
  [[nodiscard]] World& world() { return world_; }
  // A serial number that no letter has had.
  std::string next_serial();
  // Ends a program and starts it again, with what its configuration says now.
  void restart(const std::string& name);
  // Replaces `from` in a file of the lab; it must stand there.
  void edit(const std::string& file, const std::string& from, const std::string& to) const;

 private:
  Scene();

  TemporaryFolder folder_;
  Lab lab_;
  World world_;
  int serial_ = 0;
};

// What the terminal of `agency` answers, or the operator's socket ("centre").
Json look(const Lab& lab, const std::string& agency, const std::string& path);
Response fetch(const Lab& lab, const std::string& agency, const std::string& path);

// Asks again until it is so. False: it did not become so in time.
bool becomes(const std::function<bool()>& so,
             std::chrono::milliseconds patience = std::chrono::seconds{60});

// State and reason of every recipient of a document, as its sender sees them: "held (infected)".
std::map<std::string, int> fates_of(const Lab& lab, const std::string& document);

}  // namespace yizhan
