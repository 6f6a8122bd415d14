// IP addresses with a port, as keys of tables and as the kernel wants them.
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { IP_BYTES = 16 };

// No padding, so that bytes can be compared; unused bytes are zero. `family` is 4 or 6.
struct address {
  uint8_t ip[IP_BYTES];
  uint16_t port;
  uint16_t family;
};

union socket_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

bool address_of_text(const char *host, int port, struct address *out);
bool address_of_socket(const union socket_address *from, struct address *out);
socklen_t address_to_socket(const struct address *from, union socket_address *out);
bool address_equal(const struct address *one, const struct address *other);
