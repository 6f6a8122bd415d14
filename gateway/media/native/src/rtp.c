#include "rtp.h"

#include "bytes.h"

enum { ONE_BYTE_PROFILE = 0xBEDE, TWO_BYTE_PROFILE = 0x1000 };  // RFC 8285 §4.2, §4.3 (upper 12 bits)

int rtp_header_bytes(const uint8_t *data, size_t bytes) {
  if (bytes < RTP_HEADER_BYTES || data[0] >> 6 != 2) return -1;
  size_t header = RTP_HEADER_BYTES + 4u * (data[0] & 0x0F);
  if (data[0] & 0x10) {
    if (bytes < header + 4) return -1;
    header += 4 + 4u * get16(data + header + 2);
  }
  return header <= bytes ? (int)header : -1;
}

static int audio_level(const uint8_t *body, size_t bytes, uint16_t profile, int wanted) {
  bool two_byte = (profile & 0xFFF0) == TWO_BYTE_PROFILE;
  if (!two_byte && profile != ONE_BYTE_PROFILE) return NO_LEVEL;
  for (size_t at = 0; at < bytes;) {
    if (body[at] == 0) {  // padding between elements
      at++;
      continue;
    }
    int element;
    size_t size;
    if (two_byte) {
      if (at + 2 > bytes) return NO_LEVEL;
      element = body[at], size = body[at + 1], at += 2;
    } else {
      element = body[at] >> 4, size = (body[at] & 0x0F) + 1u, at++;
      if (element == 15) return NO_LEVEL;  // reserved: stop here (RFC 8285 §4.2)
    }
    if (element == wanted && size >= 1 && at < bytes) return -(body[at] & 0x7F);
    at += size;
  }
  return NO_LEVEL;
}

bool rtp_parse(const uint8_t *data, size_t bytes, int level_extension, struct rtp *packet) {
  int header = rtp_header_bytes(data, bytes);
  if (header < 0) return false;
  size_t start = (size_t)header, end = bytes;
  packet->level_dbov = NO_LEVEL;
  if (data[0] & 0x10 && level_extension != NO_EXTENSION) {
    size_t extension = RTP_HEADER_BYTES + 4u * (data[0] & 0x0F);
    packet->level_dbov =
        audio_level(data + extension + 4, start - extension - 4, get16(data + extension), level_extension);
  }
  if (data[0] & 0x20) {
    uint8_t padding = data[bytes - 1];
    if (padding == 0 || padding > end - start) return false;
    end -= padding;
  }
  packet->payload_type = data[1] & 0x7F;
  packet->marker = data[1] >> 7;
  packet->sequence = get16(data + 2);
  packet->ticks = get32(data + 4);
  packet->ssrc = get32(data + 8);
  packet->payload = data + start;
  packet->payload_bytes = end - start;
  return true;
}

void rtp_pack_header(uint8_t *out, uint8_t payload_type, bool marker, uint16_t sequence, uint32_t ticks,
                     uint32_t ssrc) {
  out[0] = 0x80;
  out[1] = (uint8_t)(payload_type | (marker ? 0x80 : 0));
  put16(out + 2, sequence);
  put32(out + 4, ticks);
  put32(out + 8, ssrc);
}
