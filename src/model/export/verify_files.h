#pragma once

#include <filesystem>
#include <map>
#include <set>

#include "model/export/export_builder.h"

// Inside model/export: the folder against its index. Bytes are read once; what was hashed is what
// the later checks read.

namespace yizhan {

// A refusal that says which file and which link of the chain does not hold.
Refusal broken_at(std::string_view file, std::string_view link, const Refusal& why);
Refusal broken_at(std::string_view file, std::string_view link, std::string_view what);

template <class T>
Result<T> at_link(std::string_view file, std::string_view link, Result<T> result) {
  if (result.ok()) return result;
  return broken_at(file, link, result.refusal());
}

struct ExportIndex {
  OrgCode exporter;
  ExportRole role;
  DocumentId document;
  Time time;
  std::int64_t directory_version;
  std::vector<MessageKey> packages;
  std::int64_t unproven;
  std::map<std::string, ExportFile> files;  // by name; without bytes

  // Refuses kMalformed, kUnknownFormat, kTooLarge.
  static Result<ExportIndex> parse(ByteView json);
};

// 1, 12, 123 written with at least two digits.
std::string two_digits(std::size_t number);

class ExportFiles {
 public:
  // index.p7m holds index.json; every file is there with its size and digest; nothing else is.
  static Result<ExportFiles> read(const std::filesystem::path& folder);

  [[nodiscard]] const ExportIndex& index() const { return index_; }
  [[nodiscard]] const SignedContent& index_signature() const { return signature_; }
  [[nodiscard]] std::size_t count() const { return index_.files.size() + 2; }

  // Each file must be asked for by one of these, or check_all_used refuses.
  Result<ByteView> require(const std::string& name);
  [[nodiscard]] const Bytes* find(const std::string& name);
  // A part, by what the manifest says of it.
  [[nodiscard]] bool find_part(const Part& part);
  [[nodiscard]] std::vector<std::string> names_in(const std::string& folder) const;

  [[nodiscard]] Result<void> check_all_used() const;

 private:
  ExportFiles(ExportIndex index, SignedContent signature)
      : index_(std::move(index)), signature_(std::move(signature)) {}
  Result<void> read_listed(const std::filesystem::path& folder);
  [[nodiscard]] Result<void> check_nothing_else(const std::filesystem::path& folder) const;

  ExportIndex index_;
  SignedContent signature_;
  std::map<std::string, Bytes> bytes_;  // all but parts
  std::multimap<Sha256, std::string> parts_;
  std::set<std::string> used_;
};

}  // namespace yizhan
