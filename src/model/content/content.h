#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ground/archive/archive.h"
#include "ground/base/base.h"
#include "ground/json/json.h"
#include "model/part_name/part_name.h"

// Judging one part of a document by its name and its bytes: is it what it says, and may it travel?

namespace yizhan {

enum class ContentKind { kOdf, kPdf, kText, kPicture, kArchive, kOffice, kOldOffice, kMarkup };

// A type that Yizhan knows. Extension and content must both say so.
struct ContentType {
  std::string_view extension;  // lower case
  ContentKind kind;
  bool preferred;  // ODF and PDF
};

std::span<const ContentType> known_content_types();
// Whether the name says ODF or PDF. For advice only: the bytes were not asked.
bool is_preferred_name(std::string_view name);

enum class EncryptedArchives { kHold, kRefuse };

struct ContentPolicy {
  std::set<std::string> extensions = default_extensions();  // of the known types
  EncryptedArchives encrypted_archives = EncryptedArchives::kHold;
  std::uint64_t pixels_max = 200'000'000;  // of a picture
  ArchiveLimits archive;

  static std::set<std::string> default_extensions();  // all known types
};

struct ContentFacts {
  ContentKind kind = ContentKind::kText;
  std::string mime;
  std::string extension;
  bool preferred = false;
  bool active_content = false;  // macros, scripts, things that start by themselves
  bool is_archive = false;      // has members: zip, but also ODF and OOXML
  ArchiveInventory inventory;   // filled by judge_part only

  bool operator==(const ContentFacts&) const = default;
};

// Type by content and type by extension must agree and be allowed: kAttachmentType. A picture
// that would unpack beyond measure: kContentRefused. A broken zip: as read_zip_directory.
// `descriptor` is a regular file. No archive is unpacked here.
// `read_as`: what the bytes are, where a strict reader has read all of them as that.
Result<ContentFacts> inspect_content(std::string_view name, int descriptor,
                                     const ContentPolicy& policy, std::string_view read_as = {});

// The whole judgement: name, content, then the inventory of archives.
Result<ContentFacts> judge_part(std::string_view name, int descriptor, const ContentPolicy& policy,
                                std::string_view read_as = {});

// The same for a confined child (ConfinedJob): question and answer as bytes.
Bytes write_part_question(std::string_view name, const ContentPolicy& policy);
Bytes answer_part_question(ByteView question, std::span<const int> descriptors);
// The answer, or the refusal that it carries; kScanIncomplete when it is not well formed.
Result<ContentFacts> parse_part_answer(ByteView answer);
// Of these, for who asks about several parts at once.
Json describe_policy(const ContentPolicy& policy);
Result<ContentPolicy> parse_policy(const Json& json);  // kMalformed
Json describe_judged(const Result<ContentFacts>& judged);
Result<ContentFacts> parse_judged(const Json& json);  // as parse_part_answer
// Loads what libmagic, ICU and libarchive load lazily.
void warm_content();

}  // namespace yizhan
