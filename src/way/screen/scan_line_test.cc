#include "way/screen/scan_line.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/small_scanner.h"
#include "way/screen/scan_connection.h"

namespace yizhan {
namespace {

using namespace std::chrono_literals;

ScanOrder some_order() {
  return {copy_of(bytes_of("header")), {sha256(bytes_of("a")), sha256(bytes_of("b"))},
          copy_of(bytes_of("key block")), kTestNow};
}

TEST(ScanOrderJson, IsReadStrictly) {
  const ScanOrder order = some_order();
  const Result<ScanOrder> again = ScanOrder::parse(order.json());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->json(), order.json());
  EXPECT_EQ(again->groups, order.groups);
  const std::string json(text_of(order.json()));
  for (const std::string& wrong :
       {std::string(), std::string("{}"), std::string("[]"),
        replaced(json, "\"groups\":[", "\"groups\":[1,"),
        replaced(json, "\"groups\":[", "\"groups\":[\"AA\","), replaced(json, "{", "{\"more\":1,"),
        replaced(json, kTestNow.text(), "yesterday")}) {
    EXPECT_FALSE(ScanOrder::parse(bytes_of(wrong)).ok()) << wrong;
  }
}

TEST(ScanAnswerJson, IsAVerdictOrWhyThereIsNone) {
  const Bytes verdict = copy_of(bytes_of("cms"));
  EXPECT_EQ(parse_scan_answer(describe_scan_answer(verdict)).value(), verdict);
  const Refusal busy{Reason::kScanBudget, "稍候"};
  EXPECT_EQ(parse_scan_answer(describe_scan_answer(busy)).refusal(), busy);
  for (const char* wrong : {"", "{}", R"({"verdict":1})", R"({"code":"no_such","detail":""})",
                            R"({"verdict":"AA==","code":"scan_budget","detail":""})"}) {
    EXPECT_EQ(parse_scan_answer(bytes_of(wrong)).reason(), Reason::kMalformed) << wrong;
  }
}

class Line : public ::testing::Test {
 protected:
  void serve(const ScannerSocket::Answer& answer, std::optional<uid_t> exchange_uid = {}) {
    socket_ = std::make_unique<ScannerSocket>(ScannerSocket::Settings{
        path(), exchange_uid, [this](const std::string& what) { accident_ = what; }});
    serving_ = std::jthread([this, answer] { socket_->serve(2, answer); });
  }
  void TearDown() override {
    if (socket_) socket_->stop();
    if (serving_.joinable()) serving_.join();
    socket_.reset();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "scan.sock"; }
  [[nodiscard]] Result<Bytes> ask(Milliseconds time_max = 5s) const {
    return ScannerLine(path(), time_max).scan(some_order(), file_of(bytes_of("body")));
  }
  // What a peer hears that sends these bytes; nullopt: hung up on.
  [[nodiscard]] std::optional<Bytes> say(ByteView bytes, std::optional<int> descriptor) const {
    auto connection = ScanConnection::connect(path(), 5s);
    if (!connection->send(bytes, descriptor)) return std::nullopt;
    return connection->receive();
  }

