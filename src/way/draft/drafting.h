#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "ground/files/files.h"
#include "model/mailbox/mailbox.h"
#include "way/draft/draft_store.h"

// draft: the files of a document arrive piece by piece and are handed in as one sending.

namespace yizhan {

struct Draft {
  struct File {
    std::string name;
    std::uint64_t size;
  };
  DraftId id;
  Time created;
  std::vector<File> files;  // by name

  [[nodiscard]] Json describe() const;
};

struct DraftPiece {
  std::string name;
  std::uint64_t offset;
  ByteView bytes;
};

// A sending as its caller writes it: by the names of files in the draft.
struct SendingWish {
  struct NamedPair {
    std::string di;
    std::string sw;  // empty: none
    std::vector<std::string> files;
    std::string dm = {};                       // 文書訊息, of a document sent again
    std::vector<std::string> renditions = {};  // 內含本文與附件之可攜式文件
  };
  std::string key;
  std::string person;
  UnitCode unit;
  std::vector<NamedPair> pairs;
  std::optional<Resend> resend = {};
  std::map<std::string, Sha256> digests = {};  // what the caller says its files are
  PaperChoice paper = {};
};

class Drafting {
 public:
  struct Parts {
    Database& database;
    ObjectStore& objects;
    const Clock& clock;
    std::function<void()> wake_sealing;
  };

  explicit Drafting(Parts parts) : parts_(std::move(parts)) {}

  Draft begin();
  Result<Draft> find(const DraftId& id);  // kNotFound
  // The size that has arrived. A piece at 0 starts the file anew; one beyond what has arrived is
  // kConflict, and so is a file that another request is using. Refuses kNotFound, kAttachmentName,
  // kTooLarge.
  Result<std::uint64_t> put(const DraftId& id, const DraftPiece& piece);
  void remove_file(const DraftId& id, const std::string& name);
  void discard(const DraftId& id);
  void discard_before(Time created);  // those that nobody finished

  // While it lives, nobody else changes those files.
  class Claim {
   public:
    Claim(Drafting& owner, std::vector<std::string> partials)
        : owner_(&owner), partials_(std::move(partials)) {}
    Claim(Claim&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)),
                                    partials_(std::move(other.partials_)) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (owner_ != nullptr) owner_->let_go(partials_);
    }

   private:
    Drafting* owner_;
    std::vector<std::string> partials_;
  };

  struct Composed {
    Claim claim;
    DraftId draft;
    SendingOrder order;
    std::map<std::string, DraftFile> files;
  };

  // Reads and hashes every file. Refuses kNotFound (draft), kAttachmentMissing, kGroupMismatch (not
  // what the caller's digest says), kConflict, and what SendingOrder::check refuses.
  Result<Composed> compose(const DraftId& id, const SendingWish& wish);
  // The DI, SW and DM of a pair, readable; nothing in the place of the others.
  std::vector<FileHandle> open_documents(const Composed& composed, const Pair& pair);
  // Files and row are durable when this returns. Refuses what OutboxStore::add refuses.
  Result<Sending> hand_in(const Composed& composed);

 private:
  Result<Claim> claim(std::vector<std::string> partials);
  void let_go(const std::vector<std::string>& partials);
  // Already an object under its digest; until then it is what has arrived.
  [[nodiscard]] bool is_stored(const DraftFile& file) const;
  [[nodiscard]] bool is_gone(const DraftFile& file) const;
  std::uint64_t size_of(const DraftFile& file) const;
  Part measure(const DraftFile& file) const;
  Bytes read(const DraftFile& file, std::uint64_t offset, std::size_t length) const;

  Parts parts_;
  DraftStore drafts_;
  OutboxStore outbox_;
  std::mutex mutex_;
  std::set<std::string> claimed_;
};

// What a file is by its name: for the manifest, not for any decision.
std::string media_type_of(std::string_view name);

}  // namespace yizhan
