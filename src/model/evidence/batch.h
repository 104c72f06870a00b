#pragma once

#include <span>
#include <vector>

#include "ground/crypto/crypto.h"

// Evidence in its two forms. A statement is signed by itself (CMS over its JSON), or together with
// others: one CMS over the root of a Merkle tree of statements, and each evidence carries its
// statement, its path and that CMS, so that it stands alone. For whoever reads it there is no
// difference. docs/protocol/evidence.md, "Batches"

namespace yizhan {

inline constexpr std::size_t kBatchCountMax = 1024;
// A larger one is signed by itself: quoted in JSON it may double, and an evidence with its path and
// CMS is still one entry of the log (Log::kEntryMax).
inline constexpr std::size_t kBatchedStatementMax = 16U << 10;

// One evidence each, in their order; 1 to kBatchCountMax statements (JSON) of at most
// kBatchedStatementMax. One use of the key. Refuses what cms_sign refuses.
Result<std::vector<Bytes>> sign_batch(std::span<const Bytes> statements, SigningKey& key,
                                      Time signing_time);

// By its first bytes alone: for who keeps it under a name, or tells it from the journal in a log.
bool is_batched(ByteView evidence);

// ".p7m" or ".json": what a file that holds it is called.
std::string_view evidence_suffix(ByteView evidence);

// What was signed (the statement), by whom and how, in either form.
// Refuses what cms_verify refuses, also for the CMS of the batch; kMalformed (not canonical JSON of
// this form); kMalformed, kTooLarge, kUnknownFormat (the CMS signs something else than a batch);
// kProofMismatch (the statement is not at that place of the batch).
Result<SignedContent> open_evidence(ByteView evidence, std::size_t bytes_max);

}  // namespace yizhan
