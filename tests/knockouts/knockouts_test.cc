#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "ground/base/base.h"

// Each named control is worth something: without it, a test fails. And what is released has no
// switch for it.

extern char** environ;

namespace yizhan {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kControlsMin = 30;

fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "." : value;
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Knockout {
  std::string control;
  std::string program;  // below the build folder; a script below the source
  std::string filter;   // for a script the name of a test
};

std::vector<Knockout> read_knockouts() {
  std::istringstream lines(read_text(from_environment("YIZHAN_SOURCE") / "tests/knockouts.txt"));
  std::vector<Knockout> knockouts;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream fields(line);
    Knockout knockout;
    std::getline(fields, knockout.control, '\t');
    std::getline(fields, knockout.program, '\t');
    std::getline(fields, knockout.filter, '\t');
    knockouts.push_back(std::move(knockout));
  }
  return knockouts;
}

// The names that the product gives to its controls.
std::vector<std::string> controls_in_source() {
  static const std::regex kUpheld(R"re((?:upheld|is_knocked_out)\(\s*"([a-z0-9_]+)")re");
  std::vector<std::string> names;
  for (const auto& entry :
       fs::recursive_directory_iterator(from_environment("YIZHAN_SOURCE") / "src")) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".cc") || path.ends_with("_test.cc")) continue;
    const std::string text = read_text(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), kUpheld), end; at != end; ++at) {
      names.push_back((*at)[1]);
    }
  }
  return names;
}

struct Outcome {
  int status = -1;   // -1: a signal ended it
  std::string said;  // to both its outputs
};

Outcome run(const fs::path& program, std::vector<std::string> arguments,
            const std::string& control) {
  const fs::path output =
      fs::temp_directory_path() / ("yizhan-knockout-" + std::to_string(::getpid()));
  std::vector<std::string> environment = {"YZ_KNOCKOUT=" + control, "ASAN_OPTIONS=detect_leaks=0"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("ASAN_OPTIONS=")) environment.emplace_back(*entry);
  }
  arguments.insert(arguments.begin(), program.string());
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  };
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t child = 0;
  const int spawned = ::posix_spawn(&child, arguments.front().c_str(), &files, nullptr,
                                    pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&files);
  if (spawned != 0) throw std::runtime_error("cannot run " + program.string());
  int status = 0;
  ::waitpid(child, &status, 0);
  Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(output)};
  fs::remove(output);
  return outcome;
}

TEST(Knockouts, NameEveryControlOfTheProductOnce) {
  std::vector<std::string> listed;
  for (const Knockout& knockout : read_knockouts()) listed.push_back(knockout.control);
  std::vector<std::string> named = controls_in_source();
  std::ranges::sort(listed);
  std::ranges::sort(named);
  EXPECT_EQ(named, listed);
  EXPECT_EQ(std::set(named.begin(), named.end()).size(), named.size());
  EXPECT_GE(named.size(), kControlsMin);
}

// The probe is built as released: it asks a control that does not hold.
TEST(Knockouts, AreNotPossibleInWhatIsReleased) {
  const fs::path probe = from_environment("YIZHAN_BUILD") / "tests/knockouts/released_probe";
  EXPECT_EQ(run(probe, {}, "commitment").status, 3);
  EXPECT_EQ(read_text(probe).find("YZ_KNOCKOUT"), std::string::npos);
}

#ifdef YIZHAN_KNOCKOUTS

Outcome run_test(const Knockout& knockout, const std::string& control) {
  if (knockout.program.ends_with(".py")) {
    const fs::path script = from_environment("YIZHAN_SOURCE") / knockout.program;
    return run("/usr/bin/python3", {"-B", script.string(), knockout.filter}, control);
  }
  return run(from_environment("YIZHAN_BUILD") / knockout.program,
             {"--gtest_filter=" + knockout.filter, "--gtest_fail_fast"}, control);
}

class EachKnockout : public ::testing::TestWithParam<Knockout> {};

INSTANTIATE_TEST_SUITE_P(Controls, EachKnockout, ::testing::ValuesIn(read_knockouts()),
                         [](const auto& test) { return test.param.control; });

// By its own judgement: a program that is not there, that can not start or that dies by itself has
// not noticed anything; a test that stops at a refusal which is none any more has.
bool has_noticed(const Knockout& knockout, const Outcome& outcome) {
  const auto said = [&](const char* words) {
    return outcome.said.find(words) != std::string::npos;
  };
  if (knockout.program.ends_with(".py")) return outcome.status == 1 && said("FAILED (failures=");
  if (outcome.status == 1) return said("[  FAILED  ] ");
  return outcome.status == -1 && said("[ RUN      ] ") && said("assertion failed: !ok()");
}

TEST_P(EachKnockout, MakesATestFail) {
  const Outcome outcome = run_test(GetParam(), GetParam().control);
  EXPECT_TRUE(has_noticed(GetParam(), outcome)) << outcome.status << "\n" << outcome.said;
}

// All the same tests under a name that is no control's: they pass, and there are some.
TEST(Knockouts, ChangeNothingUnderAnyOtherName) {
  std::map<std::string, std::string> filters;  // of all tests of a program
  for (const Knockout& knockout : read_knockouts()) {
    std::string& all = filters[knockout.program];
    all += (all.empty() ? "" : ":") + knockout.filter;
  }
  for (const auto& [program, filter] : filters) {
    const Outcome outcome = run_test({"", program, filter}, "no_such_control");
    EXPECT_EQ(outcome.status, 0) << program << "\n" << outcome.said;
    EXPECT_EQ(outcome.said.find("Running 0 tests"), std::string::npos) << program;
  }
}

#endif

}  // namespace
}  // namespace yizhan
