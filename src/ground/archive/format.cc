#include "ground/archive/format.h"

#include <algorithm>
#include <array>

namespace yizhan {

namespace {

using namespace std::literals;
using enum ArchiveFormat;

struct Signature {
  std::size_t place;
  std::string_view bytes;
  ArchiveFormat format;
};

constexpr std::array kSignatures{
    Signature{0, "PK\x03\x04"sv, kZip},
    Signature{0, "PK\x05\x06"sv, kZip},
    Signature{0, "PK\x07\x08"sv, kUnreadable},  // spanned zip
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, kSevenZip},
    Signature{0, "Rar!\x1a\x07"sv, kRar},
    Signature{0, "MSCF\0\0\0\0"sv, kCabinet},
    Signature{0, "\x1f\x8b\x08"sv, kPacked},
    Signature{0, "\x1f\x9d"sv, kPacked},
    Signature{0,
              "\xfd"
              "7zXZ\0"sv,
              kPacked},
    Signature{0, "\x28\xb5\x2f\xfd"sv, kPacked},
    Signature{0, "\x04\x22\x4d\x18"sv, kPacked},
    Signature{0, "LZIP\x01"sv, kPacked},
    Signature{257, "ustar\0"sv, kTar},
    Signature{257, "ustar "sv, kTar},
    Signature{0x8001, "CD001"sv, kUnreadable},  // ISO 9660
    Signature{0, "!<arch>\n"sv, kUnreadable},
    Signature{0, "\x60\xea"sv, kUnreadable},  // arj
    Signature{7, "**ACE**"sv, kUnreadable},
    Signature{0, "xar!\0"sv, kUnreadable},
    Signature{0, "MSWIM\0\0\0"sv, kUnreadable},
    Signature{0, "vhdxfile"sv, kUnreadable},
    Signature{0, "conectix"sv, kUnreadable},
    Signature{0, "KDMV\x01\0\0\0"sv, kUnreadable},
    Signature{0, "QFI\xfb"sv, kUnreadable},
    Signature{0, "\x89LZO\0"sv, kUnreadable},
};

bool is_bzip2(ByteView head) {
  return head.size() > 9 && text_of(head).starts_with("BZh") && head[3] >= '1' && head[3] <= '9' &&
         (text_of(head.subspan(4)).starts_with("\x31\x41\x59\x26\x53\x59") ||
          text_of(head.subspan(4)).starts_with("\x17\x72\x45\x38\x50\x90"));
}

// cpio and lha begin with letters and digits, as a text may: look at the whole header's form.
bool is_cpio(ByteView head) {
  const std::string_view text = text_of(head);
  const std::size_t digits = text.starts_with("070707") ? 76 : 110;
  return text.starts_with("07070") && text.size() >= digits &&
         text.find_first_not_of("0123456789abcdefABCDEF") >= digits;
}

bool is_lha(ByteView head) {
  const std::string_view text = text_of(head);
  return text.size() > 21 && (text.substr(2, 3) == "-lh" || text.substr(2, 3) == "-lz") &&
         text[6] == '-' && text[20] >= 0 && text[20] <= 3;
}

// A tar older than "ustar" is known only by its header's checksum.
bool is_old_tar(ByteView head) {
  if (head.size() < 512 || head[0] == 0) return false;
  constexpr std::size_t kSum = 148;
  unsigned stated = 0;
  for (const std::uint8_t digit : head.subspan(kSum, 6)) {
    if (digit >= '0' && digit <= '7') stated = stated * 8 + (digit - '0');
  }
  unsigned sum = 8 * ' ';
  for (std::size_t i = 0; i < 512; ++i) {
    if (i < kSum || i >= kSum + 8) sum += head[i];
  }
  return stated == sum;
}

}  // namespace

ArchiveFormat format_of(ByteView head) {
  for (const Signature& signature : kSignatures) {
    if (head.size() < signature.place) continue;
    if (text_of(head.subspan(signature.place)).starts_with(signature.bytes)) {
      return signature.format;
    }
  }
  if (is_bzip2(head)) return kPacked;
  if (is_cpio(head) || is_lha(head)) return kUnreadable;
  return is_old_tar(head) ? kTar : kNone;
}

}  // namespace yizhan
