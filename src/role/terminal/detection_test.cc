#include "duty/incident/incident.h"
#include "role/terminal/routes_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

// Its engine finds something in everything.
class FindsMalware final : public FileScanner {
 public:
  Result<ScannedPart> scan(const Part&, const FileHandle&) override {
    return Refusal{Reason::kInfected, "Eicar-Test-Signature"};
  }
};

class OwnDetectionOfATerminal : public TerminalApi {};

TEST_F(OwnDetectionOfATerminal, IsToldToTheCentreWhenNothingWasSent) {
  CLAUSE("五(三)2");
  const std::string id = sent_letter();
  int news = 0;
  const OwnDetections detections{
      {database_, journal_, own_, "terminal-1", exchange_.a.sign, clock_, [&] { ++news; }}};
  FindsMalware engine;
  Sealing sealing({database_, objects_, identity_, directory_, trust_.policy(), exchange_.a.sign,
                   judge_, engine, journal_, clock_, folder_.path, [] {},
                   [&](Transaction& tx, const DocumentId& document, const std::string& found) {
                     detections.note(tx, document, found);
                   }});
  while (sealing.work()) continue;
  EXPECT_EQ(news, 1);
  std::vector<Bytes> told;
  const OwnDetections::Hand centre = [&](ByteView cms) -> Result<void> {
    told.push_back(copy_of(cms));
    return {};
  };
  EXPECT_EQ(detections.tell(centre).value(), true);
  const auto given = open_detection(told.at(0), *directory_.current(), clock_.now());
  ASSERT_TRUE(given) << given.refusal().detail;
  EXPECT_EQ(given->detection.document.text(), id);
  EXPECT_NE(given->detection.found.find("Eicar-Test-Signature"), std::string::npos);
}

}  // namespace
}  // namespace yizhan
