#pragma once

#include <initializer_list>
#include <vector>

#include "ground/base/base.h"

// The little of DER (X.690) that the two CMS shapes of this folder need. Inside ground/crypto only.

namespace yizhan::der {

enum Tag : std::uint8_t {
  kInteger = 0x02,
  kBitString = 0x03,
  kOctetString = 0x04,
  kOid = 0x06,
  kUtcTime = 0x17,
  kGeneralizedTime = 0x18,
  kSequence = 0x30,
  kSet = 0x31,
  kContext0Primitive = 0x80,
  kContext0 = 0xA0,
  kContext1 = 0xA1,
  kContext2 = 0xA2,
  kContext4 = 0xA4,  // directoryName in GeneralName
};

Bytes encode(Tag tag, ByteView content);
Bytes encode(Tag tag, std::initializer_list<ByteView> parts);
// SET OF: members in ascending order of their encodings.
Bytes encode_set(std::vector<Bytes> members, Tag tag = kSet);

// Reads values one after the other: tags as expected, lengths definite and as short as can be.
// Refuses kMalformed.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  Result<ByteView> content(Tag tag);    // of the next value, which must have this tag
  Result<ByteView> whole(Tag tag);      // tag, length and content of it
  Result<void> expect(ByteView whole);  // the next value is exactly this one
  [[nodiscard]] Result<void> check_end() const;

 private:
  struct Element {
    ByteView whole;
    ByteView content;
  };
  Result<Element> take(Tag tag);

  ByteView rest_;
};

// Whether all of `bytes` is one value in DER as far as that shows without its schema: definite and
// shortest lengths, minimal integers, no constructed strings, sorted sets.
bool is_strict(ByteView bytes);

}  // namespace yizhan::der
