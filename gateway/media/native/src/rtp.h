// RTP packets (RFC 3550 §5.1, RFC 8285, RFC 6464). The twin of rtp.py.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTP_HEADER_BYTES = 12, NO_LEVEL = 1, NO_EXTENSION = 0 };

struct rtp {
  uint8_t payload_type;
  bool marker;
  uint16_t sequence;
  uint32_t ticks;
  uint32_t ssrc;
  const uint8_t *payload;
  size_t payload_bytes;
  int level_dbov;  // 0 loud … -127 silent; NO_LEVEL: none was sent
};

// By the first byte, as RFC 7983 §7 tells packets on one port apart.
static inline bool is_rtp_or_rtcp(const uint8_t *data, size_t bytes) {
  return bytes > 1 && data[0] >= 128 && data[0] <= 191;
}

// Of RTP and RTCP on one port (RFC 5761 §4): RTCP packet types are 192 to 223.
static inline bool is_rtcp(const uint8_t *data) { return data[1] >= 192 && data[1] <= 223; }

// Header with CSRCs and extension; -1 when the packet is too short for what it says.
int rtp_header_bytes(const uint8_t *data, size_t bytes);
// A clear packet without CSRCs, extensions and padding; false when it is malformed.
bool rtp_parse(const uint8_t *data, size_t bytes, int level_extension, struct rtp *packet);
// Writes the 12 bytes of a header.
void rtp_pack_header(uint8_t *out, uint8_t payload_type, bool marker, uint16_t sequence, uint32_t ticks, uint32_t ssrc);
