#include "duty/addresses/address_list.h"

#include "duty/addresses/list_cases_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

using std::chrono::hours;

TEST(AddressList, IsWrittenAndReadAsItIs) {
  const AddressList list =
      list_of({terminal("203.0.113.7"), terminal("203.0.113.8", "A01000000A", excepted()),
               terminal("2001:db8::7", "B02000000B"), centre("203.0.113.1")});
  const AddressList read = AddressList::parse(list.json()).value();
  EXPECT_EQ(read.entries(), list.entries());
  EXPECT_EQ(read.effective(), kTestNow);
  EXPECT_EQ(read.json(), list.json());
}

// 五(二)4: 以一對一固定 IP 位址為原則.
TEST(AddressList, OneAgencyHasOneFixedAddressUnlessThatWasApproved) {
  CLAUSE("五(二)4");
  EXPECT_EQ(try_list({terminal("203.0.113.7"), terminal("203.0.113.8")}).reason(),
            Reason::kConflict);
  EXPECT_TRUE(try_list({terminal("203.0.113.7"),
                        terminal("203.0.113.8", "A01000000A", excepted())}));
  EXPECT_EQ(try_list({terminal("203.0.113.7"), terminal("203.0.113.7", "B02000000B")}).reason(),
            Reason::kConflict);
  EXPECT_TRUE(try_list({terminal("203.0.113.7"),
                        terminal("203.0.113.7", "B02000000B", excepted())}));
  const auto range = try_list({terminal("203.0.113.0/28")});
  EXPECT_EQ(range.reason(), Reason::kConflict);
  EXPECT_NE(range.refusal().detail.find("機關A01000000A"), std::string::npos);
  EXPECT_TRUE(try_list({terminal("203.0.113.0/28", "A01000000A", excepted())}));
}

TEST(AddressList, LetsInByKindCodeAndAddressTogetherAndAnExceptionForAWhile) {
  const AddressList list =
      list_of({terminal("203.0.113.7"), terminal("198.51.100.0/28", "A01000000A", excepted()),
               terminal("203.0.113.9", "B02000000B"), centre("203.0.113.1")});
  const auto allows = [&](PeerKind kind, const char* code, const char* address,
                          Time at = kTestNow) { return list.allows(kind, code, address, at); };
  EXPECT_TRUE(allows(PeerKind::kTerminal, "A01000000A", "203.0.113.7"));
  EXPECT_FALSE(allows(PeerKind::kTerminal, "A01000000A", "203.0.113.9")) << "another's";
  EXPECT_FALSE(allows(PeerKind::kTerminal, "A01000000A", "203.0.113.1"));
  EXPECT_FALSE(allows(PeerKind::kCentre, "A01000000A", "203.0.113.7"));
  EXPECT_TRUE(allows(PeerKind::kCentre, "CENTRE-2", "203.0.113.1"));
  EXPECT_TRUE(allows(PeerKind::kTerminal, "A01000000A", "198.51.100.5"));
  EXPECT_FALSE(allows(PeerKind::kTerminal, "A01000000A", "198.51.100.5", kTestNow + hours{24}));
  EXPECT_FALSE(allows(PeerKind::kTerminal, "A01000000A", "not an address"));
}

TEST(AddressList, RefusesWhatItCanNotMean) {
  const auto refused = [](const std::string& from, const std::string& to) {
    std::string json(text_of(list_of({terminal("203.0.113.7")}).json()));
    const auto at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    json.replace(at, from.size(), to);
    return AddressList::parse(bytes_of(json)).reason();
  };
  EXPECT_EQ(refused("203.0.113.7", "gateway.example"), Reason::kMalformed);
  EXPECT_EQ(refused("\"terminal\"", "\"printer\""), Reason::kMalformed);
  EXPECT_EQ(refused("addresses-1", "addresses-2"), Reason::kMalformed);
  EXPECT_EQ(refused("A01000000A", "a01"), Reason::kMalformed);
  EXPECT_EQ(refused("\"name\"", "\"nick\""), Reason::kMalformed);
  EXPECT_EQ(try_list({}).reason(), Reason::kMalformed) << "a mistake would shut everybody out";
  EXPECT_EQ(try_list({terminal("203.0.113.7", "A01000000A", excepted("1")),
                      terminal("203.0.113.7", "A01000000A", excepted("2"))})
                .reason(),
            Reason::kConflict);
}

TEST(AddressList, SaysWhatAnotherChanges) {
  const AddressList before = list_of({terminal("203.0.113.7"), centre("203.0.113.1")});
  const AddressList after = list_of({terminal("203.0.113.9"), centre("203.0.113.1")});
  EXPECT_EQ(after.changes_since(before),
            (std::vector<std::string>{"+ 203.0.113.9 terminal A01000000A 機關A01000000A",
                                      "- 203.0.113.7 terminal A01000000A 機關A01000000A"}));
}

}  // namespace
}  // namespace yizhan
