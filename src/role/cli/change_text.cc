#include "role/cli/change_text.h"

namespace yizhan {

namespace {

constexpr std::size_t kGroup = 4;

void print_line(std::ostream& out, const std::string& title, const std::string& text) {
  if (!text.empty()) out << "  " << title << "：" << shown_text(text) << "\n";
}

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : "、") + one;
  return text;
}

std::string keys_text(const ChangeRequest& request) {
  std::vector<std::string> keys;
  for (const ChangeKey& key : request.keys) {
    keys.push_back(std::string(text_of(key.purpose)) + (key.certificate ? " 憑證" : " 申請檔"));
  }
  return joined(keys);
}

}  // namespace

std::string spoken(const Sha256& fingerprint) {
  const std::string hex = fingerprint.hex();
  std::string text;
  for (std::size_t i = 0; i < hex.size(); i += kGroup) {
    text += (text.empty() ? "" : " ") + hex.substr(i, kGroup);
  }
  return text;
}

void print_form(std::ostream& out, const Json& form) {
  const ChangeForm& printed = change_form();
  for (const auto& [name, title] : printed.titles) {
    if (!form.contains(name)) continue;
    std::string text = form.at(name).get<std::string>();
    if (name == "kind") text = printed.kinds.at(text);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) {
      text.replace(at, 1, "；");
    }
    print_line(out, title, text);
  }
}

void print_request(std::ostream& out, const SignedChangeRequest& change) {
  const ChangeRequest& request = change.request;
  const ChangeForm& printed = change_form();
  out << printed.title << "\n";
  const auto line = [&](const char* field, const std::string& text) {
    print_line(out, printed.title_of(field), text);
  };
  line("agency", request.agency.text());
  line("kind", printed.kinds.at(std::string(text_of(request.kind))));
  line("effective", text_of(request.effective));
  line("reason", request.reason);
  line("person", request.person);
  line("phone", request.phone);
  line("centre", request.centre ? request.centre->text() : "");
  line("code", request.code ? request.code->text() : "");
  line("name", request.name.value_or(""));
  line("addresses", joined(request.addresses));
  line("certificates", keys_text(request));
  line("postal_address", request.postal_address.value_or(""));
  line("successor", request.successor ? request.successor->text() : "");
  line("supervisor", request.supervisor ? request.supervisor->text() : "");
  line("remark", request.remark);
  print_line(out, "簽署", change.signer.subject() + "，" + roc_time(request.time.text()));
  out << "請以電話核對指紋：\n  " << spoken(change.fingerprint()) << "\n";
}

Json describe(const SignedChangeRequest& change) {
  return {{"request", Json::parse(text_of(change.request.json()))},
          {"signer", change.signer.subject()},
          {"signer_sha256", change.signer.sha256().hex()},
          {"fingerprint", change.fingerprint().hex()}};
}

}  // namespace yizhan
