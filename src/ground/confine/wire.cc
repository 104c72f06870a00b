#include "ground/confine/wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace yizhan {

namespace {

constexpr std::size_t kDescriptorsOfOrder = Nursery::kDescriptorsMax + 3;
using ControlBuffer = std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsOfOrder)>;

}  // namespace

void send_with_descriptors(int socket, const Order& order, std::span<const int> descriptors) {
  YZ_ASSERT(descriptors.size() <= kDescriptorsOfOrder);
  Order copy = order;
  iovec content{&copy, sizeof copy};
  alignas(cmsghdr) ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  ssize_t sent = -1;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) throw std::system_error(errno, std::generic_category(), "nursery is gone");
}

std::optional<ReceivedOrder> receive_order(int socket) {
  ReceivedOrder received{};
  iovec content{&received.order, sizeof received.order};
  alignas(cmsghdr) ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = -1;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  YZ_ASSERT(static_cast<std::size_t>(got) == sizeof received.order);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  YZ_ASSERT(header != nullptr && header->cmsg_type == SCM_RIGHTS);
  received.descriptors.resize((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  std::memcpy(received.descriptors.data(), CMSG_DATA(header),
              received.descriptors.size() * sizeof(int));
  YZ_ASSERT(received.descriptors.size() >= 3);
  return received;
}

}  // namespace yizhan
