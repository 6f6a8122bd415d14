// Datagrams that leave together: one sendmmsg for those of one socket that follow each other.
#pragma once
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "address.h"

enum { OUTBOX_SLOTS = 64, DATAGRAM_BYTES = 2048 };

struct outbox {
  size_t count;
  int fds[OUTBOX_SLOTS];
  struct mmsghdr messages[OUTBOX_SLOTS];
  struct iovec vectors[OUTBOX_SLOTS];
  union socket_address to[OUTBOX_SLOTS];
  uint8_t data[OUTBOX_SLOTS][DATAGRAM_BYTES];
  uint64_t unsent;  // the socket's buffer was full, or the kernel knew no way
};

void outbox_open(struct outbox *outbox);
// Where to write the next datagram, DATAGRAM_BYTES long.
uint8_t *outbox_next(struct outbox *outbox);
void outbox_add(struct outbox *outbox, int fd, const struct address *to, size_t bytes);
void outbox_flush(struct outbox *outbox);
