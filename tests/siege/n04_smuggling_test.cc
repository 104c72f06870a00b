#include <algorithm>
#include <future>
#include <iostream>

#include "tests/siege/http_siege.h"

// N04, N14, A03 at the centre's real port: what two parsers could read differently, what is too
// much and what is no HTTP/1.1 is refused and hung up on.

namespace yizhan {
namespace {

using std::chrono::seconds;

// What an attacker would like to hide behind a request: it must never be answered.
const char* const kHidden = "GET /v1/hidden HTTP/1.1\r\nHost: a\r\n\r\n";

struct Shape {
  std::string name;
  std::string bytes;
  int status = 400;
};

std::string post(const std::string& fields) {
  return "POST /v1/submissions HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
}
std::string get(const std::string& fields) {
  return "GET /v1/directory HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
}
std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked") + body; }

std::vector<Shape> lengths_and_codings() {
  const std::string both = "0\r\n\r\n";
  return {
      {"CL.TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked") + both},
      {"TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5") + both},
      {"CL.CL different", post("Content-Length: 0\r\nContent-Length: 40")},
      {"CL.CL equal", post("Content-Length: 2\r\nContent-Length: 2") + "{}"},
      {"CL list", post("Content-Length: 2, 40") + "{}"},
      {"CL with sign", post("Content-Length: +2") + "{}"},
      {"CL negative", post("Content-Length: -1")},
      {"CL hexadecimal", post("Content-Length: 0x2") + "{}"},
      {"CL with inner blank", post("Content-Length: 2 0") + "{}"},
      {"CL beyond 64 bits", post("Content-Length: 18446744073709551618") + "{}"},
      {"CL empty", post("Content-Length:") + "{}"},
      {"blank before the colon", post("Content-Length : 2") + "{}"},
      {"TE after a tab and a parameter", post("Transfer-Encoding:\tchunked;q=1") + both},
      {"TE unknown", post("Transfer-Encoding: xchunked") + both},
      {"TE identity", post("Transfer-Encoding: identity") + both},
      {"TE gzip, chunked", post("Transfer-Encoding: gzip, chunked") + both},
      {"TE chunked, identity", post("Transfer-Encoding: chunked, identity") + both},
      {"TE twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity") + both},
      {"TE with vertical tab", post("Transfer-Encoding: \vchunked") + both},
      {"TE in quotes", post("Transfer-Encoding: \"chunked\"") + both},
      {"TE hidden by a fold", post("X: y\r\n Transfer-Encoding: chunked") + both},
  };
}

std::vector<Shape> lines_and_targets() {
  return {
      {"obs-fold", get("X-A: b\r\n c")},
      {"obs-fold with a tab", get("X-A: b\r\n\tc")},
      {"bare LF after the request line", "GET /v1/directory HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare LF between fields", "GET /v1/directory HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"},
      {"bare LF at the end", "GET /v1/directory HTTP/1.1\r\nHost: a\r\n\n"},
      {"bare CR", get("X-A: b\rContent-Length: 40")},
      {"NUL in a value", get(std::string("X-A: b\0c", 8))},
      {"NUL in a name", get(std::string("X\0A: b", 6))},
      {"no colon", get("Content-Length 40")},
      {"no name", get(": 40")},
      {"two Hosts", get("Host: b")},
      {"no Host", "GET /v1/directory HTTP/1.1\r\nX: y\r\n\r\n"},
      {"a blank line first", "\r\n" + get("X: y")},
      {"absolute form", "GET http://b/v1/directory HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"authority form", "CONNECT b:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"HTTP/1.0", "GET /v1/directory HTTP/1.0\r\nHost: a\r\n\r\n"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"HTTP/0.9", "GET /v1/directory\r\n\r\n"},
      {"two blanks", "GET  /v1/directory HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a request in the target", "GET /v1/\r\nGET /v1/hidden HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"dot segments", "GET /v1/../v1/directory HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"encoded slash", "GET /v1%2fdirectory HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"TRACE", "TRACE /v1/directory HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"a method in lower case", "get /v1/directory HTTP/1.1\r\nHost: a\r\n\r\n", 405},
  };
}

