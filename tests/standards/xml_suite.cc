#include "tests/standards/xml_suite.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace yizhan {
namespace {

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

void require(bool good, archive* reader) {
  const char* words = archive_error_string(reader);
  if (!good) throw std::runtime_error(words == nullptr ? "XML suite" : words);
}

Bytes content_of(archive* reader, archive_entry* entry) {
  Bytes bytes(static_cast<std::size_t>(archive_entry_size(entry)));
  const la_ssize_t got = archive_read_data(reader, bytes.data(), bytes.size());
  require(got == static_cast<la_ssize_t>(bytes.size()), reader);
  return bytes;
}

}  // namespace

XmlSuite XmlSuite::load() {
  const char* source = std::getenv("YIZHAN_SOURCE");
  const std::string path =
      std::string(source == nullptr ? "." : source) + "/tests/standards/w3c_xml_suite.tar.xz";
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_xz(reader.get());
  require(archive_read_open_filename(reader.get(), path.c_str(), 65536) == ARCHIVE_OK,
          reader.get());
  XmlSuite suite;
  archive_entry* entry = nullptr;
  int step = archive_read_next_header(reader.get(), &entry);
  for (; step == ARCHIVE_OK; step = archive_read_next_header(reader.get(), &entry)) {
    const std::string name = archive_entry_pathname(entry);
    suite.files[name] = content_of(reader.get(), entry);
  }
  require(step == ARCHIVE_EOF, reader.get());
  std::istringstream index{std::string(text_of(suite.files.at("INDEX")))};
  for (XmlSuiteTest test; index >> test.kind >> test.path;) suite.tests.push_back(test);
  return suite;
}

}  // namespace yizhan
