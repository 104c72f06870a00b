#include "ground/xml/content_model.h"

#include <algorithm>
#include <set>

// The model as Glushkov's automaton: one state per name in it.

namespace yizhan {
namespace {

using States = std::set<std::size_t>;

struct Part {
  bool may_be_empty = false;
  States first;
  States last;
};

class Automaton {
 public:
  explicit Automaton(const xmlElementContent* model) { whole_ = build(model); }

  [[nodiscard]] std::optional<ContentFault> run(const std::vector<std::string>& children) const {
    States possible = whole_.first;
    bool may_end = whole_.may_be_empty;
    for (std::size_t at = 0; at < children.size(); ++at) {
      States next;
      may_end = false;
      for (const std::size_t state : possible) {
        if (names_[state] != children[at]) continue;
        next.insert(follow_[state].begin(), follow_[state].end());
        may_end |= whole_.last.contains(state);
      }
      const bool known = std::any_of(possible.begin(), possible.end(), [&](std::size_t state) {
        return names_[state] == children[at];
      });
      if (!known) return ContentFault{at, names_of(possible)};
      possible = std::move(next);
    }
    if (may_end) return std::nullopt;
    return ContentFault{children.size(), names_of(possible)};
  }

 private:
  Part build(const xmlElementContent* model) {
    if (model == nullptr) return {.may_be_empty = true, .first = {}, .last = {}};
    Part part;
    switch (model->type) {
      case XML_ELEMENT_CONTENT_PCDATA:
        part.may_be_empty = true;
        break;
      case XML_ELEMENT_CONTENT_ELEMENT:
        names_.emplace_back(reinterpret_cast<const char*>(model->name));
        follow_.emplace_back();
        part.first = part.last = {names_.size() - 1};
        break;
      case XML_ELEMENT_CONTENT_SEQ:
        part = build(model->c1);
        part = in_sequence(std::move(part), build(model->c2));
        break;
      case XML_ELEMENT_CONTENT_OR:
        part = build(model->c1);
        part = either(std::move(part), build(model->c2));
        break;
    }
    return repeated(std::move(part), model->ocur);
  }

  Part in_sequence(Part a, Part b) {
    join(a.last, b.first);
    if (a.may_be_empty) a.first.insert(b.first.begin(), b.first.end());
    if (b.may_be_empty) b.last.insert(a.last.begin(), a.last.end());
    return {a.may_be_empty && b.may_be_empty, std::move(a.first), std::move(b.last)};
  }

  static Part either(Part a, const Part& b) {
    a.may_be_empty |= b.may_be_empty;
    a.first.insert(b.first.begin(), b.first.end());
    a.last.insert(b.last.begin(), b.last.end());
    return a;
  }

  Part repeated(Part part, xmlElementContentOccur occurrence) {
    switch (occurrence) {
      case XML_ELEMENT_CONTENT_ONCE:
        break;
      case XML_ELEMENT_CONTENT_OPT:
        part.may_be_empty = true;
        break;
      case XML_ELEMENT_CONTENT_MULT:
        part.may_be_empty = true;
        join(part.last, part.first);
        break;
      case XML_ELEMENT_CONTENT_PLUS:
        join(part.last, part.first);
        break;
    }
    return part;
  }

  void join(const States& from, const States& to) {
    for (const std::size_t state : from) follow_[state].insert(to.begin(), to.end());
  }

  // In the order of the model, each once.
  [[nodiscard]] std::vector<std::string> names_of(const States& states) const {
    std::vector<std::string> names;
    for (const std::size_t state : states) {
      if (std::find(names.begin(), names.end(), names_[state]) == names.end()) {
        names.push_back(names_[state]);
      }
    }
    return names;
  }

  std::vector<std::string> names_;
  std::vector<States> follow_;
  Part whole_;
};

}  // namespace

std::optional<ContentFault> find_content_fault(const xmlElementContent* model,
                                               const std::vector<std::string>& children) {
  return Automaton(model).run(children);
}

}  // namespace yizhan
