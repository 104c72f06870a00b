#include "tests/hostile/hostile_names.h"
#include "tests/terminal/bench.h"

// D05: names that lead elsewhere.

namespace yizhan {
namespace {

// Of a file that is a text; what comes before ".txt" is the attack.
const Names kElsewhere = {
    "../a.txt", "../../../../../../tmp/yizhan-pwned.txt", "..\\..\\a.txt", "a/../../b.txt",
    "/etc/a.txt", "//server/share/a.txt", "\\\\server\\share\\a.txt", "C:\\a.txt", "C:a.txt",
    "file:///tmp/a.txt", "..%2fa.txt/..", "....//a.txt", "a/b.txt", "./a.txt", ".a.txt",
    "~/a.txt", "-rf/a.txt", "a.txt/", "a.txt/.", "CON.txt", "nul.txt", "com1.txt", "LPT9.txt",
    "aux.a.txt", "a.txt.", "a.txt ", " a.txt", "a:stream.txt", "a*.txt", "a?.txt", "a|b.txt",
    "<a>.txt", "\"a\".txt", "", ".", "..", std::string(250, 'a') + ".txt"};

TEST(D05NamesThatLeadElsewhere, AreNoNamesOfParts) { expect_no_names_of_parts(kElsewhere); }

TEST(D05NamesThatLeadElsewhere, AreUnopenableInAPackage) {
  expect_unopenable_in_a_package(kElsewhere);
}

TEST(D05NamesThatLeadElsewhere, AreRefusedInsideArchives) {
  expect_refused_inside_archives({"../a.txt", "../../../../tmp/a.txt", "/etc/a.txt",
                                  "a/../../b.txt", "..\\..\\a.txt", "C:\\a.txt", "C:a.txt", ".."});
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