  std::filesystem::path folder_ = fresh_folder();
  std::unique_ptr<ScannerSocket> socket_;
  std::string accident_;
  std::jthread serving_;
};

TEST_F(Line, TellsWhetherTheScannerIsWell) {
  EXPECT_EQ(ScannerLine(path(), 5s).check(5s).reason(), Reason::kScannerUnavailable) << "nobody";
  Result<void> well;
  socket_ = std::make_unique<ScannerSocket>(ScannerSocket::Settings{
      .socket = path(), .check = [&]() -> Result<void> {
        if (accident_ == "wanted") throw std::runtime_error("nursery gone");
        return well;
      }});
  serving_ = std::jthread([this] {
    socket_->serve(1, [](const IncomingScan&) -> Result<Bytes> { return Reason::kInternal; });
  });
  const ScannerLine line(path(), 5s);
  EXPECT_TRUE(line.check(5s).ok());
  well = Refusal{Reason::kScannerUnavailable, "引擎未找到測試病毒"};
  EXPECT_EQ(line.check(5s).refusal(), well.refusal());
  accident_ = "wanted";
  EXPECT_EQ(line.check(5s).reason(), Reason::kScannerUnavailable);
}

TEST_F(Line, LeavesACheckUnansweredWhereThereIsNone) {
  serve([](const IncomingScan&) -> Result<Bytes> { return Reason::kInternal; });
  EXPECT_EQ(ScannerLine(path(), 5s).check(5s).reason(), Reason::kScannerUnavailable);
}

TEST_F(Line, CarriesOrderBodyAndAnswer) {
  std::string heard;
  serve([&](const IncomingScan& scan) -> Result<Bytes> {
    heard = std::string(text_of(scan.body.read_at(0, 10))) + " " +
            std::string(text_of(scan.order.key_block));
    EXPECT_THROW(FileHandle(::dup(scan.body.descriptor()), "body").write_at(0, bytes_of("x")),
                 FileError);
    return copy_of(bytes_of("verdict"));
  });
  const Result<Bytes> answer = ask();
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(text_of(*answer), "verdict");
  EXPECT_EQ(heard, "body key block");
}

TEST_F(Line, HandsOnWhyNoVerdictCanBeGiven) {
  serve([](const IncomingScan&) { return Refusal{Reason::kScanBudget, "稍候"}; });
  EXPECT_EQ(ask().refusal(), (Refusal{Reason::kScanBudget, "稍候"}));
}

TEST_F(Line, TurnsAnAccidentIntoAnAnswer) {
  serve([](const IncomingScan&) -> Result<Bytes> { throw std::runtime_error("nursery gone"); });
  EXPECT_EQ(ask().reason(), Reason::kScannerUnavailable);
  EXPECT_EQ(accident_, "nursery gone");
}

TEST_F(Line, KnowsThatNobodyAnswers) {
  EXPECT_EQ(ask().reason(), Reason::kScannerUnavailable);
  serve([](const IncomingScan&) {
    std::this_thread::sleep_for(400ms);
    return Result<Bytes>(Bytes{1});
  });
  EXPECT_EQ(ask(50ms).reason(), Reason::kScannerUnavailable);
  EXPECT_TRUE(ask().ok());
}

TEST_F(Line, ServesNobodyButItsExchange) {
  serve([](const IncomingScan&) { return Result<Bytes>(Bytes{1}); }, ::getuid() + 1);
  EXPECT_EQ(ask().reason(), Reason::kScannerUnavailable);
}

TEST_F(Line, AsksNobodyButItsScanner) {
  serve([](const IncomingScan&) { return Result<Bytes>(Bytes{1}); });
  const ScannerLine line(path(), 1s, ::getuid() + 1);
  EXPECT_EQ(line.scan(some_order(), file_of(bytes_of("body"))).reason(),
            Reason::kScannerUnavailable);
}

TEST_F(Line, HangsUpOnWhoDoesNotKeepToTheProtocol) {
  std::atomic<int> answered = 0;
  serve([&](const IncomingScan&) {
    ++answered;
    return Result<Bytes>(Bytes{1});
  });
  const FileHandle body = file_of(bytes_of("body"));
  const Bytes good = some_order().json();
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  EXPECT_FALSE(say(good, std::nullopt).has_value());
  EXPECT_FALSE(say(good, pipe_ends[0]).has_value());
  EXPECT_FALSE(say(bytes_of("{}"), body.descriptor()).has_value());
  EXPECT_FALSE(say({}, body.descriptor()).has_value());
  for (const std::string& raw : {std::string("\xff\xff\xff\xff"), std::string("\0\0\0\x09{}", 6)}) {
    const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path().native(), address.sun_path);
    ASSERT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::send(client, raw.data(), raw.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(raw.size()));
    ::shutdown(client, SHUT_WR);
    char octet = 0;
    EXPECT_LE(::recv(client, &octet, 1, 0), 0);
    ::close(client);
  }
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  EXPECT_EQ(answered, 0);
  EXPECT_TRUE(ask().ok());
}

TEST_F(Line, ReplacesAStaleSocketAndLeavesNone) {
  std::ofstream(path()) << "stale";
  serve([](const IncomingScan&) { return Result<Bytes>(Bytes{1}); });
  EXPECT_TRUE(ask().ok());
  socket_->stop();
  serving_.join();
  socket_.reset();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace yizhan
