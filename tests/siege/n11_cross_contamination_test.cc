#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "tests/siege/centre_visitor.h"

// N11: many senders at once, and nobody's mail comes apart, doubles or ends elsewhere.

namespace yizhan {
namespace {

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

class N11CrossContamination : public Crossing {
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
};

TEST_F(N11CrossContamination, ManyLettersOfThreeSendersAtOnceArriveWholeAndWhereTheyBelong) {
  constexpr int kLetters = 60;  // of each sender
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

}  // namespace
}  // namespace yizhan
