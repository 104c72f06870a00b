#include "model/document/unlisted.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

Party agency(const std::string& name) { return {.name = name}; }
Party group(const std::string& name) { return {.kind = PartyKind::kGroup, .name = name}; }
RosterEntry entry(const std::string& name, CopyForm kind) {
  return {.name = name, .org_code = "T37600000B", .copy_kind = kind};
}

std::string names(const Document& document, const std::vector<RosterEntry>& entries) {
  std::string all;
  for (const Party& party : unlisted_parties(document, Roster{.entries = entries, .lines = {}})) {
    all += party.name + "（" + std::string(title_of(party.copy_kind.value())) + "）";
  }
  return all;
}

using enum CopyForm;

TEST(Unlisted, AreThoseOfTheDocumentWhomTheRosterDoesNotName) {
  Document document;
  document.originals = {agency("甲"), agency("乙"), agency("丙")};
  document.copies = {agency("丁"), agency("甲")};
  EXPECT_EQ(names(document, {entry("甲", kOriginal), entry("丁", kCopy)}),
            "乙（正本）丙（正本）甲（副本）");
  EXPECT_EQ(names(document, {entry("甲", kTranscript), entry("乙", kOriginal)}),
            "丙（正本）丁（副本）")
      << "another 本別 may have stood in either list";
}

TEST(Unlisted, AGroupIsOneOnlyWhenNoEntryMayStandForIt) {
  Document document;
  document.originals = {agency("甲"), group("各縣市政府")};
  document.copies = {group("各地方法院")};
  EXPECT_EQ(names(document, {entry("甲", kOriginal)}), "各縣市政府（正本）各地方法院（副本）");
  EXPECT_EQ(names(document, {entry("甲", kOriginal), entry("丙縣政府", kOriginal)}),
            "各地方法院（副本）");
}

TEST(Unlisted, OfAMeetingAreThoseWhoAttend) {
  Document document;
  document.meeting = Meeting{.attendees = {agency("甲")}, .observers = {agency("乙")}};
  document.copies = {agency("丙")};
  EXPECT_EQ(names(document, {entry("甲", kOriginal)}), "乙（正本）丙（副本）");
}

TEST(Unlisted, OfASplitDocumentHaveDocumentsOfTheirOwn) {
  Document document;
  document.originals = {agency("甲"), agency("乙")};
  document.addressee = agency("甲");
  EXPECT_EQ(names(document, {entry("甲", kOriginal)}), "");
}

}  // namespace
}  // namespace yizhan
