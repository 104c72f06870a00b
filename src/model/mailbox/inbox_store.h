#pragma once

#include <optional>
#include <set>
#include <vector>

#include "ground/store/store.h"
#include "model/mailbox/mail.h"

namespace yizhan {

// Signed E or F evidence that the centre has not yet taken.
struct HandIn {
  EvidenceId evidence;
  DeliveryId delivery;
  std::string kind;  // "E.1", "E.2", "F.1", "F.2"
  std::int64_t attempts;
  Time due;
  std::optional<Refusal> why = {};
};

// All mail, where it is asked for by name; what is next, and the news, of one centre.
class InboxStore {
 public:
  explicit InboxStore(std::string centre = {}) : centre_(std::move(centre)) {}

  // What was entered before centres were told apart is this one's.
  void adopt(Transaction& tx);
  // false: that delivery, or another of the same message to the same recipient, is there already.
  bool add(Transaction& tx, const Mail& mail);
  // Where another delivery of the same message to the same recipient is there and was never opened:
  // this one takes its place. false: there is none.
  bool replace(Transaction& tx, const Mail& mail);
  std::optional<Mail> find(Transaction& tx, const DeliveryId& id);
  std::optional<Mail> find(Transaction& tx, const MessageKey& message, const Addressee& recipient);
  std::optional<DeliveryId> next_to_fetch(Transaction& tx, Time now);
  void save(Transaction& tx, const Mail& mail);
  // What was taken to be elsewhere, of what was consigned since then, is fetched after all.
  void seek_again(Transaction& tx, Time since, Time now);
  // To one or several units.
  std::vector<Mail> of_message(Transaction& tx, const MessageKey& message);

  struct Page {
    std::optional<MailState> state = {};
    std::string before = {};  // an id: only older ones
    std::int64_t count_max = 50;
  };
  std::vector<Mail> list(Transaction& tx, const Page& page);  // the newest first

  struct StateCount {
    std::string state;
    std::int64_t count;
    Time oldest;
  };
  std::vector<StateCount> count_by_state(Transaction& tx);

  void set_parts(Transaction& tx, const DeliveryId& id, const std::vector<Part>& parts);
  std::vector<Part> parts_of(Transaction& tx, const DeliveryId& id);
  // The part there has macros, scripts, or starts by itself: whoever opens it should know.
  void flag_active(Transaction& tx, const DeliveryId& id, std::int64_t position);
  std::set<std::int64_t> active_parts_of(Transaction& tx, const DeliveryId& id);

  // The replay register: for ever. The header under which that message was first opened.
  std::optional<Sha256> find_seen(Transaction& tx, const MessageKey& message);
  void remember(Transaction& tx, const MessageKey& message, const Sha256& header_sha256, Time now);

  // Up to where the centre's news is known.
  NewsCursor news_cursor(Transaction& tx);
  void set_news_cursor(Transaction& tx, const NewsCursor& cursor);
  void set_comeback(Transaction& tx, const Comeback& comeback);
  // The centre has taken that E or F evidence.
  void set_receipt(Transaction& tx, const Sha256& evidence);

  // What the evidence desk publishes at a terminal: own E and F evidence waits for the centre,
  // everything else is there already.
  void hand_in_later(Transaction& tx, const EvidenceRow& row);
  // All of that mail, as if the centre had not taken it.
  void hand_in_again(Transaction& tx, const DeliveryId& mail, Time now);
  // F never before E of the same mail.
  std::optional<HandIn> next_hand_in(Transaction& tx, Time now);
  void postpone(Transaction& tx, const HandIn& hand_in);
  void close(Transaction& tx, const HandIn& hand_in);

 private:
  [[nodiscard]] std::string cursor_name() const;

  std::string centre_;
};

}  // namespace yizhan
