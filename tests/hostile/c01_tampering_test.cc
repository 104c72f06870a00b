
#include "ground/merkle/merkle.h"
#include "tests/hostile/every_byte.h"
#include "tests/hostile/stage.h"

// C01: every byte of a package, wherever it lies: at the centre's
// door, before the scanner, in the recipient's hands.

namespace yizhan {
namespace {

std::span<std::uint8_t> octets_of(Sha256& digest) { return digest.octets; }

// What a header that is not as its sender signed it may be called.
const std::vector<std::string> kHeaderRefusals = {"malformed", "bad_signature", "wrong_sender",
                                                  "algorithm_refused", "too_large"};

class C01Tampering : public ::testing::Test {
 protected:
  Stage stage_;
  SmallExchange& exchange_ = stage_.exchange;
};

// The recipient.

class C01TamperedConsignment : public C01Tampering {
 protected:
  C01TamperedConsignment() { EXPECT_EQ(stage_.opened(consigned_), "ok"); }
  Tally change_each_of(std::span<std::uint8_t> bytes) {
    return change_each(bytes, [this] { return stage_.opened(consigned_); });
  }
  std::string opened_with(const std::function<void(Consigned&)>& change) {
    Consigned changed = consigned_;
    change(changed);
    return stage_.opened(changed);
  }

