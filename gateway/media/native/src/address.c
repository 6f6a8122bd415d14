#include "address.h"

#include <arpa/inet.h>
#include <string.h>

bool address_of_text(const char *host, int port, struct address *out) {
  *out = (struct address){.port = (uint16_t)port};
  if (port < 0 || port > 0xFFFF) return false;
  if (inet_pton(AF_INET, host, out->ip) == 1) {
    out->family = 4;
    return true;
  }
  out->family = 6;
  return inet_pton(AF_INET6, host, out->ip) == 1;
}

bool address_of_socket(const union socket_address *from, struct address *out) {
  *out = (struct address){0};
  if (from->any.sa_family == AF_INET) {
    out->family = 4;
    out->port = ntohs(from->v4.sin_port);
    memcpy(out->ip, &from->v4.sin_addr, 4);
    return true;
  }
  if (from->any.sa_family != AF_INET6) return false;
  out->family = 6;
  out->port = ntohs(from->v6.sin6_port);
  memcpy(out->ip, &from->v6.sin6_addr, 16);
  return true;
}

socklen_t address_to_socket(const struct address *from, union socket_address *out) {
  memset(out, 0, sizeof *out);
  if (from->family == 4) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(from->port);
    memcpy(&out->v4.sin_addr, from->ip, 4);
    return sizeof out->v4;
  }
  out->v6.sin6_family = AF_INET6;
  out->v6.sin6_port = htons(from->port);
  memcpy(&out->v6.sin6_addr, from->ip, 16);
  return sizeof out->v6;
}

bool address_equal(const struct address *one, const struct address *other) {
  return memcmp(one, other, sizeof *one) == 0;
}
