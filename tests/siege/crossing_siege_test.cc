#include <gtest/gtest.h>

#include <barrier>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "ground/files/files.h"
#include "tests/siege/scene.h"

// N11, M04: many senders at once, and nobody's mail comes apart, doubles or ends elsewhere; nobody
// learns of another's mail by its id; of many terminals that want the same mail one gets it.

namespace yizhan {
namespace {

constexpr auto kDeadline = std::chrono::seconds{30};


Certificate certificate_in(const std::filesystem::path& file) {
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
    Result<Response> answer = client_.send(request, kDeadline);
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

struct SentLetter {
  std::string sender;  // "a"
  std::string document;
  std::string attachment;  // SHA-256
};

// What nobody else writes: of every length from nothing worth mentioning to some hundred KB.
std::string unique_text(const std::string& sender, int number) {
  std::seed_seq seed{int{sender.front()}, number};
  std::mt19937 random(seed);
  std::string text = sender + " " + std::to_string(number) + "\n";
  const std::size_t size = text.size() + random() % 300'000;
  while (text.size() < size) text += std::to_string(random()) + "\n";
  return text;
}

std::vector<SentLetter> send_all(const Lab& lab, const std::string& sender,
                                 const std::vector<std::string>& serials) {
  Clerk clerk(lab, sender);
  std::vector<SentLetter> sent;
  for (std::size_t i = 0; i < serials.size(); ++i) {
    const std::string text = unique_text(sender, static_cast<int>(i));
    sent.push_back(
        {sender, clerk.send_letter(serials[i], text), sha256(bytes_of(text)).hex()});
  }
  return sent;
}

Bytes part_of(const Lab& lab, const std::string& agency, const std::string& path) {
  constexpr std::size_t kPiece = 1U << 20;
  Bytes content;
  for (std::size_t got = kPiece; got == kPiece;) {
    const Response piece =
        fetch(lab, agency, path + "?offset=" + std::to_string(content.size()));
    if (piece.status != 200) throw std::runtime_error(path);
    got = piece.body.size();
    content.insert(content.end(), piece.body.begin(), piece.body.end());
  }
  return content;
}

class Crossing : public testing::Test {
 protected:
  // Digest of every attachment in an agency's inbox with the agency it came from, hashed here.
  std::multimap<std::string, std::string> attachments_at(const std::string& agency) {
    std::multimap<std::string, std::string> found;
    std::string before;
    do {
      const std::string query = before.empty() ? "" : "&before=" + percent_encode(before);
      const Json page = look(scene_.lab(), agency, "/api/v1/inbox?limit=50" + query);
      for (const Json& item : page.at("items")) add_attachment(agency, item, found);
      before = page.value("next", "");
    } while (!before.empty());
    return found;
  }
  void add_attachment(const std::string& agency, const Json& item,
                      std::multimap<std::string, std::string>& found) {
    const std::string path = "/api/v1/inbox/" + item.at("id").get<std::string>();
    const Json mail = look(scene_.lab(), agency, path);
    for (std::size_t i = 0; i < mail.at("parts").size(); ++i) {
      const Json& part = mail.at("parts").at(i);
      if (part.at("kind") != "attachment") continue;
      const Bytes content = part_of(scene_.lab(), agency, path + "/parts/" + std::to_string(i));
      const std::string digest = sha256(content).hex();
      EXPECT_EQ(part.at("sha256"), digest);
      found.emplace(digest, mail.at("sender").get<std::string>());
    }
  }

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

TEST_F(Crossing, SixtyLettersOfThreeSendersAtOnceArriveWholeAndWhereTheyBelong) {
  constexpr int kLetters = 20;  // of each sender
  std::vector<SentLetter> sent;
  {
    std::mutex mutex;
    std::vector<std::jthread> senders;
    for (const char* sender : {"a", "b", "c"}) {
      std::vector<std::string> serials;
      for (int i = 0; i < kLetters; ++i) serials.push_back(scene_.next_serial());
      senders.emplace_back([&, sender, serials] {
        const std::vector<SentLetter> own = send_all(scene_.lab(), sender, serials);
        const std::lock_guard lock(mutex);
        sent.insert(sent.end(), own.begin(), own.end());
      });
    }
  }
  ASSERT_EQ(sent.size(), 3u * kLetters);
  for (const SentLetter& letter : sent) wait_for(letter.sender, letter.document, {{"received", 2}});
  for (const std::string reader : {"a", "b", "c"}) {
    const auto found = attachments_at(reader);
    for (const SentLetter& letter : sent) {
      const bool own = letter.sender == reader;
      ASSERT_EQ(found.count(letter.attachment), own ? 0u : 1u) << reader << " " << letter.sender;
      if (own) continue;
      EXPECT_EQ(found.find(letter.attachment)->second, code_of_agency(letter.sender));
    }
  }
}

// The answer about something of others is, to the letter, that about nothing at all.
TEST_F(Crossing, AnIdOfOthersIsAnsweredLikeOneThatIsNot) {
  const std::string document =
      Clerk(scene_.lab(), "a").send_letter(scene_.next_serial(), "給乙與丙");
  wait_for("a", document, {{"received", 2}});
  const Json sent = look(scene_.lab(), "a", "/api/v1/documents/" + document);
  const std::string message = sent.at("packages").at(0).at("message_id").get<std::string>();
  const Json history = look(scene_.lab(), "a", "/api/v1/documents/" + document + "/history");
  CentreVisitor a(scene_.lab(), "a"), b(scene_.lab(), "b"), c(scene_.lab(), "c");
  const std::string delivery = last_delivery(b);
  ASSERT_FALSE(delivery.empty());

  const std::string nothing = Id<struct NobodysNoun>::generate(SystemClock().now()).text();
  const auto expect_alike = [&](CentreVisitor& visitor, Method method, const std::string& before,
                                const std::string& id, const std::string& after) {
    const Json body = method == Method::kPost ? Json{{"terminal", "t"}, {"key", "k"}} : Json();
    const std::string none = id.size() == 64 ? std::string(64, '0') : nothing;
    const Response others = visitor.ask(method, before + id + after, body);
    const Response absent = visitor.ask(method, before + none + after, body);
    EXPECT_EQ(others.status, 404) << before;
    EXPECT_EQ(absent.status, 404) << before;
    EXPECT_EQ(told(others), told(absent)) << before;
  };
  expect_alike(b, Method::kGet, "/v1/messages/", message, "");
  expect_alike(c, Method::kPost, "/v1/deliveries/", delivery, "/lease");
  expect_alike(c, Method::kGet, "/v1/deliveries/", delivery, "/groups/0?lease=" + nothing);
  int of_b = 0;
  for (const Json& item : history.at("items")) {
    if (item.at("recipient") != code_of_agency("b")) continue;
    ++of_b;
    expect_alike(c, Method::kGet, "/v1/evidence/", item.at("evidence").get<std::string>(),
                 "/proof");
  }
  EXPECT_GT(of_b, 0);
  // And those whose they are do have an answer.
  EXPECT_EQ(a.ask(Method::kGet, "/v1/messages/" + message).status, 200);
  EXPECT_NE(b.lease(delivery, "terminal-b").status, 404);
}

// Last in this file: whoever won keeps the mail until its lease lapses.
TEST_F(Crossing, OfSixtyFourTerminalsOneGetsTheLease) {
  constexpr int kTerminals = 64;
  scene_.world().kill("b-terminal", SIGKILL);  // a stop waits for its news
  const std::string document =
      Clerk(scene_.lab(), "a").send_letter(scene_.next_serial(), "只有一個終端能收");
  wait_for("a", document, {{"received", 1}, {"consigned", 1}});
  CentreVisitor b(scene_.lab(), "b");
  const std::string delivery = last_delivery(b);
  std::mutex mutex;
  std::map<std::string, int> answers;
  {
    std::barrier together(kTerminals);
    std::vector<std::jthread> terminals;
    for (int i = 0; i < kTerminals; ++i) {
      terminals.emplace_back([&, i] {
        CentreVisitor terminal(scene_.lab(), "b");
        terminal.ask(Method::kGet, "/v1/directory");  // connected, before anybody asks
        together.arrive_and_wait();
        const Response answer = terminal.lease(delivery, "terminal-" + std::to_string(i));
        const Json body = Json::parse(CentreVisitor::body_of(answer));
        const std::lock_guard lock(mutex);
        ++answers[std::to_string(answer.status) + " " + body.value("code", "")];
      });
    }
  }
  EXPECT_EQ(answers["200 "], 1) << testing::PrintToString(answers);
  EXPECT_EQ(answers["409 lease_lost"], kTerminals - 1) << testing::PrintToString(answers);
  scene_.world().start("b-terminal");
  scene_.world().wait_until_ready("b-terminal");
}

}  // namespace
}  // namespace yizhan
