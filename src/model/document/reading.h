#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/document/issue.h"
#include "model/document/party.h"
#include "model/document/types.h"
#include "model/document/values.h"

// Inside model/document: from the tree to values. Each adds to `issues` what it cannot accept.

namespace yizhan {

// Folded text of an element that holds text only.
std::string text_in(const XmlElement& element);
// Folded text of the child of that name; empty if there is none.
std::string text_in(const XmlElement& element, std::string_view child);

// By position: a new party begins at 姓名, 單位名, 全銜 or 總稱. The line of each is given beside
// it.
struct PartyAt {
  Party party;
  int line = 0;
};
std::vector<PartyAt> parties_in(const XmlElement& element, std::vector<Issue>& issues);

// Elements that hold parties, for the writer.
XmlElement element_of(std::string_view name, const std::vector<Party>& parties);
void add_party(XmlElement& to, const Party& party);
XmlElement leaf(std::string_view name, std::string_view text);
void add(XmlElement& to, XmlElement child);

// Reads the bytes as one of the types that `wanted` accepts; nullopt with issues otherwise.
// A document whose root does not belong to the type definition it names gets that issue alone.
struct TypedTree {
  RegisteredType type;
  XmlProlog prolog;
  XmlElement root;
};
std::optional<TypedTree> read_typed(ByteView bytes, bool roster, std::vector<Issue>& issues);

}  // namespace yizhan
