#include "model/package/manifest.h"

#include <gtest/gtest.h>

#include "ground/crypto/crypto.h"
#include "ground/json/json.h"
#include "model/package/limits.h"

namespace yizhan {
namespace {

Part part(std::string name, PartKind kind, std::uint64_t length = 5) {
  return {std::move(name), "application/octet-stream", kind, length, sha256(bytes_of("x"))};
}

Manifest manifest_of(std::vector<Part> attachments) {
  Manifest manifest{Bytes(32, 7), "主旨", "1150001", "函", "", {part("di.xml", PartKind::kDi)}};
  for (Part& attachment : attachments) manifest.parts.push_back(std::move(attachment));
  return manifest;
}

Reason refusal_of(const Manifest& manifest) {
  const auto read = Manifest::parse(manifest.json());
  return read ? Reason::kInternal : read.reason();
}

TEST(Manifest, ReadsBackWhatItWrites) {
  const Manifest manifest =
      manifest_of({part("sw.xml", PartKind::kSw), part("附件.pdf", PartKind::kAttachment, 0),
                   part("dm.xml", PartKind::kDm), part("印本.pdf", PartKind::kRendition)});
  const Manifest read = Manifest::parse(manifest.json()).value();
  EXPECT_EQ(read.json(), manifest.json());
  EXPECT_EQ(read.parts.size(), 5U);
  EXPECT_EQ(read.parts[2].length, 0U);
  EXPECT_EQ(read.plain_length(), 8 + manifest.json().size() + 20);
}

TEST(Manifest, RefusesMissingAndUnknownMembers) {
  const Json whole = parse_json(manifest_of({}).json()).value();
  for (const char* path : {"", "/parts/0"}) {
    const Json::json_pointer pointer(path);
    for (const auto& [name, value] : whole[pointer].items()) {
      Json less = whole;
      less[pointer].erase(name);
      EXPECT_FALSE(Manifest::parse(canonical_json(less)).ok()) << path << " " << name;
    }
    Json more = whole;
    more[pointer]["path"] = "/etc/passwd";
    EXPECT_EQ(Manifest::parse(canonical_json(more)).reason(), Reason::kMalformed);
  }
}

TEST(Manifest, HasExactlyOneDocument) {
  EXPECT_EQ(refusal_of(manifest_of({part("di2.xml", PartKind::kDi)})), Reason::kMalformed);
  Manifest none = manifest_of({part("a.pdf", PartKind::kAttachment)});
  none.parts.erase(none.parts.begin());
  EXPECT_EQ(refusal_of(none), Reason::kMalformed);
}

TEST(Manifest, NamesAreUniqueAfterFolding) {
  EXPECT_EQ(refusal_of(manifest_of({part("DI.XML", PartKind::kAttachment)})), Reason::kMalformed);
  EXPECT_EQ(refusal_of(manifest_of({part("a.pdf", PartKind::kAttachment),
                                    part("A.PDF", PartKind::kAttachment)})),
            Reason::kMalformed);
  EXPECT_EQ(refusal_of(manifest_of({part("a.pdf", PartKind::kAttachment),
                                    part("b.pdf", PartKind::kAttachment)})),
            Reason::kInternal);  // that is: accepted
}

TEST(Manifest, RefusesNamesThatAreUnfitForUse) {
  for (const char* name : {"../x", "a/b", "a\\b", ".", "..", "", "e\xCC\x81.pdf" /* not NFC */,
                           "a\xE2\x80\xAE" "fdp.exe" /* bidi */, "a\nb"}) {
    EXPECT_EQ(refusal_of(manifest_of({part(name, PartKind::kAttachment)})),
              Reason::kAttachmentName)
        << name;
  }
}

TEST(Manifest, KeepsItsLimits) {
  const std::uint64_t document_max = kPackageLimits.document_bytes_max;
  Manifest manifest = manifest_of({});
  manifest.parts[0].length = document_max;
  EXPECT_EQ(refusal_of(manifest), Reason::kInternal);  // that is: accepted
  manifest.parts[0].length = document_max + 1;
  EXPECT_EQ(refusal_of(manifest), Reason::kTooLarge);
  EXPECT_EQ(refusal_of(manifest_of({part("sw.xml", PartKind::kSw, document_max + 1)})),
            Reason::kTooLarge);
  EXPECT_EQ(refusal_of(manifest_of(
                {part("a", PartKind::kAttachment, kPackageLimits.part_bytes_max + 1)})),
            Reason::kTooLarge);
  manifest = manifest_of({});
  manifest.blind.pop_back();
  EXPECT_EQ(refusal_of(manifest), Reason::kMalformed);
}

TEST(Manifest, RefusesAThousandAndOneParts) {
  Manifest manifest = manifest_of({});
  while (manifest.parts.size() < kPackageLimits.parts_max) {
    manifest.parts.push_back(
        part("a" + std::to_string(manifest.parts.size()), PartKind::kAttachment, 0));
  }
  EXPECT_EQ(refusal_of(manifest), Reason::kInternal);  // that is: accepted
  manifest.parts.push_back(part("last", PartKind::kAttachment, 0));
  EXPECT_EQ(refusal_of(manifest), Reason::kTooLarge);
}

TEST(Manifest, RefusesANegativeLength) {
  Json json = parse_json(manifest_of({}).json()).value();
  json["parts"][0]["length"] = -1;
  EXPECT_FALSE(Manifest::parse(canonical_json(json)).ok());
}

}  // namespace
}  // namespace yizhan
