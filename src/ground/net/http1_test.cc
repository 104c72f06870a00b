#include "ground/net/http1.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ground/net/target.h"

namespace yizhan {
namespace {

struct Read {
  std::optional<Reason> refused = {};
  bool whole = false;
  RequestHead head = {};
  std::string body = {};
  std::string rest = {};
};

// Feeds `wire` in pieces of `step` bytes, as a socket might.
Read read(std::string_view wire, std::size_t step, std::size_t body_max = 1000) {
  RequestReader reader{HeaderLimits{}};
  Bytes unread;
  Read result;
  bool head_done = false;
  for (std::size_t at = 0; at < wire.size() && !result.whole; at += step) {
    append(unread, bytes_of(wire.substr(at, step)));
    if (!head_done) {
      const auto head = reader.read_head(unread);
      if (!head.ok()) return {.refused = head.reason()};
      head_done = *head;
      if (!head_done) continue;
      result.head = reader.head();
      const auto allowed = reader.allow_body(body_max);
      if (!allowed.ok()) return {.refused = allowed.refusal().reason};
    }
    const auto body = reader.read_body(unread);
    if (!body.ok()) return {.refused = body.reason()};
    result.whole = *body;
  }
  if (result.whole) result.body = text_of(reader.take_body());
  result.rest = text_of(unread);
  return result;
}

constexpr std::size_t kAtOnce = 1 << 20;

TEST(RequestReader, ReadsARequestWhateverPiecesItComesIn) {
  const std::string wire =
      "POST /v1/%E5%85%AC%E6%96%87?a=1&b=x%26y+z HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"
      "Content-Length: 5\r\nX-Thing:  some words \r\n\r\nhelloGET /next";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, kAtOnce}) {
    const Read result = read(wire, step);
    ASSERT_FALSE(result.refused.has_value());
    ASSERT_TRUE(result.whole);
    EXPECT_EQ(result.head.path, "/v1/公文");
    EXPECT_EQ(result.head.query.at("b"), "x&y z");
    EXPECT_EQ(find_header(result.head.headers, "x-thing"), "some words");
    EXPECT_EQ(result.body, "hello");
    EXPECT_EQ(result.rest, step == kAtOnce ? "GET /next" : step == 7 ? result.rest : "");
  }
}

TEST(RequestReader, ReadsAChunkedBody) {
  const std::string wire =
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\nrest";
  for (const std::size_t step : {std::size_t{1}, kAtOnce}) {
    const Read result = read(wire, step);
    ASSERT_TRUE(result.whole);
    EXPECT_EQ(result.body, "abcdefg");
    EXPECT_FALSE(find_header(result.head.headers, "Trailer").has_value());
  }
}

struct Shape {
  const char* why;
  std::string wire;
  Reason reason = Reason::kBadRequest;
};

std::string with(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
}
std::string chunked(const std::string& body) { return with("Transfer-Encoding: chunked") + body; }

