#include "ground/archive/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#include <functional>
#include <iostream>

#include "tests/support/zip_maker.h"

namespace yizhan {
namespace {

class MemoryFile {
 public:
  explicit MemoryFile(ByteView content) : descriptor_(memfd_create("test", MFD_CLOEXEC)) {
    EXPECT_EQ(write(descriptor_, content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<ArchiveInventory> inventory_of(ByteView content, const ArchiveLimits& limits = {}) {
  return take_inventory(MemoryFile(content).get(), limits);
}

// "members/bytes/depth", or the code of the refusal.
std::string judged(ByteView content, const ArchiveLimits& limits = {}) {
  const Result<ArchiveInventory> inventory = inventory_of(content, limits);
  if (!inventory.ok()) {
    EXPECT_FALSE(inventory.refusal().detail.empty());
    return std::string(code_of(inventory.reason()));
  }
  return std::to_string(inventory->members) + "/" + std::to_string(inventory->bytes) + "/" +
         std::to_string(inventory->depth);
}

// An archive of one member, written by libarchive.
Bytes made_by_libarchive(const std::function<void(archive*)>& choose, const std::string& content,
                         const std::function<void(archive_entry*)>& change = {}) {
  Bytes made(content.size() + (1U << 20));
  std::size_t used = 0;
  archive* writer = archive_write_new();
  choose(writer);
  archive_write_set_bytes_per_block(writer, 1);
  archive_write_open_memory(writer, made.data(), made.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "member.txt");
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  if (change) change(entry);
  archive_write_header(writer, entry);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  made.resize(used);
  return made;
}

void tar(archive* writer) { archive_write_set_format_ustar(writer); }
void tar_gz(archive* writer) {
  archive_write_set_format_pax_restricted(writer);
  archive_write_add_filter_gzip(writer);
}
void raw_xz(archive* writer) {
  archive_write_set_format_raw(writer);
  archive_write_add_filter_xz(writer);
}
void raw_gzip(archive* writer) {
  archive_write_set_format_raw(writer);
  archive_write_add_filter_gzip(writer);
}
void seven_zip(archive* writer) { archive_write_set_format_7zip(writer); }
void real_zip(archive* writer) { archive_write_set_format_zip(writer); }

Bytes encrypted_by_libzip(zip_uint16_t method) {
  zip_error_t error;
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(target);
  zip_t* archive = zip_open_from_source(target, ZIP_CREATE, &error);
  const std::string content = "secret";
  zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
  const auto index = static_cast<zip_uint64_t>(zip_file_add(archive, "a.txt", source, 0));
  if (method != ZIP_EM_NONE) zip_file_set_encryption(archive, index, method, "password");
  zip_close(archive);
  zip_source_open(target);
  Bytes made(10'000);
  made.resize(static_cast<std::size_t>(zip_source_read(target, made.data(), made.size())));
  zip_source_close(target);
  zip_source_free(target);
  return made;
}

Bytes little_endian(std::uint64_t value, std::size_t octets) {
  Bytes bytes;
  for (; octets > 0; --octets, value >>= 8) bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

// RAR 4 with one stored member.
Bytes rar(std::string_view content, bool encrypted) {
  const auto block = [](std::uint8_t type, unsigned flags, ByteView rest) {
    Bytes header{type};
    append(header, little_endian(flags, 2));
    append(header, little_endian(7 + rest.size(), 2));
    append(header, rest);
    Bytes whole = little_endian(checksum_of(header) & 0xffff, 2);
    append(whole, header);
    return whole;
  };
  Bytes member;
  for (const std::uint64_t size : {content.size(), content.size()}) {
    append(member, little_endian(size, 4));
  }
  member.push_back(3);  // Unix
  append(member, little_endian(checksum_of(bytes_of(content)), 4));
  append(member, little_endian(0x58210000, 4));
  append(member, bytes_of("\x14\x30"));  // version 2.0, stored
  append(member, little_endian(5, 2));
  append(member, little_endian(0100644, 4));
  append(member, bytes_of("a.txt"));
  Bytes made = copy_of(bytes_of(std::string_view("Rar!\x1a\x07\0", 7)));
  append(made, block(0x73, 0, Bytes(6)));
  append(made, block(0x74, encrypted ? 0x8004 : 0x8000, member));
  append(made, bytes_of(content));
  append(made, block(0x7b, 0x4000, {}));
  return made;
}

// 7z with one member behind AES-256.
Bytes encrypted_seven_zip() {
  const Bytes content(16, 0x5a);
  const Bytes header{0x01, 0x04, 0x06, 0x00, 0x01, 0x09, 16,   0x00, 0x07, 0x0b, 0x01, 0x00, 0x01,
                     0x24, 0x06, 0xf1, 0x07, 0x01, 0x02, 0x13, 0x00, 0x0c, 16,   0x00, 0x08, 0x00,
                     0x00, 0x05, 0x01, 0x11, 0x05, 0x00, 'a',  0x00, 0x00, 0x00, 0x00, 0x00};
  Bytes start = little_endian(content.size(), 8);
  append(start, little_endian(header.size(), 8));
  append(start, little_endian(checksum_of(header), 4));
  Bytes made{'7', 'z', 0xbc, 0xaf, 0x27, 0x1c, 0, 4};
  append(made, little_endian(checksum_of(start), 4));
  append(made, start);
  append(made, content);
  append(made, header);
  return made;
}

Bytes nested(Bytes innermost, int depth) {
  for (; depth > 0; --depth) {
    innermost = zip_of({packed("inner.zip", text_of(innermost))});
  }
  return innermost;
}

TEST(Inventory, CountsNothingInWhatIsNoArchive) {
  EXPECT_EQ(judged(bytes_of("hello")), "0/0/0");
  EXPECT_EQ(judged({}), "0/0/0");
  EXPECT_EQ(judged(bytes_of(std::string(100'000, 'x'))), "0/0/0");
  EXPECT_EQ(judged(bytes_of("070701,a list that looks like cpio\n" + std::string(200, '1'))),
            "0/0/0");
}

TEST(Inventory, CountsMembersAndBytesOfEveryKind) {
  const std::string content(5000, 'a');
  EXPECT_EQ(judged(zip_of({packed("a.txt", content), stored("b.txt", "bb")})), "2/5002/1");
  EXPECT_EQ(judged(zip_of({})), "0/0/1");
  EXPECT_EQ(judged(encrypted_by_libzip(ZIP_EM_NONE)), "1/6/1");
  for (const auto& kind : {real_zip, tar, tar_gz, seven_zip, raw_xz, raw_gzip}) {
    EXPECT_EQ(judged(made_by_libarchive(kind, content)), "1/5000/1");
  }
  EXPECT_EQ(judged(rar(content, false)), "1/5000/1");
}

TEST(Inventory, LooksIntoArchivesInsideArchivesWithOneBudget) {
  const std::string content(1000, 'a');
  const Bytes inner = zip_of({stored("a.txt", content), stored("b.txt", content)});
  const Bytes outer =
      zip_of({stored("one.zip", text_of(inner)), stored("two.zip", text_of(inner))});
  const std::uint64_t bytes = 4 * content.size() + 2 * inner.size();
  EXPECT_EQ(judged(outer), "6/" + std::to_string(bytes) + "/2");
  EXPECT_EQ(judged(outer, {.members_max = 6}), "6/" + std::to_string(bytes) + "/2");
  EXPECT_EQ(judged(outer, {.members_max = 5}), "archive_limits");
  EXPECT_EQ(judged(outer, {.unpacked_bytes_max = bytes - 1}), "archive_limits");
  EXPECT_EQ(judged(outer, {.nested_bytes_max = inner.size() - 1}), "archive_limits");
  EXPECT_EQ(judged(outer, {.nested_bytes_max = inner.size()}), "6/" + std::to_string(bytes) + "/2");
  EXPECT_EQ(judged(outer, {.member_bytes_max = 999}), "archive_limits");

  const Bytes zip_in_tar = made_by_libarchive(tar_gz, std::string(text_of(inner)));
  EXPECT_EQ(inventory_of(zip_in_tar)->members, 3U);
  EXPECT_EQ(inventory_of(zip_in_tar)->depth, 2);
}

TEST(Inventory, IsNotFooledByTheEndMarkOfATar) {
  const std::string end(1024, '\0');
  std::string behind = end + "behind an empty tar";
  EXPECT_EQ(judged(made_by_libarchive(raw_gzip, behind)), "1/1043/1");
  const Bytes one = made_by_libarchive(tar, "one");
  Bytes two = one;
  append(two, one);
  EXPECT_EQ(judged(two), "2/6/1");
  append(two, bytes_of(std::string(512, 'x')));
  EXPECT_EQ(judged(two), "malformed");
}

TEST(Inventory, AllowsDepthUpToItsLimit) {
  EXPECT_EQ(inventory_of(nested(zip_of({stored("a", "a")}), 7))->depth, 8);
  for (const int depth : {8, 12, 30}) {
    EXPECT_EQ(judged(nested(zip_of({stored("a", "a")}), depth)), "archive_limits") << depth;
  }
}

TEST(Inventory, CountsAStackOfPackersAsDepth) {
  std::string layers = "text";
  for (int depth = 0; depth < 12; ++depth) {
    layers = std::string(text_of(made_by_libarchive(raw_gzip, layers)));
  }
  EXPECT_EQ(judged(bytes_of(layers)), "archive_limits");
}

TEST(Inventory, RefusesWhatIsEncrypted) {
  EXPECT_EQ(judged(encrypted_by_libzip(ZIP_EM_AES_256)), "archive_encrypted");
  EXPECT_EQ(judged(encrypted_by_libzip(ZIP_EM_TRAD_PKWARE)), "archive_encrypted");
  EXPECT_EQ(judged(nested(encrypted_by_libzip(ZIP_EM_AES_256), 2)), "archive_encrypted");
  EXPECT_EQ(judged(rar("text", true)), "archive_encrypted");
  EXPECT_EQ(judged(encrypted_seven_zip()), "archive_encrypted");
}

TEST(Inventory, RefusesAnOdfThatSaysItIsEncrypted) {
  const std::string manifest(70'000, ' ');
  const std::string said = manifest.substr(0, 65'530) + "<manifest:encryption-data/>" + manifest;
  std::string wide;
  for (const char c : said) wide += {c, '\0'};
  const auto odf = [](const std::string& content) {
    return zip_of({stored("mimetype", "application/vnd.oasis.opendocument.text"),
                   packed("META-INF/manifest.xml", content)});
  };
  EXPECT_EQ(inventory_of(odf(manifest))->members, 2U);
  EXPECT_EQ(judged(odf(said)), "archive_encrypted");
  EXPECT_EQ(judged(odf(wide)), "archive_encrypted");
  EXPECT_EQ(judged(zip_of({packed("a.odt", text_of(odf(said)))})), "archive_encrypted");
}

TEST(Inventory, RefusesNamesThatPointOutsideOrDeceive) {
  for (const std::string name : {"/etc/passwd", "../a", "a/../../b", "a/..", "C:/a", "a\\b", "a\nb",
                                 "a\x7f", "\u202etxt.exe", "a\u200bb", "\u0085",
                                 "\ufeff"
                                 "a",
                                 ""}) {
    EXPECT_EQ(judged(zip_of({stored(name, "x")})), "content_refused") << name;
  }
  for (const std::string name :
       {"公文/附件.txt", "..a", "a..b", "./a", "a b", "\xb3\x5c\xa5\x69.txt"}) {
    EXPECT_EQ(judged(zip_of({stored(name, "x")})), "1/1/1") << name;
  }
  const auto renamed = [](archive_entry* entry) { archive_entry_set_pathname(entry, "../a"); };
  EXPECT_EQ(judged(made_by_libarchive(tar, "x", renamed)), "content_refused");
}

TEST(Inventory, RefusesLinksAndContainersItCanNotRead) {
  const auto linked = [](archive_entry* entry) {
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, "/etc/passwd");
    archive_entry_set_size(entry, 0);
  };
  EXPECT_EQ(judged(made_by_libarchive(tar, "", linked)), "content_refused");
  ZipMember link = stored("link", "/etc/passwd");
  link.attributes = 0120777U << 16;
  EXPECT_EQ(judged(zip_of({link})), "content_refused");

  std::string image(0x8800, '\0');
  image.replace(0x8001, 5, "CD001");
  EXPECT_EQ(judged(bytes_of(image)), "content_refused");
  EXPECT_EQ(judged(zip_of({packed("disk.iso", image)})), "content_refused");
  for (const auto& format : {archive_write_set_format_cpio_newc, archive_write_set_format_cpio_odc,
                             archive_write_set_format_ar_bsd}) {
    EXPECT_EQ(judged(made_by_libarchive([&](archive* writer) { format(writer); }, "x")),
              "content_refused");
  }
}

TEST(ZipDirectory, ListsTheEntriesInTheirOrder) {
  const Bytes zip = zip_of({stored("mimetype", "text"), packed("a/b.xml", "<b/>")});
  const auto entries = read_zip_directory(MemoryFile(zip).get());
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ(entries->at(0).name, "mimetype");
  EXPECT_EQ(entries->at(0).data_offset, 30U + 8);
  EXPECT_EQ(entries->at(1).name, "a/b.xml");
  EXPECT_EQ(entries->at(1).unpacked, 4U);
}

TEST(ZipDirectory, RefusesWhatTwoReadersCouldReadDifferently) {
  const ZipMember a = packed("a", "aaaaaaaaaaaaaaaaaaaaaaaaa");
  const ZipMember b = stored("b", "bb");
  ZipMember again = a;
  again.central_name = "c";
  ZipMember shrunk = a;
  shrunk.unpacked = 3;
  ZipMember wrong_sum = b;
  wrong_sum.checksum ^= 1;
  Bytes trailing = zip_of({a});
  append(trailing, bytes_of("trailing"));
  Bytes cut = zip_of({a});
  cut.resize(cut.size() / 2);

  EXPECT_EQ(judged(zip_of({a, a})), "malformed") << "duplicate names";
  EXPECT_EQ(judged(ZipMaker().add(a).add(b).point_at(a, 0).make()), "malformed");
  EXPECT_EQ(judged(zip_of({again})), "malformed") << "two names for one member";
  EXPECT_EQ(judged(ZipMaker().raw("MZ stub").add(a).make()), "malformed") << "prepended";
  EXPECT_EQ(judged(ZipMaker().add(a).raw("hidden").add(b).make()), "malformed") << "between";
  EXPECT_EQ(judged(ZipMaker().add(a).raw("hidden").make()), "malformed") << "before directory";
  EXPECT_EQ(judged(trailing), "malformed");
  EXPECT_EQ(judged(cut), "malformed");
  EXPECT_EQ(judged(zip_of({shrunk})), "malformed") << "more than declared";
  EXPECT_EQ(judged(zip_of({wrong_sum})), "malformed");
  EXPECT_EQ(judged(ZipMaker().add(a).make("a comment")), "1/25/1");
}

// A fuzzer found that its reading did not end.
TEST(ZipDirectory, RefusesAnExtraFieldLongerThanItsPlace) {
  ZipMember member = stored("a", "abc");
  member.central_name = "a\x01\x01\xff\x4fmore";
  Bytes zip = zip_of({member});
  const std::size_t directory = 30 + 1 + 3;
  zip[directory + 28] = 1;  // length of the name, then of the extra field
  zip[directory + 30] = 8;
  EXPECT_EQ(judged(zip), "malformed");
}

TEST(ZipDirectory, FindsAZipBehindAnotherFile) {
  Bytes both = copy_of(bytes_of("%PDF-1.4 …"));
  append(both, zip_of({stored("a", "a")}));
  EXPECT_TRUE(ends_like_zip(MemoryFile(both).get()));
  EXPECT_EQ(judged(both), "malformed");
  EXPECT_EQ(judged(zip_of({stored("two.pdf", text_of(both))})), "malformed");
  EXPECT_FALSE(ends_like_zip(MemoryFile(bytes_of("%PDF-1.4 PK\x05\x06")).get()));
}

// Runs in a child, so that time and memory are those of this one inventory.
void expect_cheap_refusal(const std::string& name, ByteView bomb) {
  const MemoryFile file(bomb);
  const auto begun = std::chrono::steady_clock::now();
  const pid_t pid = fork();
  if (pid == 0) {
    const Result<ArchiveInventory> found = take_inventory(file.get());
    _exit(!found.ok() && found.reason() == Reason::kArchiveLimits ? 0 : 1);
  }
  int status = -1;
  rusage used{};
  wait4(pid, &status, 0, &used);
  const auto spent = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(status, 0) << name;
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(spent, std::chrono::seconds(1)) << name;
  EXPECT_LT(used.ru_maxrss, 64 * 1024) << name;
#endif
  std::cout << "[ measured ] " << name << " of " << bomb.size()
            << " bytes: " << std::chrono::duration<double, std::milli>(spent).count() << " ms, "
            << used.ru_maxrss / 1024 << " MiB\n";
}

TEST(Bombs, AreRefusedQuicklyAndInLittleMemory) {
  const ZipMember gibibyte = zeros("zeros", 1024);
  expect_cheap_refusal("flat 1 GiB", zip_of({gibibyte}));

  ZipMember modest = gibibyte;  // says 90 MB, which its packed size would allow
  modest.unpacked = modest.packed.size() * 90;
  expect_cheap_refusal("flat 1 GiB, understated", zip_of({packed("a", "a"), modest}));

  std::string gzip = "\x1f\x8b\x08" + std::string(7, '\0');
  gzip += text_of(gibibyte.packed);
  expect_cheap_refusal("gzip 1 GiB", bytes_of(gzip));

  Bytes layer = zip_of({zeros("zeros", 64)});
  for (int depth = 1; depth < 5; ++depth) {
    ZipMaker maker;
    for (int copy = 0; copy < 16; ++copy) {
      maker.add(packed("lib " + std::to_string(copy) + ".zip", text_of(layer)));
    }
    layer = maker.make();
  }
  expect_cheap_refusal("42.zip-like, 4 TiB", layer);

  for (const int depth : {5, 9, 20, 30}) {
    expect_cheap_refusal("depth " + std::to_string(depth),
                         nested(zip_of({zeros("z", 256)}), depth));
  }
}

TEST(Bombs, OfOverlappingMembersAreRefusedBeforeUnpacking) {
  const ZipMember kernel = zeros("kernel", 64);
  ZipMaker maker;
  maker.add(kernel);
  ZipMember quoted = kernel;
  for (int copy = 0; copy < 9000; ++copy) {
    quoted.central_name = "copy " + std::to_string(copy);
    maker.point_at(quoted, 0);
  }
  const auto begun = std::chrono::steady_clock::now();
  const std::string answer = judged(maker.make());
  EXPECT_TRUE(answer == "malformed" || answer == "archive_limits") << answer;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
}

TEST(Bombs, OfManyMembersAreRefusedByTheirDeclaredNumber) {
  ZipMaker maker;
  for (int copy = 0; copy < 10'001; ++copy) maker.add(stored(std::to_string(copy), ""));
  EXPECT_EQ(judged(maker.make()), "archive_limits");
}

TEST(Inventory, RefusesWhatTakesTooLong) {
  EXPECT_EQ(judged(zip_of({packed("a", std::string(1000, 'a'))}), {.time_max = Milliseconds(-1)}),
            "archive_limits");
}

}  // namespace
}  // namespace yizhan