std::vector<Shape> chunks_and_sizes() {
  return {
      {"chunk size with sign", chunked("+2\r\n{}\r\n0\r\n\r\n")},
      {"chunk size 0x", chunked("0x2\r\n{}\r\n0\r\n\r\n")},
      {"chunk size of 80 bits", chunked("FFFFFFFFFFFFFFFFFFFF\r\n{}")},
      {"chunk with bare LF", chunked("2\n{}\r\n0\r\n\r\n")},
      {"chunk longer than told", chunked("2\r\n{}x\r\n0\r\n\r\n")},
      {"endless extension", chunked("2;" + std::string(9000, 'x'))},
      {"endless trailer", chunked("0\r\nX: " + std::string(40'000, 'x'))},
      {"long field", get("X: " + std::string(17'000, 'x')), 431},
      {"long field without an end", "GET / HTTP/1.1\r\nX: " + std::string(17'000, 'x'), 431},
      {"many fields",
       [] {
         std::string fields = "X0: y";
         for (int i = 1; i < 70; ++i) fields += "\r\nX" + std::to_string(i) + ": y";
         return get(fields);
       }(),
       431},
      {"long target", "GET /" + std::string(2100, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
      {"1 GiB told", post("Content-Length: 1073741824"), 413},
      {"a chunk of 1 GiB", chunked("40000000\r\n"), 413},
  };
}

std::vector<Shape> all_shapes() {
  std::vector<Shape> shapes = lengths_and_codings();
  std::ranges::move(lines_and_targets(), std::back_inserter(shapes));
  std::ranges::move(chunks_and_sizes(), std::back_inserter(shapes));
  return shapes;
}

class N04Smuggling : public HttpSiege {};

// "" or what is wrong with the centre's answer to the shape.
std::string fault_of(const Visitor& visitor, const Shape& shape) {
  RawConnection connection = visitor.connect();
  if (!connection.send(shape.bytes + kHidden)) return shape.name + ": not taken; ";
  const std::string answer = connection.read_to_end(seconds{20});
  if (!connection.is_ended()) return shape.name + ": still open; ";
  const bool refused = answer.starts_with("HTTP/1.1 " + std::to_string(shape.status) + " ");
  if (refused && count_of(answer, "HTTP/1.1 ") == 1) return "";
  return shape.name + ": " + answer.substr(0, 60) + "; ";
}

TEST_F(N04Smuggling, EverySmugglersShapeIsRefusedAndNothingBehindItIsRead) {
  const std::vector<Shape> shapes = all_shapes();
  ASSERT_GE(shapes.size(), 50u);
  // All at once: after a refusal the centre goes on reading for a while, lest its answer be lost.
  std::vector<std::future<std::string>> faults;
  for (const Shape& shape : shapes) {
    faults.push_back(std::async(std::launch::async, fault_of, std::cref(a_), std::cref(shape)));
  }
  for (auto& fault : faults) EXPECT_EQ(fault.get(), "");
  RawConnection honest = a_.connect();
  ask_honestly(honest);
  std::cout << shapes.size() << " shapes\n";
}

// Holds against a test that would pass with any server: two honest requests in one piece are two
// answers.
TEST_F(N04Smuggling, TwoHonestRequestsInOnePieceHaveTwoAnswers) {
  RawConnection connection = a_.connect();
  ASSERT_TRUE(connection.send(std::string(kHonest) + kHidden));
  const std::string answers = connection.read_to_end(seconds{1});
  EXPECT_EQ(count_of(answers, "HTTP/1.1 200 "), 1u);
  EXPECT_EQ(count_of(answers, "HTTP/1.1 404 "), 1u);
}

}  // namespace
}  // namespace yizhan
