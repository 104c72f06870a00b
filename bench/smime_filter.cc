// smime_filter LISTEN_PORT NEXT_PORT KEY CERTIFICATE ANCHOR CLAMD_SOCKET
//
// What a good mail filter does with a sealed document, for ./dev bench: one long-running process
// that takes mail by SMTP, opens it (CMS EnvelopedData), verifies what is inside (SignedData, with
// its certificate's path), shows it to clamd by descriptor, signs a receipt, and hands the mail on
// with the receipt in its header. A thread a connection, a session a thread with clamd and with the
// next SMTP server. What does not open, verify or scan clean is refused.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

void free_bio(BIO* bio) { BIO_free_all(bio); }

Owned<BIO> file_bio(const char* path) {
  Owned<BIO> bio(BIO_new_file(path, "r"), free_bio);
  must(bio != nullptr, path);
  return bio;
}

struct Keys {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
  Owned<X509_STORE> anchors;
};

Keys load_keys(char** paths) {
  Keys keys{{PEM_read_bio_PrivateKey(file_bio(paths[0]).get(), nullptr, nullptr, nullptr),
             EVP_PKEY_free},
            {PEM_read_bio_X509(file_bio(paths[1]).get(), nullptr, nullptr, nullptr), X509_free},
            {X509_STORE_new(), X509_STORE_free}};
  const Owned<X509> anchor(PEM_read_bio_X509(file_bio(paths[2]).get(), nullptr, nullptr, nullptr),
                           X509_free);
  must(keys.key && keys.certificate && anchor, "keys");
  must(X509_STORE_add_cert(keys.anchors.get(), anchor.get()) == 1, "anchor");
  return keys;
}

// A line at a time.
class Line {
 public:
  explicit Line(int socket) : socket_(socket) { must(socket >= 0, "connection"); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { ::close(socket_); }

  [[nodiscard]] int socket() const { return socket_; }

  void write(const std::string& text) const {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t sent =
          ::send(socket_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
      must(sent > 0, "hung up");
      done += static_cast<std::size_t>(sent);
    }
  }
  // Up to and with `end`.
  std::string read_until(const std::string& end) {
    std::size_t looked = 0;
    while (true) {
      const std::size_t found = buffer_.find(end, looked > end.size() ? looked - end.size() : 0);
      if (found != std::string::npos) {
        std::string taken = buffer_.substr(0, found + end.size());
        buffer_.erase(0, found + end.size());
        return taken;
      }
      looked = buffer_.size();
      std::vector<char> block(64U << 10);
      const ssize_t got = ::recv(socket_, block.data(), block.size(), 0);
      must(got > 0, "hung up");
      buffer_.append(block.data(), static_cast<std::size_t>(got));
    }
  }
  // The last line of an SMTP answer.
  std::string answer() {
    std::string line;
    do {
      line = read_until("\r\n");
    } while (line.size() > 3 && line[3] == '-');
    return line;
  }
  void ask(const std::string& command, char expected) {
    write(command);
    must(answer()[0] == expected, command.substr(0, 60).c_str());
  }

 private:
  int socket_;
  std::string buffer_;
};

sockaddr_in local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = local(port);
  must(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
       "next server");
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return socket;
}

int connect_to(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  must(path.size() < sizeof address.sun_path, "path");
  std::copy(path.begin(), path.end(), address.sun_path);
  must(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
       "clamd");
  return socket;
}

// What the mail carries: base64 behind an empty line.
std::string decode_body(const std::string& mail) {
  const std::size_t body = mail.find("\r\n\r\n");
  must(body != std::string::npos, "no body");
  std::string clean;
  clean.reserve(mail.size() - body);
  const std::size_t end = mail.size() - std::string("\r\n.\r\n").size();
  for (std::size_t i = body; i < end; ++i) {
    if (mail[i] != '\r' && mail[i] != '\n') clean += mail[i];
  }
  std::string bytes(clean.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(clean.data()),
                      static_cast<int>(clean.size()));
  must(length > 0, "base64");
  bytes.resize(static_cast<std::size_t>(length));
  return bytes;
}

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

Owned<BIO> memory(const std::string& bytes) {
  return {BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), free_bio};
}

Owned<CMS_ContentInfo> parse_cms(const std::string& bytes) {
  return {d2i_CMS_bio(memory(bytes).get(), nullptr), CMS_ContentInfo_free};
}

