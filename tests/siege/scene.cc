#include "tests/siege/scene.h"

#include <signal.h>
#include <sys/resource.h>

#include <thread>

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr auto kDeadline = std::chrono::seconds{10};
constexpr auto kPause = std::chrono::milliseconds{50};
constexpr std::size_t kFileMax = 1U << 20;
constexpr int kCrowdAddresses = 10;

// For us and for the programs that we start: a crowd needs more than a shell usually allows.
Lab lab_with_descriptors(const std::filesystem::path& folder) {
  rlimit limit{};
  YZ_ASSERT(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  YZ_ASSERT(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  return Lab(folder, {.more_addresses = crowd_addresses()});
}

}  // namespace

std::vector<std::string> crowd_addresses() {
  std::vector<std::string> addresses;
  for (int i = 0; i < kCrowdAddresses; ++i) {
    addresses.push_back("127.0.0." + std::to_string(10 + i));
  }
  return addresses;
}

// The scanner loses patience sooner than in earnest, and insists on young signatures only where a
// test says so.
Scene::Scene() : lab_(lab_with_descriptors(folder_ / "lab")), world_(lab_, programs()) {
  const auto file = lab_.root() / "centre/scanner.toml";
  const std::string text = yizhan::read_file(file);
  write_durably(file, bytes_of(text + "answer = \"1s\"\nscan = \"2s\"\n"), 0644);
  world_.start_all();
}

Scene& Scene::shared() {
  static Scene scene;
  return scene;
}

std::string Scene::next_serial() {
  const std::string digits = std::to_string(++serial_);
  return std::string(7 - digits.size(), '0') + digits;
}

void Scene::restart(const std::string& name) {
  world_.kill(name, SIGTERM);
  world_.start(name);
  world_.wait_until_ready(name);
}

void Scene::edit(const std::string& file, const std::string& from, const std::string& to) const {
  const auto path = lab_.root() / file;
  std::string text(text_of(yizhan::read_file(path, kFileMax)));
  const auto at = text.find(from);
  YZ_ASSERT(at != std::string::npos);
  write_durably(path, bytes_of(text.replace(at, from.size(), to)), 0644);
}

Response fetch(const Lab& lab, const std::string& agency, const std::string& path) {
  Endpoint endpoint;
  endpoint.unix_path = lab.socket_of(agency).string();
  Client client(endpoint);
  OutgoingRequest request;
  request.path_and_query = path;
  Result<Response> answer = client.send(request, kDeadline);
  if (!answer) throw std::runtime_error(agency + " does not answer: " + path);
  return std::move(*answer);
}

Json look(const Lab& lab, const std::string& agency, const std::string& path) {
  const Response answer = fetch(lab, agency, path);
  if (answer.status != 200) throw std::runtime_error(std::string(text_of(answer.body)));
  return Json::parse(text_of(answer.body));
}

bool becomes(const std::function<bool()>& so, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

std::map<std::string, int> fates_of(const Lab& lab, const std::string& document) {
  std::map<std::string, int> fates;
  const Json json = look(lab, "a", "/api/v1/documents/" + document);
  for (const Json& package : json.at("packages")) {
    for (const Json& recipient : package.at("recipients")) {
      std::string fate = recipient.at("state").get<std::string>();
      if (recipient.contains("reason")) {
        fate += " (" + recipient.at("reason").at("code").get<std::string>() + ")";
      }
      ++fates[fate];
    }
  }
  return fates;
}

}  // namespace yizhan
