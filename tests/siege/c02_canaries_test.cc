#include <algorithm>
#include <iostream>

#include "ground/files/files.h"
#include "tests/siege/canary_siege.h"
#include "tests/siege/outside_program.h"
#include "tests/siege/tracer.h"

// C02, V07: after a letter's whole journey neither its text nor the key that opens it is found in
// the centre's relay or left behind by its scanner: in memory, data and logs, nor in what the relay
// asks of the system.

namespace yizhan {
namespace {

class C02Canaries : public CanarySiege {
 protected:
  // As the bytes that encrypt, and as the text in which the parts of a program say them: opened
  // here with the scanner's key, from the key block that the centre keeps.
  Canaries content_key_of(const std::string& message) const {
    const std::string block = output_of(
        {"sqlite3", "-readonly", (root() / "centre/data/exchange.db").string(),
         "SELECT scanner_key_block FROM packages WHERE message_id = '" + message + "'"});
    const auto keys = root() / "centre/keys";
    SoftwareKey scanner =
        SoftwareKey::make(PrivateKey::parse_pem(bytes_of(read_file(keys / "scanner.key")),
                                                secret_of(read_file(root() / "passphrase")))
                              .value(),
                          Certificate::parse_pem(read_file(keys / "scanner.crt")).value())
            .value();
    const Bytes sealed = from_base64(block.substr(0, block.find('\n'))).value();
    const SecretBytes content = unwrap_key(sealed, scanner).value();
    const auto text = Json::parse(text_of(content.view())).at("content_key").get<std::string>();
    return {{"content key", std::string(text_of(from_base64(text).value()))},
            {"content key", text}};
  }
};

TEST_F(C02Canaries, OfALetterAreNeitherInTheCentresMemoryNorInItsFolders) {
  const Letter letter = send_letter();
  const std::set<std::string> both = {"attachment", "subject"};
  // The search finds what is there:
  EXPECT_EQ(search_memory(::getpid(), letter.canaries)->names, both);
  EXPECT_EQ(search_files(root() / "b/data", letter.canaries).names, both);
  // Sender, receivers and the scanner with its engine have to see it; nobody else does.
  search_.expect_none_in_memory(letter.canaries, [](const std::string& name) {
    return name.ends_with("-terminal") || name == "scanner" || name.starts_with("clamd");
  });
  search_.expect_none_at_start(letter.canaries);
  search_.expect_none_in_files(letter.canaries,
                               {"centre", "log", "run", "trust", "a/key-uses", "clamd"});
}

// The relay holds no key that opens a letter, and the scanner forgets the one it used.
TEST_F(C02Canaries, OfTheKeyToALetterAreNowhereAtTheCentre) {
  const Letter letter = send_letter();
  const Json document = look(scene_.lab(), "a", "/api/v1/documents/" + letter.document);
  const Canaries key =
      content_key_of(document.at("packages").at(0).at("message_id").get<std::string>());
  EXPECT_EQ(search_memory(::getpid(), key)->names.size(), 1u) << "the search finds what is there";
  // The address sanitizer keeps what was freed: there the libraries that sealed leave it behind.
#if defined(__SANITIZE_ADDRESS__)
  search_.expect_none_in_memory(key, [](const auto& name) { return name.ends_with("terminal"); });
#else
  search_.expect_none_in_memory(key, [](const auto&) { return false; });
#endif
  search_.expect_none_in_files(key, {"centre", "a", "b", "c", "log", "run", "clamd"});
}

// What passes between a program and the system, as its administrator could watch it.
TEST_F(C02Canaries, OfALetterAreNeverHandedToTheSystemByTheCentre) {
  const TemporaryFolder folder;
  Tracer centre(scene_.world().pid_of("exchange"), folder / "centre");
  Tracer sender(scene_.world().pid_of("a-terminal"), folder / "sender");
  const Letter letter = send_letter();
  const Json document = look(scene_.lab(), "a", "/api/v1/documents/" + letter.document);
  const auto seen_by_centre = centre.stop(), seen_by_sender = sender.stop();
  EXPECT_EQ(search_files(seen_by_sender, letter.canaries).names.count("attachment"), 1u)
      << "what is there is seen";
  const Canaries id = {
      {"message", document.at("packages").at(0).at("message_id").get<std::string>()}};
  EXPECT_EQ(search_files(seen_by_centre, id).names.size(), 1u) << "the centre relayed it";
  Canaries secrets = letter.canaries;
  std::ranges::move(content_key_of(id.front().bytes), std::back_inserter(secrets));
  secrets.push_back({"passphrase", read_file(root() / "passphrase")});
  const Findings found = search_files(seen_by_centre, secrets);
  EXPECT_EQ(found.names, none_);
  std::cout << found.searched / 1024 << " KiB of system calls\n";
}

}  // namespace
}  // namespace yizhan