std::vector<Shape> ambiguous_shapes() {
  return {
      {"length and coding", with("Content-Length: 3\r\nTransfer-Encoding: chunked") + "0\r\n\r\n"},
      {"coding and length", with("Transfer-Encoding: chunked\r\nContent-Length: 3") + "0\r\n\r\n"},
      {"two lengths", with("Content-Length: 3\r\nContent-Length: 4") + "abcd"},
      {"the same length twice", with("Content-Length: 3\r\nContent-Length: 3") + "abc"},
      {"a list of lengths", with("Content-Length: 3, 3") + "abc"},
      {"a signed length", with("Content-Length: +3") + "abc"},
      {"a negative length", with("Content-Length: -3") + "abc"},
      {"a hexadecimal length", with("Content-Length: 0x3") + "abc"},
      {"an empty length", with("Content-Length: ") + "abc"},
      {"a huge length", with("Content-Length: 99999999999999999999") + "abc"},
      {"another coding", with("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n"},
      {"chunked not last", with("Transfer-Encoding: chunked, gzip") + "0\r\n\r\n"},
      {"chunked twice", with("Transfer-Encoding: chunked, chunked") + "0\r\n\r\n"},
      {"unknown coding", with("Transfer-Encoding: xchunked") + "0\r\n\r\n"},
      {"two codings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: x") + "0\r\n\r\n"},
      {"coding with a tab", with("Transfer-Encoding:\tchunked;q=1") + "0\r\n\r\n"},
      {"blank before the colon", with("Content-Length : 3") + "abc"},
      {"folded line", with("X-A: b\r\n c: d")},
      {"folded with a tab", with("X-A: b\r\n\tc")},
      {"folded first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare LF in the fields", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"},
      {"bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"bare CR", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"},
      {"NUL in a value", with(std::string("X-A: b\0c", 8))},
      {"no name", with(": value")},
      {"no colon", with("value")},
      {"no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"Host with blanks", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {"Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {"empty first line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute form", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"authority form", "GET b:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"asterisk form", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"tab as separator", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no version", "GET /\r\nHost: a\r\n\r\n"},
      {"other expectation", with("Expect: a-miracle")},
  };
}

std::vector<Shape> shapes_of_bodies_and_sizes() {
  return {
      {"chunk size with a sign", chunked("+3\r\nabc\r\n0\r\n\r\n")},
      {"chunk size 0x", chunked("0x3\r\nabc\r\n0\r\n\r\n")},
      {"chunk with bare LF", chunked("3\nabc\r\n0\r\n\r\n")},
      {"chunk longer than told", chunked("3\r\nabcd\r\n0\r\n\r\n")},
      {"chunk size overflow", chunked("FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n")},
      {"endless chunk extension", chunked("3;" + std::string(8000, 'x'))},
      {"endless trailer", chunked("0\r\nX: " + std::string(8000, 'x'))},
      {"tunnel", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"unknown method", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kMethodNotAllowed},
      {"lower case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kMethodNotAllowed},
      {"a body above the cap", with("Content-Length: 1001"), Reason::kTooLarge},
      {"a chunk above the cap", chunked("3E9\r\n"), Reason::kTooLarge},
      {"chunks above the cap", chunked("1F4\r\n" + std::string(500, 'x') + "\r\n1F5\r\n"),
       Reason::kTooLarge},
      {"long header", with("X: " + std::string(17'000, 'x')), Reason::kHeaderTooLarge},
      {"endless header", "GET / HTTP/1.1\r\nX: " + std::string(17'000, 'x'),
       Reason::kHeaderTooLarge},
      {"long target", "GET /" + std::string(2048, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       Reason::kHeaderTooLarge},
  };
}

TEST(RequestReader, RefusesWhatTwoParsersCouldReadDifferently) {
  auto shapes = ambiguous_shapes();
  std::ranges::move(shapes_of_bodies_and_sizes(), std::back_inserter(shapes));
  for (const Shape& shape : shapes) {
    for (const std::size_t step : {std::size_t{1}, kAtOnce}) {
      const Read result = read(shape.wire, step);
      ASSERT_TRUE(result.refused.has_value()) << shape.why;
      EXPECT_EQ(code_of(*result.refused), code_of(shape.reason)) << shape.why;
    }
  }
}

TEST(RequestReader, ReadsAnEmptyChunkedBodyInSingleBytes) {
  const Read result = read(chunked("0\r\n\r\n"), 1);  // an assertion of Beast 1.81 must not fire
  EXPECT_TRUE(result.whole);
  EXPECT_EQ(result.body, "");
}

TEST(RequestReader, CountsFields) {
  std::string fields;
  for (int i = 0; i < 63; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_TRUE(read("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", kAtOnce).whole);
  const Read one_more = read("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n" + fields + "\r\n", kAtOnce);
  EXPECT_EQ(one_more.refused, Reason::kHeaderTooLarge);
}

TEST(RequestReader, SurvivesEveryTruncationAndEveryFlippedByte) {
  const std::string wire =
      chunked("3\r\nabc\r\n10;a=\"b\"\r\n0123456789abcdef\r\n0\r\nT: t\r\n\r\n");
  ASSERT_TRUE(read(wire, kAtOnce).whole);
  for (std::size_t i = 0; i < wire.size(); ++i) {
    EXPECT_FALSE(read(wire.substr(0, i), 5).whole);
    for (const char byte : {'\0', '\n', '\r', ' ', ':', '%', '\x7f', '\xff', '0', 'F'}) {
      std::string flipped = wire;
      flipped[i] = byte;
      const Read result = read(flipped, 3);
      EXPECT_LE(result.body.size(), 1000U);
    }
  }
}

TEST(Target, HasOneReadingOnly) {
  EXPECT_EQ(parse_target("/")->path, "/");
  EXPECT_EQ(parse_target("/a%2Bb+c?d=e+f")->path, "/a+b+c");
  EXPECT_EQ(parse_target("/a?d=e+f")->query.at("d"), "e f");
  EXPECT_EQ(parse_target("/a%252e")->path, "/a%2e");  // decoded once
  for (const auto* raw :
       {"",          "a",       "//",         "/a//b",         "/a/",        "/./a",  "/a/..",
        "/%2e%2e/a", "/a%2Fb",  "/a%00b",     "/a%0ab",        "/a%",        "/a%4",  "/a%4g",
        "/%ff",      "/%c0%af", "/%ed%a0%80", "/%f4%90%80%80", "/%e0%80%af", "/a#b",  "/a b",
        "/a\"b",     "/a\\b",   "/a?b=1&b=2", "/a?=1",         "/a?b=%",     "/a?&b", "/a?b=%00"}) {
    EXPECT_FALSE(parse_target(raw).ok()) << raw;
  }
}

TEST(WriteHead, RefusesAFieldThatWouldBreakTheFraming) {
  const AnswerFraming framing{.id = "x", .now = Time::from_ms(784'111'777'000)};
  Response response = Response::json(200, Json::object());
  EXPECT_NE(write_head(response, framing).find("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            std::string::npos);
  response.headers.emplace_back("Location", "/a\r\nSet-Cookie: b");
  EXPECT_THROW(write_head(response, framing), std::invalid_argument);
}

TEST(AccessRecord, IsOneLineWhateverThePeerSent) {
  const AccessRecord record{
      .id = "i", .peer = "::1", .method = "GET", .path = "/a\" status=200", .note = "x\ny"};
  EXPECT_EQ(record.line(),
            "id=i peer=\"::1\" method=GET path=\"/a\\\" status=200\" status=0 in=0 out=0 us=0 "
            "note=\"x y\"");
}

}  // namespace
}  // namespace yizhan
