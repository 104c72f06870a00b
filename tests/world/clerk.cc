#include "tests/world/clerk.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace yizhan {

namespace {

constexpr auto kDeadline = std::chrono::seconds{10};
constexpr auto kPause = std::chrono::milliseconds{100};
constexpr int kTries = 600;

std::string template_of(const std::string& name) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/tests/world/documents/" +
                     name);
  std::stringstream text;
  text << file.rdbuf();
  YZ_ASSERT(!text.str().empty());
  return text.str();
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string filled(std::string text, const std::string& serial) {
  namespace chrono = std::chrono;
  const chrono::year_month_day today{chrono::floor<chrono::days>(chrono::system_clock::now())};
  const std::string year = std::to_string(static_cast<int>(today.year()) - 1911);
  replace(text, "@BASE@", year + serial);
  replace(text, "@SERIAL@", serial);
  replace(text, "@YEAR@", year);
  replace(text, "@DATE@",
          "中華民國" + year + "年" + std::to_string(static_cast<unsigned>(today.month())) + "月" +
              std::to_string(static_cast<unsigned>(today.day())) + "日");
  return text;
}

// The letter as `self` sends it: in every place where the first agency stood, and the other way
// round.
std::string swapped(std::string text, const LabAgency& first, const LabAgency& self) {
  const std::string mark(1, '\1');
  for (const auto& [ours, theirs] : {std::pair(first.name, self.name),
                                     std::pair(first.code, self.code)}) {
    replace(text, ours, mark);
    replace(text, theirs, ours);
    replace(text, mark, theirs);
  }
  return text;
}

std::string year_now() { return filled("@YEAR@", ""); }

}  // namespace

Clerk::Clerk(const Lab& lab, const std::string& agency)
    : client_([&] {
        Endpoint endpoint;
        endpoint.unix_path = lab.socket_of(agency).string();
        return endpoint;
      }()),
      first_(lab.agencies().front()),
      self_(*std::ranges::find(lab.agencies(), agency, &LabAgency::folder)) {}

Response Clerk::ask(const OutgoingRequest& request) {
  for (int i = 0; i < kTries; ++i) {
    Result<Response> answer = client_.send(request, kDeadline);
    if (answer && answer->status < 500) return std::move(*answer);
    std::this_thread::sleep_for(kPause);
  }
  throw std::runtime_error("the terminal does not come back: " + request.path_and_query);
}

Json Clerk::call(Method method, const std::string& path, const Json& body,
                 const Headers& headers) {
  OutgoingRequest request;
  request.method = method;
  request.path_and_query = path;
  request.headers = headers;
  if (!body.is_null()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = canonical_json(body);
  }
  const Response answer = ask(request);
  if (answer.status >= 400) {
    throw std::runtime_error(path + ": " + std::string(text_of(answer.body)));
  }
  return answer.body.empty() ? Json() : Json::parse(text_of(answer.body));
}

void Clerk::upload(const std::string& draft, const std::string& name,
                   const std::string& content) {
  OutgoingRequest request;
  request.method = Method::kPut;
  request.path_and_query =
      "/api/v1/drafts/" + draft + "/files/" + percent_encode(name) + "?offset=0";
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.body = copy_of(bytes_of(content));
  const Response answer = ask(request);
  if (answer.status >= 400) throw std::runtime_error(std::string(text_of(answer.body)));
}

std::string Clerk::send_letter(const std::string& serial, const std::string& attachment) {
  const std::string base = year_now() + serial;
  std::string di = filled(template_of("infected.di"), serial);
  replace(di, "裝置操作說明", "裝置操作說明 " + serial);
  const std::string draft =
      call(Method::kPost, "/api/v1/drafts", Json::object()).at("draft").get<std::string>();
  const std::string names[] = {base + ".di", base + ".sw", base + "-ATTCH1.txt"};
  upload(draft, names[0], swapped(di, first_, self_));
  upload(draft, names[1], swapped(template_of("infected.sw"), first_, self_));
  upload(draft, names[2], attachment);
  const Json order = {{"pairs", {{{"di", names[0]}, {"sw", names[1]}, {"files", {names[2]}}}}},
                      {"person", "王小明"}};
  return call(Method::kPost, "/api/v1/drafts/" + draft + "/sending", order,
              {{"Idempotency-Key", "letter-" + serial}})
      .at("id")
      .get<std::string>();
}

std::vector<std::string> Clerk::send_until(const std::atomic<bool>& stop, int first_serial) {
  std::vector<std::string> documents;
  while (!stop) {
    const std::string number = std::to_string(first_serial + static_cast<int>(documents.size()));
    const std::string serial = std::string(7 - number.size(), '0') + number;
    documents.push_back(send_letter(serial, "附件內容 " + serial + "\n"));
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
  }
  return documents;
}

std::map<std::string, int> Clerk::states_of(const std::string& document) {
  std::map<std::string, int> states;
  const Json json = call(Method::kGet, "/api/v1/documents/" + document, Json());
  for (const Json& package : json.at("packages")) {
    for (const Json& recipient : package.at("recipients")) {
      ++states[recipient.at("state").get<std::string>()];
    }
  }
  return states;
}

std::map<std::string, std::string> Clerk::reasons_of(const std::string& document) {
  std::map<std::string, std::string> reasons;
  const Json json = call(Method::kGet, "/api/v1/documents/" + document, Json());
  for (const Json& package : json.at("packages")) {
    for (const Json& recipient : package.at("recipients")) {
      if (recipient.contains("reason")) {
        reasons[recipient.at("org_code").get<std::string>()] = recipient.at("reason").dump();
      }
    }
  }
  return reasons;
}

std::map<std::string, int> Clerk::inbox() {
  std::map<std::string, int> subjects;
  std::string before;
  do {
    const std::string query = before.empty() ? "" : "&before=" + percent_encode(before);
    const Json page = call(Method::kGet, "/api/v1/inbox?limit=200" + query, Json());
    for (const Json& mail : page.at("items")) ++subjects[mail.value("subject", "")];
    before = page.value("next", "");
  } while (!before.empty());
  return subjects;
}

Json accounting_of(const Lab& lab, const std::string& centre) {
  Endpoint endpoint;
  endpoint.unix_path = lab.socket_of(centre).string();
  Client client(endpoint);
  for (int i = 0; i < kTries; ++i) {
    OutgoingRequest request;
    request.path_and_query = "/v1/operator/accounting";
    const Result<Response> answer = client.send(request, kDeadline);
    if (answer && answer->status == 200) return Json::parse(text_of(answer->body));
    std::this_thread::sleep_for(kPause);
  }
  throw std::runtime_error("the centre does not come back");
}

}  // namespace yizhan
