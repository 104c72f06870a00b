#include "duty/addresses/address_table.h"

#include "duty/addresses/list_cases_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

using std::chrono::hours;

std::string shown(std::span<const AddressTable::Row> rows) {
  std::string text;
  for (const auto& row : rows) text += row.entry.network.text() + "=" + row.entry.code + " ";
  return text;
}

// 五(二)4: 應建立 IP 位址與機關名稱對照表，以供追蹤及查檢之用.
TEST(AddressTable, SaysWhoHadAnAddressAtAnyTime) {
  CLAUSE("五(二)4");
  const AddressTable table =
      AddressTable::make({list_of({terminal("203.0.113.7", "B02000000B")}, kTestNow + hours{48}),
                          list_of({terminal("203.0.113.7"), centre("203.0.113.1")}),
                          list_of({terminal("203.0.113.7"),
                                   terminal("198.51.100.0/28", "C03000000C",
                                            excepted("CASE-2", hours{36}))},
                                  kTestNow + hours{24})})
          .value();
  EXPECT_EQ(shown(table.at(kTestNow - hours{1})), "");
  EXPECT_EQ(shown(table.at(kTestNow)), "203.0.113.1=CENTRE-2 203.0.113.7=A01000000A ");
  EXPECT_EQ(shown(table.at(kTestNow + hours{30})),
            "198.51.100.0/28=C03000000C 203.0.113.7=A01000000A ");
  EXPECT_EQ(shown(table.at(kTestNow + hours{40})), "203.0.113.7=A01000000A ")
      << "the exception has lapsed";
  EXPECT_EQ(shown(table.at(kTestNow + hours{500})), "203.0.113.7=B02000000B ");
  EXPECT_EQ(shown(table.of(Network::parse("203.0.113.7").value())),
            "203.0.113.7=B02000000B 203.0.113.7=A01000000A ");
  EXPECT_EQ(shown(table.of(Network::parse("198.51.100.3").value())), "198.51.100.0/28=C03000000C ");
}

TEST(AddressTable, IsOfOneCentreAndOneOrder) {
  EXPECT_EQ(AddressTable::make({list_of({centre("203.0.113.1")}),
                                list_of({centre("203.0.113.1")}, kTestNow + hours{1}, "CENTRE-9")})
                .reason(),
            Reason::kConflict);
  EXPECT_EQ(AddressTable::make({list_of({centre("203.0.113.1")}), list_of({centre("203.0.113.2")})})
                .reason(),
            Reason::kConflict);
}

TEST(AddressTable, IsWrittenForASpreadsheet) {
  AddressEntry entry = terminal("203.0.113.7", "A01000000A", excepted("CASE,1"));
  entry.name = "測試\"部\"";
  const auto rows = AddressTable::make({list_of({entry})})->at(kTestNow);
  EXPECT_EQ(to_csv(rows),
            "address,kind,code,name,since,until,case,ground\r\n"
            "203.0.113.7,terminal,A01000000A,\"測試\"\"部\"\"\",2026-11-22T06:00:00.000Z,"
            "2026-11-23T06:00:00.000Z,\"CASE,1\",機房搬遷期間\r\n");
}

TEST(AddressTable, GivesASpreadsheetNoFormula) {
  AddressEntry entry = terminal("203.0.113.7");
  entry.name = "=HYPERLINK(1)";
  EXPECT_NE(to_csv(AddressTable::make({list_of({entry})})->at(kTestNow)).find(",'=HYPERLINK(1),"),
            std::string::npos);
}

}  // namespace
}  // namespace yizhan
