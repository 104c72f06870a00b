#include "tests/support/clause.h"
#include "tests/support/small_centre.h"
#include "tests/support/scanning_suite.h"

// The whole of screening with a real engine: one document in two packages, as a sender's terminal
// makes them for recipients with and without attachments.

namespace yizhan {
namespace {

class InfectedDocument : public ScanningSuite<CentreTest> {
 protected:
  bool is_clean(const TestPackage& package) {
    const auto row = centre_.database.read([&](Transaction& tx) {
      return centre_.custody.evidence().last(tx, package.sealed.header.key(), {}, kVerdictKind);
    });
    return Verdict::parse(row.value().statement)->result == ScanResult::kClean;
  }

  TestScanner scanner_{exchange_, *nursery_, clamd_->socket_path(), {test_policy()}};
  NoAlarm alarm_;
  Screening screening_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                        centre_.trust, scanner_.line, alarm_, [] {}, [] {}}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, InfectedDocument, kBothEngines, engine_name);

TEST_P(InfectedDocument, ReachesNobodyThoughOnlyItsAttachmentIsInfected) {
  CLAUSE("五(二)7");
  std::vector<TestPart> parts = mail_with("1150001240-ATTCH1.txt", eicar_test_file());
  const TestPackage with = seal(exchange_, parts);
  parts.pop_back();
  const TestPackage without =
      seal(exchange_, parts,
           [&](Header& header) {
             header.document_id = with.sealed.header.document_id;
             header.with_attachments = false;
           },
           {exchange_.c.addressee()});
  centre_.enter(with);
  centre_.enter(without);
  while (screening_.work()) continue;
  EXPECT_FALSE(is_clean(with));
  EXPECT_TRUE(is_clean(without));
  EXPECT_EQ(centre_.delivery(with, exchange_.b).state, State::kHeld);
  EXPECT_EQ(centre_.delivery(without, exchange_.c).state, State::kHeld);
  EXPECT_EQ(centre_.find_statement(without, EvidenceType::kHeld)->reason, Reason::kInfected);
}

}  // namespace
}  // namespace yizhan
