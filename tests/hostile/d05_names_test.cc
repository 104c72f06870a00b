#include "model/part_name/part_name.h"
#include "tests/hostile/stage.h"
#include "tests/terminal/bench.h"

// D05, D06: names that lead elsewhere, or that look like another.

namespace yizhan {
namespace {

using namespace std::string_literals;

// Of a file that is a text; what comes before ".txt" is the attack.
const std::vector<std::string> kHostileNames = {
    "../a.txt", "../../../../../../tmp/yizhan-pwned.txt", "..\\..\\a.txt", "a/../../b.txt",
    "/etc/a.txt", "//server/share/a.txt", "\\\\server\\share\\a.txt", "C:\\a.txt", "C:a.txt",
    "file:///tmp/a.txt", "..%2fa.txt/..", "....//a.txt", "a/b.txt", "./a.txt", ".a.txt",
    "~/a.txt", "-rf/a.txt", "a.txt/", "a.txt/.", "a\0.exe.txt"s, "a.exe\0.txt"s, "a\n.txt",
    "a\r\nX-Header: 1.txt", "a\t.txt", "a\x1b[2J.txt", "a\x7f.txt", "a\u0085.txt",
    "a\u2028.txt", "a\u2029.txt", "\u202egpj.txt", "a\u202egpj.exe.txt", "a\u202a.txt",
    "a\u2066b\u2069.txt", "a\u200f.txt", "a\u061c.txt", "a\u200b.txt", "a\u200c.txt",
    "a\u200d.txt", "a\u2060.txt", "\ufeffa.txt", "a\u00ad.txt", "a\u034f.txt", "a\ufe0f.txt",
    "a\u180e.txt", "a\u3164.txt", "a\uffa0.txt", "e\u0301.txt", "\u212b.txt", "\uf900.txt",
    "CON.txt", "nul.txt", "com1.txt", "LPT9.txt", "aux.a.txt", "a.txt.", "a.txt ", " a.txt",
    "a:stream.txt", "a*.txt", "a?.txt", "a|b.txt", "<a>.txt", "\"a\".txt", "a\ufffe.txt", "",
    ".", "..", std::string(250, 'a') + ".txt", "\U000e0041.txt"};
const std::vector<std::string> kBrokenNames = {  // no UTF-8: no JSON can say them
    "\xc0\xae\xc0\xae.txt", "\xed\xa0\x80.txt", "\xff\xfe.txt", "a\xe4\xb8.txt"};

void expect_refused(const std::string& name) {
  EXPECT_FALSE(check_part_name(name).ok()) << to_hex(bytes_of(name));
  const auto facts = Inspector(nursery()).inspect_part(name, file_of(bytes_of("text")), {});
  ASSERT_FALSE(facts.ok()) << to_hex(bytes_of(name));
  EXPECT_TRUE(facts.reason() == Reason::kAttachmentName ||
              facts.reason() == Reason::kAttachmentType)
      << to_hex(bytes_of(name)) << ' ' << code_of(facts.reason());
}

TEST(D05HostileNames, AreNoNamesOfParts) {
  for (const std::string& name : kHostileNames) expect_refused(name);
  for (const std::string& name : kBrokenNames) expect_refused(name);
  EXPECT_TRUE(check_part_name("附件一.txt").ok());
}

// A sender whose program does not mind them.
TEST(D05HostileNames, AreUnopenableInAPackage) {
  Stage stage;
  const auto with = [&](const std::string& name) {
    std::vector<TestPart> parts = letter_parts();
    parts.push_back({name, PartKind::kAttachment, "text"});
    return seal(stage.exchange, parts, [](Header& header) { header.urgency = Urgency::kFast; });
  };
  for (const std::string& name : kHostileNames) {
    const TestPackage package = with(name);
    EXPECT_EQ(stage.scanned(package), "refused unopenable") << name;
    EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)), "unopenable at step 11")
        << name;
  }
  // Two that the eye or a file system takes for one.
  std::vector<TestPart> parts = letter_parts();
  parts.push_back({"1150001234-attch1.ODT", PartKind::kAttachment, small_odt()});
  EXPECT_EQ(stage.scanned(seal(stage.exchange, parts)), "refused unopenable");
}

TEST(D05HostileNames, AreRefusedInsideArchives) {
  const Inspector inspector(nursery());
  for (const std::string& name :
       {"../a.txt"s, "../../../../tmp/a.txt"s, "/etc/a.txt"s, "a/../../b.txt"s, "..\\..\\a.txt"s,
        "C:\\a.txt"s, "C:a.txt"s, "a\u202egpj.exe"s, "a\u2066b.txt"s, "a\u200b.txt"s, "a\n.txt"s,
        "a\0.txt"s, ".."s}) {
    const auto facts = inspector.inspect_part("a.zip", file_of(zip_of({stored(name, "text")})), {});
    ASSERT_FALSE(facts.ok()) << to_hex(bytes_of(name));
    EXPECT_TRUE(facts.reason() == Reason::kContentRefused || facts.reason() == Reason::kMalformed)
        << to_hex(bytes_of(name)) << ' ' << code_of(facts.reason());
  }
}

// Whatever a part is called, on the disk it is called by its digest.
TEST(D05ReceivedParts, LieUnderTheirDigests) {
  Bench bench;
  TestTerminal sender(bench, "T01000000A"), recipient(bench, "T37600000B");
  ASSERT_TRUE(sender.send(order_of("key-1", {letter_in(sender)})).ok());
  sender.dispatch();
  recipient.receive();
  ASSERT_EQ(recipient.inbox().at(0).state, MailState::kReceived);
  EXPECT_EQ(recipient.content(recipient.inbox()[0], "1150001234-ATTCH1.odt"), "an attachment");
  int objects = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(bench.folder.path())) {
    const std::string name = entry.path().filename();
    EXPECT_EQ(name.find("1150001234"), std::string::npos) << entry.path();
    const std::string folder = entry.path().parent_path().filename();  // its first two digits
    objects += Sha256::from_hex(folder + name) ? 1 : 0;
  }
  EXPECT_GT(objects, 8);
}

}  // namespace
}  // namespace yizhan
