#include "duty/addresses/deriving.h"

#include "duty/addresses/list_cases_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

class Deriving : public ::testing::Test {
 protected:
  Deriving() {
    exchange_.registered(exchange_.a).addresses = {"203.0.113.7"};
    exchange_.registered(exchange_.b).addresses = {"203.0.113.8"};
    exchange_.registered(exchange_.c).addresses = {"203.0.113.9"};
    exchange_.registered(exchange_.d).addresses = {"203.0.113.10"};
    exchange_.centres[1].addresses = {"203.0.113.2"};
    exchange_.centres[1].centre_port = 7444;
  }
  Result<AddressList> derive(const std::string& exceptions = "[]") {
    const auto approved = parse_exceptions(bytes_of(exceptions));
    if (!approved) return approved.refusal();
    return derive_addresses(exchange_.directory(), exchange_.first.code, *approved, kTestNow);
  }
  static std::string exception(const std::string& address, const std::string& code,
                               Time until = kTestNow + std::chrono::hours{1}) {
    return R"([{"address":")" + address + R"(","code":")" + code +
           R"(","case":"CASE-7","ground":"備援線路","until":")" + until.text() + "\"}]";
  }
  static std::vector<std::string> codes(const AddressList& list) {
    std::vector<std::string> found;
    for (const AddressEntry& entry : list.entries()) found.push_back(entry.code);
    std::ranges::sort(found);
    return found;
  }

  SmallExchange exchange_;
};

TEST_F(Deriving, ListsItsAgenciesAndTheOtherCentres) {
  CLAUSE("五(一)6");
  EXPECT_EQ(codes(derive().value()),
            (std::vector<std::string>{"A01000000A", "B02000000B", "C03000000C", "CENTRE-2"}));
}

TEST_F(Deriving, WhoIsSuspendedOrClosedIsNotLetIn) {
  exchange_.registered(exchange_.a).standing = Standing::kSuspended;
  exchange_.registered(exchange_.b).standing = Standing::kClosed;
  EXPECT_EQ(codes(derive().value()), (std::vector<std::string>{"C03000000C", "CENTRE-2"}));
}

TEST_F(Deriving, WhoIsRepresentedComesWhereItHasATerminal) {
  Agency& agency = exchange_.registered(exchange_.a);
  const auto hour = std::chrono::hours{1};
  agency.representative = Representative{exchange_.b.code, kTestNow, kTestNow + hour};
  EXPECT_EQ(codes(derive().value()),
            (std::vector<std::string>{"A01000000A", "B02000000B", "C03000000C", "CENTRE-2"}));
  agency.addresses.clear();
  EXPECT_EQ(codes(derive().value()),
            (std::vector<std::string>{"B02000000B", "C03000000C", "CENTRE-2"}));
}

TEST_F(Deriving, WhoHasNoAddressIsNamed) {
  exchange_.registered(exchange_.a).addresses.clear();
  const auto list = derive();
  EXPECT_EQ(list.reason(), Reason::kUnlistedAddress);
  EXPECT_NE(list.refusal().detail.find("A01000000A"), std::string::npos);
}

TEST_F(Deriving, ASecondAddressAndARangeNeedWhatWasApproved) {
  exchange_.registered(exchange_.a).addresses = {"203.0.113.7", "203.0.113.70"};
  EXPECT_EQ(derive().reason(), Reason::kConflict);
  const AddressList list = derive(exception("203.0.113.70", "A01000000A")).value();
  EXPECT_TRUE(list.allows(PeerKind::kTerminal, "A01000000A", "203.0.113.70", kTestNow));
  exchange_.registered(exchange_.a).addresses = {"203.0.113.7"};
  EXPECT_TRUE(derive(exception("198.51.100.0/24", "A01000000A"))
                  ->allows(PeerKind::kTerminal, "A01000000A", "198.51.100.200", kTestNow));
}

TEST_F(Deriving, AnExceptionThatLapsedOrIsNobodysIsSaid) {
  EXPECT_EQ(derive(exception("198.51.100.0/24", "D04000000D")).reason(), Reason::kNotFound)
      << "of another centre";
  EXPECT_EQ(derive(exception("198.51.100.0/24", "A01000000A", kTestNow)).reason(),
            Reason::kNotFound);
  EXPECT_EQ(derive(R"([{"address":"a name"}])").reason(), Reason::kMalformed);
}

}  // namespace
}  // namespace yizhan
