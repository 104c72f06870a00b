#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/hostile/hostile_letter.h"

// D04: documents that load what is elsewhere.

namespace yizhan {
namespace {

// Somebody who would notice: a file that is watched, a port that is listened on.
class Witness {
 public:
  Witness() {
    write_durably(folder_ / "canary", bytes_of("<!ENTITY stolen 'canary'>"));
    watch_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    inotify_add_watch(watch_, folder_.c_str(), IN_ALL_EVENTS);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // The cast is how the interface of sockets is made.
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_, 16);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Witness() {
    close(watch_);
    close(listener_);
    std::filesystem::remove_all(folder_);
  }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  [[nodiscard]] std::string file() const { return (folder_ / "canary").string(); }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/canary";
  }
  [[nodiscard]] bool saw_reading() const { return is_ready(watch_); }
  [[nodiscard]] bool saw_connection() const { return is_ready(listener_); }
  void connect_once() const {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(client);
  }

 private:
  static bool is_ready(int descriptor) {
    pollfd asked{.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&asked, 1, 50) == 1;
  }

  std::filesystem::path folder_ = fresh_folder();
  int watch_ = -1, listener_ = -1;
  std::uint16_t port_ = 0;
};

// Ways for a document to ask for something that is elsewhere.
std::vector<std::string> loads_of(const std::string& where) {
  const std::string quoted = "\"" + where + "\"";
  const auto typed = [&](const std::string& doctype) {
    return replaced(letter(), std::string(kDoctype), doctype);
  };
  std::string styled = letter();
  styled.insert(styled.find("<!DOCTYPE"), "<?xml-stylesheet href=" + quoted + "?>\n");
  return {letter_declaring("<!ENTITY x SYSTEM " + quoted + ">"),
          replaced(letter_declaring("<!ENTITY x SYSTEM " + quoted + ">"), "<文字>檢送",
                   "<文字>&x;檢送"),
          letter_declaring("<!ENTITY x PUBLIC \"x\" " + quoted + ">"),
          letter_declaring("<!ENTITY % x SYSTEM " + quoted + "> %x;"),
          letter_declaring("<!ENTITY % x '<!ENTITY &#37; y SYSTEM " + quoted + ">'> %x; %y;"),
          typed("<!DOCTYPE 函 SYSTEM " + quoted + " [\n"),
          typed("<!DOCTYPE 函 PUBLIC \"-//x\" " + quoted + " [\n"),
          letter_saying("<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=" + quoted +
                        " parse=\"text\"/>"),
          replaced(letter(), "<函>",
                   "<函 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                   "xsi:schemaLocation=\"x " + where + "\">"),
          styled,
          letter_declaring("<!NOTATION N SYSTEM " + quoted + ">"),
          letter_declaring("<!NOTATION N SYSTEM " + quoted + ">\n<!ENTITY n SYSTEM " + quoted +
                           " NDATA N>")};
}

TEST(D04ExternalThings, AreNeverLoadedByAnyDocument) {
  const Witness witness;
  int answered = 0;
  for (const std::string& where : std::vector<std::string>{
        witness.file(), "file://" + witness.file(), "file:///" + witness.file(), witness.url(),
        "ftp" + witness.url().substr(4), "//127.0.0.1/canary"}) {
    for (const std::string& document : loads_of(where)) {
      for (const PartKind kind : {PartKind::kDi, PartKind::kSw, PartKind::kDm}) {
        const Read read = read_as(kind, document);
        // Its child was not killed for trying.
        EXPECT_NE(read.codes, "scan_incomplete") << document.substr(0, 400);
        ++answered;
      }
    }
  }
  EXPECT_GT(answered, 200);
  EXPECT_FALSE(witness.saw_reading());
  EXPECT_FALSE(witness.saw_connection());
  // The witness does see.
  EXPECT_FALSE(read_file(witness.file(), 100).empty());
  witness.connect_once();
  EXPECT_TRUE(witness.saw_reading());
  EXPECT_TRUE(witness.saw_connection());
}

TEST(D04ExternalThings, AreNeverLoadedFromAttachmentsEither) {
  const Witness witness;
  const Inspector inspector(nursery());
  for (const std::string& where : {witness.file(), witness.url()}) {
    const std::string xml = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"" + where +
                            "\">]><a>&x;</a>";
    const ZipMember mime = stored("mimetype", "application/vnd.oasis.opendocument.text");
    for (const auto& [name, bytes] : std::vector<std::pair<std::string, Bytes>>{
             {"a.xml", copy_of(bytes_of(xml))},
             {"a.txt", copy_of(bytes_of(xml))},
             {"a.svg", copy_of(bytes_of(xml))},
             {"a.odt", zip_of({mime, packed("META-INF/manifest.xml", xml),
                               packed("content.xml", xml)})},
             {"a.docx", zip_of({packed("[Content_Types].xml", xml),
                                packed("word/document.xml", xml)})},
             {"a.pdf", copy_of(bytes_of(replaced(kSmallPdf, "/Catalog", "/Catalog/AcroForm<</XFA(" +
                                                                            xml + ")>>")))}}) {
      const auto facts = inspector.inspect_part(name, file_of(bytes), {});
      EXPECT_TRUE(facts || facts.reason() != Reason::kScanIncomplete) << name;
    }
  }
  EXPECT_FALSE(witness.saw_reading());
  EXPECT_FALSE(witness.saw_connection());
}

}  // namespace
}  // namespace yizhan
