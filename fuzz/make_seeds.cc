#include <filesystem>
#include <iostream>

#include "duty/connection/connection.h"
#include "ground/keys/keys.h"
#include "ground/keys/protocol.h"
#include "ground/merkle/merkle.h"
#include "ground/trust/trust.h"
#include "model/content/content.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/small_package.h"
#include "tests/support/timestamp_authority.h"
#include "tests/support/zip_maker.h"
#include "way/screen/screen.h"

// fuzz_make_seeds FOLDER: one or more whole, valid inputs for each fuzzer, FOLDER/<fuzzer>/<name>.
// Run once when a format changes; what it wrote is committed.

namespace yizhan {
namespace {

class Seeds {
 public:
  explicit Seeds(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& fuzzer, const std::string& name, ByteView bytes) const {
    std::filesystem::create_directories(folder_ / fuzzer);
    write_durably(folder_ / fuzzer / name, bytes, 0644);
  }
  void add(const std::string& fuzzer, const std::string& name, std::string_view text) const {
    add(fuzzer, name, bytes_of(text));
  }

 private:
  std::filesystem::path folder_;
};

void add_package(const Seeds& seeds, SmallExchange& exchange, const TestPackage& package) {
  const Header& header = package.sealed.header;
  seeds.add("header", "json", header.json());
  seeds.add("header", "cms", package.sealed.cms);
  seeds.add("cms", "header", package.sealed.cms);
  seeds.add("cms", "certificate", package.sealed.signer.der());
  seeds.add("cms", "pem", package.sealed.signer.pem());
  seeds.add("cms", "revocation_list", exchange.authority.crl(kTestNow, kTestNow));
  seeds.add("key_block", "own", package.envelope.key_blocks.front());
  seeds.add("leaf", "own", package.envelope.leaves.front());
  seeds.add("manifest", "two_parts", package.manifest.json());
  seeds.add("envelope", "submission", package.envelope.json());
  seeds.add("envelope", "with_body", package.with_body().submission());
  const Consignment consignment{{"lease-1", 1, kTestNow},
                                package.sealed.cms,
                                place_leaves(package.envelope.leaves).front(),
                                {package.envelope.key_blocks.front()},
                                package.envelope.groups,
                                {}};
  seeds.add("envelope", "consignment", consignment.json());
  const Bytes manifest = package.manifest.json();
  Bytes plain;
  append_u64_be(plain, manifest.size());
  append(plain, manifest);
  append(plain, Bytes(package.manifest.parts[0].length + package.manifest.parts[1].length, 'x'));
  seeds.add("body", "other_content", plain);
  const ScanOrder order{package.sealed.cms, package.envelope.groups,
                        package.envelope.key_blocks.back(), kTestNow};
  seeds.add("scan_line", "order", order.json());
  seeds.add("scan_line", "refusal", describe_scan_answer(Result<Bytes>(Reason::kScanBudget)));
  seeds.add("directory", "small", canonical_json(exchange.directory().describe()));
}

void add_evidence(const Seeds& seeds, SmallExchange& exchange, const TestPackage& package) {
  Statement accepted =
      statement_by(exchange.first, EvidenceType::kSubmissionAcceptance, package);
  accepted.recipient_count = 1;
  seeds.add("statement", "accepted", accepted.json());
  const Statement handed = statement_by(exchange.b, EvidenceType::kHandover, package);
  const Bytes cms =
      cms_sign(handed.json(), exchange.b.sign, KeyUse::kEvidence, kTestNow).value();
  seeds.add("statement", "handed_over_cms", cms);
  const Bytes both[] = {handed.json(), accepted.json()};
  seeds.add("statement", "handed_over_batched",
            sign_batch(both, exchange.b.sign, kTestNow).value().front());
  const Verdict verdict = verdict_by(exchange.first, package, ScanResult::kInfected);
  seeds.add("verdict", "infected", verdict.json());
  seeds.add("verdict", "cms", sign_verdict(verdict, exchange.first.scanner).value().cms);
  const Decision decision{DecisionKind::kRelease, package.sealed.header.key(),
                          package.sealed.sha256, {package.sealed.sha256}, "已查明無誤", kTestNow};
  seeds.add("decision", "release", decision.json());
  const Withdrawal withdrawal{WithdrawalKind::kPaper, package.sealed.header.key(),
                              exchange.b.addressee(), "改寄紙本", kTestNow};
  seeds.add("decision", "withdrawal", withdrawal.json());
  seeds.add("scan_line", "verdict", describe_scan_answer(Result<Bytes>(verdict.json())));
}

void add_changes(const Seeds& seeds, SmallExchange& exchange) {
  const Day first{std::chrono::year{2026} / 12 / 1};
  ChangeRequest request{exchange.a.code, ChangeRequest::Kind::kChange, first, "組織改造", "王大明",
                        "02-2345-6789", "", kTestNow};
  request.name = "測試新部";
  request.addresses = {"203.0.113.7"};
  request.keys = {{Purpose::kEncrypt, exchange.b.encrypt.certificate(), {}, ""}};
  const SignedChangeRequest change = sign_change(request, exchange.a.sign).value();
  const ChangeReview review{exchange.first.code, change, ChangeReview::Kind::kAgreed, "林維運",
                            "已電話核對指紋", kTestNow};
  seeds.add("change", "request", request.json());
  seeds.add("change", "request_cms", change.cms);
  seeds.add("change", "review", review.json());
  seeds.add("change", "review_cms", sign_review(review, exchange.first.chen).value().cms);
}

void add_log(const Seeds& seeds) {
  TestAuthority authority;
  SoftwareKey key = authority.issue({.subject = "log", .kind = KeyKind::kEd25519});
  const Checkpoint checkpoint{"CENTRE-1", {2, merkle_root({})}};
  const SignedNote note = sign_checkpoint(checkpoint, key).value();
  seeds.add("note", "checkpoint_text", checkpoint.text());
  seeds.add("note", "signed", note.bytes());
  seeds.add("note", "proof", LogProof{1, {merkle_root({})}, note.bytes()}.json());
  seeds.add("witness", "request", AddCheckpoint{1, {merkle_root({})}, note}.body());
  SignedNote seen = note;
  seen.cosign("CENTRE-2", key, kTestNow).value();
  const std::string all(text_of(seen.bytes()));
  seeds.add("witness", "line", all.substr(all.rfind('\n', all.size() - 2) + 1));
  seeds.add("witness", "size", "41\n");
}

void add_timestamps(const Seeds& seeds) {
  TimestampAuthority authority;
  const Bytes query = make_timestamp_query(bytes_of("CENTRE-1\n"));
  const Bytes answer = authority.answer(query);
  seeds.add("timestamp", "answer", answer);
  seeds.add("timestamp", "token", timestamp_token(answer, query).value());
}

void add_keyholder(const Seeds& seeds) {
  seeds.add("key_protocol", "list", encode(KeyRequest(ListRequest{})));
  seeds.add("key_protocol", "sign",
            encode(KeyRequest(SignRequest{"sign", KeyUse::kDocument, Bytes(32, 1)})));
  seeds.add("key_protocol", "agree", encode(KeyRequest(AgreeRequest{"encrypt", Bytes(65, 4)})));
  const Refusal refusal{Reason::kKeyUnknown, "沒有這把金鑰"};
  seeds.add("key_protocol", "refusal", encode_refusal(refusal).view());
  seeds.add("key_protocol", "status", encode_status({{}, 3, {{"exchange", "tls", 2, 1}}}));
}

void add_texts(const Seeds& seeds) {
  seeds.add("json", "nested", R"({"a":[1,-2,{"b":"公文"}],"c":null,"d":true,"e":""})");
  seeds.add("part_name", "letter", "附件 (1).odt");
  seeds.add("clamd", "clean", "fd[10]: OK");
  seeds.add("clamd", "found", "fd[10]: Win.Test.EICAR_HDB-1 FOUND");
  seeds.add("clamd", "version", "ClamAV 1.4.6/27500/Thu Nov  5 09:28:03 2026");
  seeds.add("config", "all", "name = \"甲\"\npause = \"2s\"\nfiles = \"a\"\n[limits]\ncount = 5\n");
  seeds.add("order", "submission", R"({"submission":"s","state":"accepted","next_group":1,)"
                                   R"("group_count":1})");
  seeds.add("order", "news", R"({"items":[{"sequence":1,"evidence":"AA==","kind":"A.1",)"
                             R"("sender":"T01000000A","message_id":)"
                             R"("0192f0c1-2b3c-7def-8abc-0123456789ab"}],"next":1})");
  seeds.add("order", "standings", R"({"items":[{"recipient":"T01000000A","state":"received"}]})");
  seeds.add("http", "get",
            "GET /v1/news?after=3 HTTP/1.1\r\nHost: centre\r\nAccept: application/json\r\n\r\n");
  seeds.add("http", "post",
            "POST /v1/submissions HTTP/1.1\r\nHost: centre\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\n\r\n{}");
  seeds.add("http", "chunked",
            "PUT /v1/a HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
            "\r\n");
  seeds.add("export_index", "empty",
            R"({"directory_version":1,"document_id":"0192f0c1-2b3c-7def-8abc-0123456789ab",)"
            R"("exporter":"T01000000A","files":[],"format":"yizhan-export-1","packages":[],)"
            R"("role":"sender","time":"2026-11-22T06:00:00.000Z","unproven":0})");
  seeds.add("archive", "zip", zip_of({stored("a.txt", "甲"), packed("b.txt", "bbbbbbbbbbbb")}));
  seeds.add("archive", "nested",
            zip_of({stored("in.zip", text_of(zip_of({stored("c.txt", "c")})))}));
}

// The first byte chooses the type: its place among known_content_types().
void add_content(const Seeds& seeds) {
  seeds.add("content", "pdf", "\x04%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n");
  seeds.add("content", "text", "\x05公文\n");
  seeds.add("content", "gif", std::string_view("\x0dGIF89a\1\0\1\0\0\0\0;", 15));
  seeds.add("content", "zip", "\x0e" + std::string(text_of(zip_of({stored("a.txt", "甲")}))));
  FileHandle file = memory_file("part");
  file.write_at(0, bytes_of("公文\n"));
  const int descriptors[] = {file.descriptor()};
  seeds.add("content", "answer",
            answer_part_question(write_part_question("a.txt", {}), descriptors));
  seeds.add("content", "refusal",
            answer_part_question(write_part_question("a.pdf", {}), descriptors));
}

void add_trust_metadata(const Seeds& seeds, TestAuthority& authority) {
  const Repository repository("seed_repository");  // goes when it was read
  std::vector<SoftwareKey> keys;
  for (const char* name : {"chen", "lin", "online"}) keys.push_back(authority.issue({name}));
  const Founding founding{{keys[0].certificate(), keys[1].certificate()},
                          2,
                          keys[2].certificate(),
                          {{"directory", {"directory/*"}, 2}}};
  YZ_ASSERT(stage_founding(repository, founding, {}, kTestNow));
  YZ_ASSERT(stage_target(repository, {"directory/list", Bytes(3, 'x')}, {}, kTestNow));
  for (const std::string& role : repository.staged_roles()) {
    SignedMetadata metadata = repository.staged(role).value();
    for (SoftwareKey* key : {&keys[0], &keys[1]}) YZ_ASSERT(metadata.sign(*key));
    repository.stage(role, metadata);
  }
  YZ_ASSERT(publish(repository, {}, keys[2], kTestNow));
  seeds.add("trust_metadata", "root", repository.root()->bytes());
  seeds.add("trust_metadata", "timestamp", repository.timestamp()->bytes());
  seeds.add("trust_metadata", "snapshot", repository.snapshot()->bytes());
  for (const char* role : {"targets", "directory"}) {
    seeds.add("trust_metadata", role, repository.targets(role)->bytes());
  }
  std::filesystem::remove_all(repository.folder());
}

}  // namespace
}  // namespace yizhan

int main(int count, char** arguments) {
  using namespace yizhan;
  if (count != 2) {
    std::cerr << "fuzz_make_seeds FOLDER\n";
    return 2;
  }
  const Seeds seeds{arguments[1]};
  SmallExchange exchange;
  const TestPackage package = make_package(exchange);
  add_package(seeds, exchange, package);
  add_evidence(seeds, exchange, package);
  add_changes(seeds, exchange);
  add_log(seeds);
  add_timestamps(seeds);
  add_keyholder(seeds);
  add_texts(seeds);
  add_content(seeds);
  add_trust_metadata(seeds, exchange.authority);
  return 0;
}
