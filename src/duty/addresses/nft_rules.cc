#include "duty/addresses/nft_rules.h"

#include <algorithm>
#include <map>
#include <vector>

namespace yizhan {

namespace {

constexpr std::size_t kCommentMax = 100;  // of nft's 128 octets
constexpr const char* kChain = "input";

std::string set_name(PeerKind kind, bool range, bool v6) {
  return std::string(text_of(kind)) + (range ? "_ranges" : "s") + (v6 ? "_v6" : "_v4");
}

// Not within a character.
std::string shortened(std::string text) {
  if (text.size() <= kCommentMax) return text;
  std::size_t end = kCommentMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

// By set: each network once, and no range within another, which nft would refuse.
class Elements {
 public:
  void add(const AddressEntry& entry) {
    auto& set = sets_[set_name(entry.kind, entry.network.is_range(), entry.network.is_v6())];
    const std::string shown = entry.code + " " + entry.name;
    if (!entry.network.is_range()) {
      const auto [known, first] = set.emplace(entry.network, shown);
      if (!first) known->second = entry.code + " " + known->second;
      return;
    }
    const auto contains = [&](const auto& other) { return other.first.contains(entry.network); };
    if (std::ranges::any_of(set, contains)) return;
    std::erase_if(set, [&](const auto& other) { return entry.network.contains(other.first); });
    set.emplace(entry.network, shown);
  }

  [[nodiscard]] Json of(const std::string& name) const {
    Json elements = Json::array();
    const auto set = sets_.find(name);
    if (set == sets_.end()) return elements;
    for (const auto& [network, shown] : set->second) {
      Json value = network.first();
      if (network.is_range()) {
        value = {{"prefix", {{"addr", network.first()}, {"len", network.prefix()}}}};
      }
      elements.push_back({{"elem", {{"val", value}, {"comment", shortened(shown)}}}});
    }
    return elements;
  }

 private:
  std::map<std::string, std::map<Network, std::string>> sets_;  // and whose, for people
};

Json match(Json left, Json right) {
  return {{"match", {{"op", "=="}, {"left", std::move(left)}, {"right", std::move(right)}}}};
}

Json payload(const char* protocol, const char* field) {
  return {{"payload", {{"protocol", protocol}, {"field", field}}}};
}

// The commands that build one table, in order.
class Table {
 public:
  explicit Table(std::string name) : name_(std::move(name)) {
    command("add", "table", {{"name", name_}});
    command("delete", "table", {{"name", name_}});  // with all it had: one transaction
    command("add", "table", {{"name", name_}});
  }

  void add_set(const std::string& name, bool range, bool v6, Json elements) {
    Json set = {{"name", name}, {"type", v6 ? "ipv6_addr" : "ipv4_addr"}};
    if (range) set["flags"] = {"interval"};
    in_table("add", "set", std::move(set));
    if (!elements.empty()) {
      in_table("add", "element", {{"name", name}, {"elem", std::move(elements)}});
    }
  }
  void add_chain() {
    in_table("add", "chain", {{"name", kChain},
                              {"type", "filter"},
                              {"hook", "input"},
                              {"prio", -10},
                              {"policy", "accept"}});
  }
  void add_rule(Json expressions) {
    in_table("add", "rule", {{"chain", kChain}, {"expr", std::move(expressions)}});
  }
  [[nodiscard]] Json take() { return {{"nftables", std::move(commands_)}}; }

 private:
  void command(const char* verb, const char* what, Json object) {
    object["family"] = "inet";
    commands_.push_back({{verb, {{what, std::move(object)}}}});
  }
  void in_table(const char* verb, const char* what, Json object) {
    object["table"] = name_;
    command(verb, what, std::move(object));
  }

  std::string name_;
  Json commands_ = Json::array();
};

}  // namespace

Json nft_transaction(const std::string& name, const AddressList* list,
                     std::span<const Gate> gates, Time at) {
  Elements elements;
  if (list != nullptr) {
    for (const AddressEntry& entry : list->entries()) {
      if (entry.in_force(at)) elements.add(entry);
    }
  }
  Table table(name);
  table.add_chain();
  for (const Gate& gate : gates) {
    const Json at_port = match(payload("tcp", "dport"), gate.port);
    for (const bool v6 : {false, true}) {
      for (const bool range : {false, true}) {
        const std::string set = set_name(gate.kind, range, v6);
        table.add_set(set, range, v6, elements.of(set));
        table.add_rule({at_port, match(payload(v6 ? "ip6" : "ip", "saddr"), "@" + set),
                        {{"accept", nullptr}}});
      }
    }
    table.add_rule({at_port, {{"counter", nullptr}}, {{"drop", nullptr}}});
  }
  return table.take();
}

std::string nft_standing(const Json& listing) {
  Json kept = Json::array();
  for (Json object : listing.value("nftables", Json::array())) {
    if (object.contains("metainfo")) continue;
    for (auto& [kind, value] : object.items()) {
      value.erase("handle");
      if (kind != "rule" || !value.contains("expr")) continue;
      for (Json& expression : value.at("expr")) {
        if (expression.contains("counter")) expression["counter"] = nullptr;
      }
    }
    if (object.contains("set") && object["set"].contains("elem")) {
      auto& elements = object["set"]["elem"].get_ref<Json::array_t&>();
      std::ranges::sort(elements, {}, [](const Json& element) { return element.dump(); });
    }
    kept.push_back(std::move(object));
  }
  return kept.dump();
}

std::int64_t count_elements(const Json& transaction) {
  std::int64_t count = 0;
  for (const Json& command : transaction.at("nftables")) {
    if (!command.contains("add") || !command["add"].contains("element")) continue;
    count += static_cast<std::int64_t>(command["add"]["element"]["elem"].size());
  }
  return count;
}

}  // namespace yizhan
