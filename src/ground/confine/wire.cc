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

template <class Message>
bool send_message(int socket, const Message& content, std::span<const int> descriptors) {
  YZ_ASSERT(descriptors.size() <= kDescriptorsOfOrder);
  Message copy = content;
  iovec part{&copy, sizeof copy};
  alignas(cmsghdr) ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = -1;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof copy);
}

// False when the other side is gone.
template <class Message>
bool receive_message(int socket, Message& content, std::vector<int>& descriptors) {
  iovec part{&content, sizeof content};
  alignas(cmsghdr) ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = -1;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  YZ_ASSERT(static_cast<std::size_t>(got) == sizeof content);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return true;
  YZ_ASSERT(header->cmsg_type == SCM_RIGHTS);
  descriptors.resize((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  std::memcpy(descriptors.data(), CMSG_DATA(header), descriptors.size() * sizeof(int));
  return true;
}

}  // namespace

void send_with_descriptors(int socket, const Order& order, std::span<const int> descriptors) {
  if (send_message(socket, order, descriptors)) return;
  throw std::system_error(errno, std::generic_category(), "nursery is gone");
}

bool send_task(int channel, const Task& task, std::span<const int> descriptors) {
  return send_message(channel, task, descriptors);
}

std::optional<ReceivedOrder> receive_order(int socket) {
  ReceivedOrder received{};
  if (!receive_message(socket, received.order, received.descriptors)) return std::nullopt;
  YZ_ASSERT(received.descriptors.size() >= (received.order.lives_on ? 2U : 3U));
  return received;
}

std::optional<ReceivedTask> receive_task(int channel) {
  ReceivedTask received{};
  if (!receive_message(channel, received.task, received.descriptors)) return std::nullopt;
  YZ_ASSERT(received.descriptors.size() == received.task.descriptors);
  return received;
}

}  // namespace yizhan