  TestPackage package_ = seal_letter(exchange_);
  Consigned consigned_ = stage_.consign(package_, exchange_.b);
};

TEST_F(C01TamperedConsignment, IsRefusedWhicheverByteOfTheHeaderChanged) {
  change_each_of(consigned_.consignment.header).expect_only(kHeaderRefusals, "header");
}

TEST_F(C01TamperedConsignment, IsUnopenableWhicheverByteOfLeafPathOrKeyBlockChanged) {
  Consignment& consignment = consigned_.consignment;
  change_each_of(consignment.placed.leaf).expect_only({"unopenable at step 6"}, "leaf");
  ASSERT_EQ(consignment.placed.path.size(), 2U);
  for (Sha256& step : consignment.placed.path) {
    change_each_of(octets_of(step)).expect_only({"unopenable at step 6"}, "path");
  }
  change_each_of(consignment.key_blocks.at(0)).expect_only({"unopenable at step 6"}, "key block");
  change_each_of(octets_of(consignment.groups.at(0)))
      .expect_only({"unopenable at step 9"}, "list of groups");
}

TEST_F(C01TamperedConsignment, IsUnopenableWhicheverByteOfTheBodyChanged) {
  ASSERT_GT(consigned_.body.size(), 4000U);
  const ProvenPackage proven = stage_.prove(consigned_).value();
  change_each(consigned_.body, [&] {
    const auto opened = stage_.open(proven, consigned_);
    return opened ? "ok" : Stage::words_of(opened.refusal());
  }).expect_only({"unopenable at step 9"}, "body");
}

TEST_F(C01TamperedConsignment, CountsForNothingWhicheverByteOfItsEvidenceChanged) {
  auto& evidence = consigned_.consignment.evidence;
  change_each_of(evidence.at(0)).expect_only({"verdict_missing"}, "A.1");
  change_each(evidence.at(1), [this] {
    const auto proven = stage_.prove(consigned_);
    return proven && proven->evidence.verdicts.empty() ? "no verdict" : "a verdict";
  }).expect_only({"no verdict"}, "verdict");
  evidence[1].back() ^= 1;
  EXPECT_EQ(stage_.opened(consigned_), "verdict_missing");
}

TEST_F(C01TamperedConsignment, IsRefusedAtEveryTruncationAndExtension) {
  const auto cut_and_grown = [&](const std::function<Bytes&(Consigned&)>& bytes) {
    const std::size_t size = bytes(consigned_).size();
    for (const std::size_t left : {std::size_t{0}, std::size_t{1}, size / 2, size - 1}) {
      EXPECT_NE(opened_with([&](Consigned& c) { bytes(c).resize(left); }), "ok") << left;
    }
    return opened_with([&](Consigned& c) { bytes(c).push_back(0); });
  };
  EXPECT_EQ(cut_and_grown([](Consigned& c) -> Bytes& { return c.consignment.header; }),
            "malformed");
  EXPECT_EQ(cut_and_grown([](Consigned& c) -> Bytes& { return c.consignment.placed.leaf; }),
            "unopenable at step 6");
  EXPECT_EQ(cut_and_grown([](Consigned& c) -> Bytes& { return c.consignment.key_blocks[0]; }),
            "unopenable at step 6");
  EXPECT_EQ(cut_and_grown([](Consigned& c) -> Bytes& { return c.consignment.evidence[0]; }),
            "verdict_missing");
  EXPECT_EQ(cut_and_grown([](Consigned& c) -> Bytes& { return c.consignment.evidence[1]; }),
            "verdict_missing");
  // What lies behind the body is never asked for: nobody reads it, and nothing changes.
  EXPECT_EQ(cut_and_grown([](Consigned& c) -> Bytes& { return c.body; }), "ok");
}

TEST_F(C01TamperedConsignment, IsUnopenableWithListsOfAnotherLengthOrOrder) {
  const auto expect_unopenable = [&](const std::function<void(Consignment&)>& change) {
    const std::string words = opened_with([&](Consigned& c) { change(c.consignment); });
    EXPECT_TRUE(words.starts_with("unopenable")) << words;
  };
  expect_unopenable([](Consignment& c) { c.placed.path.pop_back(); });
  expect_unopenable([](Consignment& c) { c.placed.path.push_back(c.placed.path[0]); });
  expect_unopenable([](Consignment& c) { std::swap(c.placed.path[0], c.placed.path[1]); });
  for (const std::int64_t index : {-1, 1, 2, 3, 1 << 30}) {
    expect_unopenable([index](Consignment& c) { c.placed.index = index; });
  }
  expect_unopenable([](Consignment& c) { c.key_blocks.clear(); });
  expect_unopenable([](Consignment& c) { c.key_blocks.push_back(c.key_blocks[0]); });
  expect_unopenable([](Consignment& c) { c.groups.clear(); });
  expect_unopenable([](Consignment& c) { c.groups.push_back(c.groups[0]); });
}

TEST_F(C01TamperedConsignment, IsUnopenableWithTheKeyBlockOrTheLeafOfAnother) {
  const Consigned of_c = stage_.consign(package_, exchange_.c);
  ASSERT_EQ(stage_.opened(of_c), "ok");
  EXPECT_EQ(opened_with([&](Consigned& b) {
              b.consignment.key_blocks = of_c.consignment.key_blocks;
            }),
            "unopenable at step 6");
  EXPECT_EQ(opened_with([&](Consigned& b) {
              b.consignment.placed = of_c.consignment.placed;
              b.consignment.key_blocks = of_c.consignment.key_blocks;
            }),
            "unopenable at step 6");
  EXPECT_EQ(opened_with([&](Consigned& b) {
              b.consignment.key_blocks[0] = package_.envelope.key_blocks.back();
            }),
            "unopenable at step 6");
}

TEST_F(C01TamperedConsignment, IsRefusedWhenAnyTwoPackagesAreMixed) {
  const Consigned other = stage_.consign(seal_letter(exchange_), exchange_.b);
  ASSERT_EQ(stage_.opened(other), "ok");
  EXPECT_EQ(opened_with([&](Consigned& c) { c.consignment.header = other.consignment.header; }),
            "verdict_missing");
  EXPECT_EQ(opened_with([&](Consigned& c) { c.consignment.placed = other.consignment.placed; }),
            "unopenable at step 6");
  EXPECT_EQ(opened_with([&](Consigned& c) { c.body = other.body; }), "unopenable at step 9");
  EXPECT_EQ(opened_with([&](Consigned& c) {
              c.body = other.body;
              c.consignment.groups = other.consignment.groups;
            }),
            "unopenable at step 9");
  // All of it is the other, only the delivery is not.
  EXPECT_EQ(opened_with([&](Consigned& c) {
              c.consignment = other.consignment;
              c.body = other.body;
            }),
            "unopenable at step 6");
}

// The centre's door.

TEST_F(C01Tampering, OfASubmissionEntersNothing) {
  const TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.d.addressee()}});
  Envelope envelope = package.with_body();
  int application = 0;
  // A.2 uses a message up, so that every try but the first would be a replay: forgotten after each.
  const auto forget = [&] {
    stage_.centre.database.transact(
        [](Transaction& tx) { tx.run("DELETE FROM evidence WHERE kind = 'A.2'"); });
  };
  const auto tried = [&] {
    envelope.application_id = "try-" + std::to_string(++application);
    const std::string outcome = stage_.admitted(envelope);
    forget();
    return outcome;
  };
  change_each(envelope.header, tried).expect_only(kHeaderRefusals, "header");
  for (Bytes& leaf : envelope.leaves) {
    change_each(leaf, tried)
        .expect_only({"rejected malformed", "rejected recipients_mismatch"}, "leaf");
  }
  ASSERT_EQ(envelope.key_blocks.size(), 4U);
  for (const std::size_t i : {0U, 2U}) {  // of a recipient, of a scanner
    change_each(envelope.key_blocks[i], tried)
        .expect_only({"rejected recipients_mismatch", "rejected scanners_mismatch"}, "key block");
  }
  change_each(octets_of(envelope.groups.at(0)), tried)
      .expect_only({"rejected group_mismatch"}, "list of groups");
  change_each(*envelope.body, tried).expect_only({"group_mismatch"}, "body");
  for (const auto& change : std::vector<std::function<void(Envelope&)>>{
           [](Envelope& e) { e.body->pop_back(); }, [](Envelope& e) { e.body->push_back(0); },
           [](Envelope& e) { std::swap(e.key_blocks[0], e.key_blocks[1]); },
           [](Envelope& e) { std::swap(e.key_blocks[2], e.key_blocks[3]); },
           [](Envelope& e) { std::swap(e.leaves[0], e.leaves[1]); },
           [](Envelope& e) { e.groups.push_back(e.groups[0]); }}) {
    Envelope changed = package.with_body();
    change(changed);
    changed.application_id = "try-" + std::to_string(++application);
    EXPECT_NE(stage_.admitted(changed), "accepted");
    forget();
  }
  EXPECT_GT(application, 2000 / static_cast<int>(kStep));
  // The one name that no signature covers is the submitter's own, and changes nothing.
  envelope.application_id = "the real one";
  std::ranges::replace(envelope.application_id, ' ', '-');
  EXPECT_EQ(stage_.admitted(envelope), "accepted");
  EXPECT_EQ(stage_.centre.count_evidence(package, "A.1"), 1);
}