class Filter {
 public:
  Filter(const Keys& keys, int next_port, const std::string& clamd_path)
      : keys_(keys), next_(connect_to(next_port)), clamd_(connect_to(clamd_path)) {
    must(next_.answer()[0] == '2', "greeting");
    next_.ask("EHLO filter.test\r\n", '2');
    clamd_.write(std::string("zIDSESSION\0", 11));
  }

  void take(const std::string& from, const std::string& to, const std::string& mail) {
    const std::string document = open(decode_body(mail));
    scan(document);
    next_.ask(from, '2');
    next_.ask(to, '2');
    next_.ask("DATA\r\n", '3');
    next_.ask("X-Receipt: " + receipt_for(document) + "\r\n" + mail, '2');
  }

 private:
  std::string open(const std::string& sealed) const {
    const auto enveloped = parse_cms(sealed);
    const Owned<BIO> inner(BIO_new(BIO_s_mem()), free_bio), plain(BIO_new(BIO_s_mem()), free_bio);
    must(enveloped && CMS_decrypt(enveloped.get(), keys_.key.get(), keys_.certificate.get(),
                                  nullptr, inner.get(), 0) == 1,
         "not for us");
    const auto signed_data = parse_cms(content_of(inner.get()));
    must(signed_data && CMS_verify(signed_data.get(), nullptr, keys_.anchors.get(), nullptr,
                                   plain.get(), CMS_BINARY) == 1,
         "signature");
    return content_of(plain.get());
  }

  void scan(const std::string& document) {
    const int file = ::memfd_create("mail", MFD_CLOEXEC);
    must(::write(file, document.data(), document.size()) ==
             static_cast<ssize_t>(document.size()),
         "memfd");
    clamd_.write(std::string("zFILDES\0", 8));
    char filler = 0;
    iovec part{&filler, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof file);
    std::memcpy(CMSG_DATA(header), &file, sizeof file);
    must(::sendmsg(clamd_.socket(), &message, MSG_NOSIGNAL) == 1, "clamd");
    const std::string answer = clamd_.read_until(std::string(1, '\0'));
    ::close(file);
    must(answer.find(": OK") != std::string::npos, "not clean");
  }

  [[nodiscard]] std::string receipt_for(const std::string& document) const {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(document.data()), document.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    const Owned<CMS_ContentInfo> receipt(
        CMS_sign(keys_.certificate.get(), keys_.key.get(), nullptr, memory(digest).get(),
                 CMS_BINARY | CMS_NOCERTS),
        CMS_ContentInfo_free);
    const Owned<BIO> der(BIO_new(BIO_s_mem()), free_bio);
    must(receipt && i2d_CMS_bio(der.get(), receipt.get()) == 1, "receipt");
    const std::string bytes = content_of(der.get());
    std::string text(bytes.size() / 3 * 4 + 5, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
  }

  const Keys& keys_;
  Line next_;
  Line clamd_;
};

void serve(Line& client, Filter& filter) {
  std::string from, to;
  client.write("220 filter.test\r\n");
  while (true) {
    const std::string command = client.read_until("\r\n");
    if (command.starts_with("MAIL")) {
      from = "MAIL " + command.substr(5, command.find('>') - 4) + "\r\n";
    } else if (command.starts_with("RCPT")) {
      to = command;
    } else if (command.starts_with("DATA")) {
      client.write("354 go on\r\n");
      const std::string mail = client.read_until("\r\n.\r\n");
      try {
        filter.take(from, to, mail);
        client.write("250 taken\r\n");
      } catch (const std::runtime_error& refusal) {
        std::cerr << refusal.what() << "\n";
        client.write("554 refused\r\n");
      }
      continue;
    } else if (command.starts_with("QUIT")) {
      return client.write("221 bye\r\n");
    }
    client.write("250 well\r\n");
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 7) {
    std::cerr << "smime_filter LISTEN_PORT NEXT_PORT KEY CERTIFICATE ANCHOR CLAMD_SOCKET\n";
    return 2;
  }
  try {
    const Keys keys = load_keys(arguments + 3);
    const int next_port = std::stoi(arguments[2]);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in address = local(std::stoi(arguments[1]));
    must(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
             ::listen(listener, 64) == 0,
         "listen");
    const std::string clamd = arguments[6];
    std::vector<std::jthread> threads;
    while (true) {
      const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) continue;
      threads.emplace_back([&keys, next_port, clamd, accepted, yes] {
        try {
          Line client(accepted);
          ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
          Filter filter(keys, next_port, clamd);
          serve(client, filter);
        } catch (const std::exception&) {
          return;  // it has hung up
        }
      });
    }
  } catch (const std::exception& accident) {
    std::cerr << accident.what() << "\n";
    return 1;
  }
}
