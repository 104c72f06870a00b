#pragma once

#include <atomic>
#include <map>

#include "ground/json/json.h"
#include "ground/net/net.h"
#include "tests/world/world.h"

namespace yizhan {

// A registry clerk at one agency's terminal: writes letters, sends them, looks at them. Asks again
// when the terminal is away, as a document-management system does.
class Clerk {
 public:
  Clerk(const Lab& lab, const std::string& agency);

  // A letter with one attachment to both others; the subject is its serial number.
  // Answers the document id.
  std::string send_letter(const std::string& serial, const std::string& attachment);
  // Letters with serial numbers from that one on, until told to stop; their document ids.
  std::vector<std::string> send_until(const std::atomic<bool>& stop, int first_serial);
  // How many recipients of the document stand in each state.
  std::map<std::string, int> states_of(const std::string& document);
  // What the sender reads of it: of each recipient its code, and why it waits.
  std::map<std::string, std::string> reasons_of(const std::string& document);
  // Every subject in the inbox with how often it is there, whatever its state.
  std::map<std::string, int> inbox();

 private:
  Json call(Method method, const std::string& path, const Json& body, const Headers& headers = {});
  Response ask(const OutgoingRequest& request);
  void upload(const std::string& draft, const std::string& name, const std::string& content);

  Client client_;
  const LabAgency first_, self_;  // who sends in the template, and who does here
};

// A centre's books, once it answers.
Json accounting_of(const Lab& lab, const std::string& centre = "centre");

}  // namespace yizhan