// The scanner.

TEST_F(C01Tampering, OfAScanOrderIsNeverCalledClean) {
  const TestPackage package = seal_letter(exchange_);
  ScanOrder order = Stage::order_of_first(package);
  Bytes body = package.body;
  ASSERT_EQ(stage_.scanned(order, body), "clean");
  const auto tried = [&] { return stage_.scanned(order, body); };
  std::vector<std::string> none;
  for (const std::string& refusal : kHeaderRefusals) none.push_back("none " + refusal);
  change_each(order.header, tried).expect_only(none, "header");
  change_each(order.key_block, tried).expect_only({"refused unopenable"}, "key block");
  change_each(octets_of(order.groups[0]), tried).expect_only({"refused unopenable"}, "groups");
  ASSERT_EQ(stage_.scanned(order, body), "clean");
  const TestPackage small = make_package(exchange_);
  order = order_for(small);
  body = small.body;
  ASSERT_EQ(stage_.scanned(order, body), "refused document_invalid") << "it opens";
  change_each(body, tried).expect_only({"refused unopenable"}, "body");
}

// A sender that signs for what it changed: behind the signature each layer must hold by itself.

TEST_F(C01Tampering, ByTheSenderItselfFailsAtTagCommitmentContextAndRoot) {
  const TestPackage package = seal_letter(exchange_);
  const auto resealed = [&](const std::function<void(Header&)>& change) {
    Header header = package.sealed.header;
    change(header);
    TestPackage other = package;
    other.sealed = seal_header(header, exchange_.a.sign, kTestNow).value();
    other.envelope.header = other.sealed.cms;
    return other;
  };
  const auto expect_unopenable = [&](const TestPackage& other, int step) {
    EXPECT_EQ(stage_.scanned(other), "refused unopenable") << step;
    EXPECT_EQ(stage_.opened(stage_.consign(other, exchange_.b)),
              "unopenable at step " + std::to_string(step));
  };
  ASSERT_EQ(stage_.opened(stage_.consign(resealed([](Header&) {}), exchange_.b)), "ok");
  expect_unopenable(resealed([](Header& h) { h.commitment.octets[31] ^= 1; }), 8);
  expect_unopenable(resealed([](Header& h) { h.salt[0] ^= 1; }), 8);
  expect_unopenable(resealed([](Header& h) { h.plaintext_root.octets[0] ^= 1; }), 11);
  expect_unopenable(resealed([](Header& h) { h.plain_length -= 1; }), 9);
  expect_unopenable(resealed([](Header& h) { h.plain_length += 1; }), 11);
  expect_unopenable(resealed([](Header& h) { h.message_id = MessageId::generate(kTestNow); }),
                    7);
  // What stands in clear must be what the document says.
  const TestPackage other = resealed([](Header& h) { h.urgency.reset(); });
  EXPECT_EQ(stage_.scanned(other), "refused document_invalid");
  EXPECT_EQ(stage_.opened(stage_.consign(other, exchange_.b)), "unopenable at step 11");
}

}  // namespace
}  // namespace yizhan
