#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "model/document/test_fixtures.h"

extern char** environ;

namespace yizhan {
namespace {

namespace fs = std::filesystem;

// Exit status of xmllint, a validator that shares only libxml2's core with us: it reads the type
// definitions from formats/ and knows nothing of our own checks.
int xmllint(const fs::path& file) {
  const std::string formats = (source_root() / "formats").string();
  const std::string name = file.string();
  std::array<const char*, 8> argv = {"xmllint", "--valid",       "--nonet",    "--noout",
                                     "--path",  formats.c_str(), name.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "xmllint", &actions, nullptr,
                                  const_cast<char* const*>(argv.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start xmllint");
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class Workplace {
 public:
  Workplace() {
    std::string pattern = (fs::temp_directory_path() / "yizhan_formats_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~Workplace() { fs::remove_all(path_); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  fs::path write(const std::string& name, const Bytes& bytes) {
    std::ofstream(path_ / name, std::ios::binary) << text_of(bytes);
    return path_ / name;
  }

 private:
  fs::path path_;
};

std::vector<fs::path> good_files() {
  std::vector<fs::path> files;
  for (const char* extension : {".di", ".sw", ".dm"}) {
    for (const char* folder : {"valid", "tolerated"}) {
      for (fs::path& path : fixtures_in(folder, extension)) files.push_back(std::move(path));
    }
  }
  // xmllint looks up type definitions by their exact case.
  std::erase_if(files, [](const fs::path& path) { return path.stem() == "upper_case_type_name"; });
  return files;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(source_root() / "formats")) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

TEST(Formats, AreInTheProgramAsTheyStandInTheTree) {
  EXPECT_EQ(format_names().size(), 36U);
  for (const std::string& name : format_names()) {
    const Bytes bytes = bytes_of_file(source_root() / "formats" / name);
    TypeCatalogue fresh;
    fresh.add(name, bytes);
    ASSERT_NE(builtin_types().find(name), nullptr) << name;
    EXPECT_EQ(*builtin_types().find(name), *fresh.find(name)) << name;
  }
}

TEST(Formats, SayTheSameInBothEncodings) {
  for (const std::string& name : format_names()) {
    const std::size_t at = name.find("_big5");
    if (at == std::string::npos) continue;
    const std::string twin = std::string(name).replace(at, 5, "_utf8");
    std::string text = *builtin_types().find(name);
    for (std::size_t i = text.find("_big5"); i != std::string::npos; i = text.find("_big5")) {
      text.replace(i, 5, "_utf8");
    }
    ASSERT_NE(builtin_types().find(twin), nullptr) << twin;
    EXPECT_EQ(text, *builtin_types().find(twin));
  }
}

TEST(Formats, ExistForEveryKindThatItsEditionHas) {
  using enum DocumentKind;
  for (const XmlEncoding encoding : {XmlEncoding::kUtf8, XmlEncoding::kBig5}) {
    for (const DocumentKind kind :
         {kLetter, kOrder, kNotice, kMeetingNotice, kInspectionNotice, kMemo, kCoreviewSlip}) {
      const std::string name = system_id_of(kind, Edition::k104, encoding);
      EXPECT_NE(builtin_types().find(name), nullptr) << name;
      EXPECT_EQ(find_type(name)->kind, kind);
    }
    EXPECT_NE(builtin_types().find(roster_system_id(Edition::k99, encoding)), nullptr);
  }
  EXPECT_EQ(find_type("104_b_UTF8.dtd")->kind, kInspectionNotice);
  EXPECT_EQ(find_type("91_2.dtd"), std::nullopt);
  EXPECT_THROW(system_id_of(kMemo, Edition::k99, XmlEncoding::kUtf8), std::invalid_argument);
}

TEST(SecondValidator, AgreesOnEveryGoodFixture) {
  const auto files = good_files();
  EXPECT_GT(files.size(), 50U);
  for (const fs::path& path : files) EXPECT_EQ(xmllint(path), 0) << path;
}

TEST(SecondValidator, AgreesOnEverythingThatIsWritten) {
  Workplace place;
  for (const fs::path& path : good_files()) {
    const std::string name = path.stem().string() + "_out" + path.extension().string();
    const Bytes bytes = bytes_of_file(path);
    if (path.extension() == ".di") {
      const Document document = parse_document(bytes).value.value();
      EXPECT_EQ(xmllint(place.write(name, write_document(document))), 0) << path;
    } else if (path.extension() == ".sw") {
      const Roster roster = parse_roster(bytes).value.value();
      EXPECT_EQ(xmllint(place.write(name, write_roster(roster))), 0) << path;
    }
  }
}

TEST(SecondValidator, WouldNotAgreeWithAnything) {
  EXPECT_NE(xmllint(fixture_root() / "trap/number_missing.di"), 0);
  EXPECT_NE(xmllint(fixture_root() / "trap/empty_originals.di"), 0);
}

}  // namespace
}  // namespace yizhan
