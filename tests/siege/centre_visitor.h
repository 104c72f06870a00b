#pragma once

#include <gtest/gtest.h>

#include "ground/files/files.h"
#include "tests/siege/scene.h"

namespace yizhan {

inline constexpr auto kVisitDeadline = std::chrono::seconds{30};

inline Certificate certificate_in(const std::filesystem::path& file) {
  return Certificate::parse_pem(read_file(file)).value();
}

// Comes to the centre as the terminal of `agency`, with its certificate and its keyholder.
class CentreVisitor {
 public:
  CentreVisitor(const Lab& lab, const std::string& agency)
      : keyholder_(lab.root() / "run" / (agency + "-keys.sock")), client_(endpoint(lab)) {}

  Response ask(Method method, const std::string& path, const Json& body = Json()) {
    OutgoingRequest request{.method = method, .path_and_query = path};
    if (!body.is_null()) {
      request.headers.emplace_back("Content-Type", "application/json");
      request.body = canonical_json(body);
    }
    Result<Response> answer = client_.send(request, kVisitDeadline);
    if (!answer) throw std::runtime_error(path + ": " + answer.refusal().detail);
    return std::move(*answer);
  }
  Json get(const std::string& path) {
    const Response answer = ask(Method::kGet, path);
    if (answer.status != 200) throw std::runtime_error(path + ": " + body_of(answer));
    return Json::parse(body_of(answer));
  }
  Response lease(const std::string& delivery, const std::string& terminal) {
    return ask(Method::kPost, "/v1/deliveries/" + delivery + "/lease",
               {{"terminal", terminal}, {"key", "key of " + terminal}});
  }
  static std::string body_of(const Response& answer) { return std::string(text_of(answer.body)); }

 private:
  Endpoint endpoint(const Lab& lab) {
    const auto key = keyholder_.signing_key("tls").value();
    const auto trust = lab.root() / "trust";
    std::vector<Certificate> chain = {key->certificate(),
                                      certificate_in(trust / "intermediates/issuing.pem")};
    return {.host = "127.0.0.1",
            .port = port_of_centre(lab),
            .identity = TlsIdentity{std::move(chain), TlsKey::from_signing_key(key).value()},
            .anchors = {certificate_in(trust / "anchors/root.pem")}};
  }
  static std::uint16_t port_of_centre(const Lab& lab) {
    const std::string text = read_file(lab.root() / "centre/exchange.toml");
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.find("port = ") + 7)));
  }

  Keyholder keyholder_;
  Client client_;
};

// Letters of several agencies on their way at once.
class Crossing : public testing::Test {
 protected:
  std::string code_of_agency(const std::string& folder) const {
    for (const LabAgency& agency : scene_.lab().agencies()) {
      if (agency.folder == folder) return agency.code;
    }
    return {};
  }
  void wait_for(const std::string& sender, const std::string& document,
                const std::map<std::string, int>& states) {
    Clerk clerk(scene_.lab(), sender);
    EXPECT_TRUE(becomes([&] { return clerk.states_of(document) == states; }))
        << testing::PrintToString(clerk.states_of(document));
  }
  // All of an answer but the number that each answer has of its own.
  static Json told(const Response& answer) {
    Json body = Json::parse(CentreVisitor::body_of(answer));
    EXPECT_EQ(body.erase("trace_id"), 1u);
    return body;
  }
  // The latest delivery of which the centre told this agency.
  static std::string last_delivery(CentreVisitor& visitor) {
    std::string delivery;
    std::int64_t after = 0;
    while (true) {
      const Json news = visitor.get("/v1/news?after=" + std::to_string(after) + "&wait=0");
      if (news.at("items").empty()) return delivery;
      for (const Json& item : news.at("items")) {
        if (item.at("kind") == "D.1" && item.at("delivery") != "") {
          delivery = item.at("delivery").get<std::string>();
        }
      }
      after = news.at("next").get<std::int64_t>();
    }
  }

  Scene& scene_ = Scene::shared();
};

}  // namespace yizhan
