#include "outbox.h"

#include <errno.h>

void outbox_open(struct outbox *outbox) {
  outbox->count = 0;
  for (size_t n = 0; n < OUTBOX_SLOTS; n++) {
    outbox->vectors[n].iov_base = outbox->data[n];
    outbox->messages[n].msg_hdr =
        (struct msghdr){.msg_name = &outbox->to[n], .msg_iov = &outbox->vectors[n], .msg_iovlen = 1};
  }
}

uint8_t *outbox_next(struct outbox *outbox) {
  if (outbox->count == OUTBOX_SLOTS) outbox_flush(outbox);
  return outbox->data[outbox->count];
}

void outbox_add(struct outbox *outbox, int fd, const struct address *to, size_t bytes) {
  size_t n = outbox->count++;
  outbox->fds[n] = fd;
  outbox->vectors[n].iov_len = bytes;
  outbox->messages[n].msg_hdr.msg_namelen = address_to_socket(to, &outbox->to[n]);
}

void outbox_flush(struct outbox *outbox) {
  for (size_t at = 0; at < outbox->count;) {
    size_t end = at + 1;
    while (end < outbox->count && outbox->fds[end] == outbox->fds[at]) end++;
    while (at < end) {
      int sent = sendmmsg(outbox->fds[at], outbox->messages + at, (unsigned)(end - at), MSG_DONTWAIT);
      if (sent > 0) {
        at += (size_t)sent;
      } else if (errno != EINTR) {
        outbox->unsent++;  // late audio is worse than lost audio: nothing is kept
        at++;
      }
    }
  }
  outbox->count = 0;
}
