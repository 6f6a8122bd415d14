#include "stun.h"

#include <openssl/crypto.h>
#include <string.h>

#include "bytes.h"

enum {
  HEADER_BYTES = 20,
  COOKIE = 0x2112A442,
  ERROR_RESPONSE = 0x0111,
  USERNAME = 0x0006,
  MESSAGE_INTEGRITY = 0x0008,
  ERROR_CODE = 0x0009,
  XOR_MAPPED_ADDRESS = 0x0020,
  PRIORITY = 0x0024,
  USE_CANDIDATE = 0x0025,
  FINGERPRINT = 0x8028,
  ICE_CONTROLLED = 0x8029,
  ICE_CONTROLLING = 0x802A,
};
static const uint32_t FINGERPRINT_XOR = 0x5354554E;  // "STUN" (RFC 8489 §14.7)

// CRC-32 of ISO 3309, four bits at a time: messages are short and rare.
static uint32_t crc32_of(const uint8_t *data, size_t bytes) {
  static const uint32_t NIBBLES[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                       0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  uint32_t crc = 0xFFFFFFFF;
  for (size_t n = 0; n < bytes; n++) {
    crc = crc >> 4 ^ NIBBLES[(crc ^ data[n]) & 15];
    crc = crc >> 4 ^ NIBBLES[(crc ^ data[n] >> 4) & 15];
  }
  return ~crc;
}

bool is_stun(const uint8_t *data, size_t bytes) {
  return bytes >= HEADER_BYTES && data[0] <= 3 && get32(data + 4) == COOKIE;
}

bool stun_read(const uint8_t *data, size_t bytes, struct stun *message) {
  if (!is_stun(data, bytes) || get16(data + 2) != bytes - HEADER_BYTES || bytes % 4) return false;
  *message = (struct stun){.type = get16(data), .transaction = data + 8};
  for (size_t at = HEADER_BYTES; at < bytes;) {
    if (bytes - at < 4) return false;
    uint16_t kind = get16(data + at);
    size_t size = get16(data + at + 2), whole = 4 + (size + 3) / 4 * 4;
    if (whole > bytes - at) return false;
    const uint8_t *value = data + at + 4;
    if (kind == FINGERPRINT) {
      if (size != 4 || at + whole != bytes || get32(value) != (crc32_of(data, at) ^ FINGERPRINT_XOR)) return false;
    } else if (message->integrity_at) {
      // what follows the integrity is not covered by it, and so is not looked at (RFC 8489 §14.5)
    } else if (kind == MESSAGE_INTEGRITY) {
      if (size != HMAC_BYTES) return false;
      message->integrity_at = at;
    } else if (kind == USERNAME) {
      if (size > STUN_MOST_NAME_BYTES) return false;
      message->username = value;
      message->username_bytes = size;
    } else if (kind == USE_CANDIDATE) {
      message->use_candidate = true;
    } else if (kind == ICE_CONTROLLED || kind == ICE_CONTROLLING) {
      if (size != 8) return false;
      *(kind == ICE_CONTROLLED ? &message->controlled : &message->controlling) = true;
    }
    at += whole;
  }
  return true;
}

// The length that counts for the MAC is that of a message which ends with MESSAGE-INTEGRITY (RFC 8489 §14.5).
static void integrity(const uint8_t *data, size_t at, const struct hmac *key, uint8_t mac[HMAC_BYTES]) {
  uint8_t header[HEADER_BYTES];
  memcpy(header, data, HEADER_BYTES);
  put16(header + 2, (uint16_t)(at + 4 + HMAC_BYTES - HEADER_BYTES));
  hmac_of(key, header, HEADER_BYTES, data + HEADER_BYTES, at - HEADER_BYTES, mac);
}

bool stun_authentic(const uint8_t *data, const struct stun *message, const struct hmac *key) {
  if (!message->integrity_at) return false;
  uint8_t mac[HMAC_BYTES];
  integrity(data, message->integrity_at, key, mac);
  return CRYPTO_memcmp(mac, data + message->integrity_at + 4, HMAC_BYTES) == 0;
}

static size_t begin(uint8_t *out, uint16_t type, const uint8_t *transaction) {
  put16(out, type);
  put32(out + 4, COOKIE);
  memcpy(out + 8, transaction, STUN_TRANSACTION_BYTES);
  return HEADER_BYTES;
}

// Returns where the value goes, zeros to its padded end.
static uint8_t *add(uint8_t *out, size_t *at, uint16_t kind, size_t size) {
  size_t padded = (size + 3) / 4 * 4;
  put16(out + *at, kind);
  put16(out + *at + 2, (uint16_t)size);
  uint8_t *value = out + *at + 4;
  memset(value, 0, padded);
  *at += 4 + padded;
  return value;
}

static size_t finish(uint8_t *out, size_t at, const struct hmac *key) {
  uint8_t mac[HMAC_BYTES];
  integrity(out, at, key, mac);
  memcpy(add(out, &at, MESSAGE_INTEGRITY, HMAC_BYTES), mac, HMAC_BYTES);
  put16(out + 2, (uint16_t)(at + 8 - HEADER_BYTES));
  uint32_t crc = crc32_of(out, at) ^ FINGERPRINT_XOR;
  put32(add(out, &at, FINGERPRINT, 4), crc);
  return at;
}

size_t stun_success(uint8_t *out, const uint8_t *transaction, const struct address *mapped, const struct hmac *key) {
  size_t at = begin(out, STUN_RESPONSE, transaction);
  size_t ip_bytes = mapped->family == 4 ? 4 : 16;
  uint8_t *value = add(out, &at, XOR_MAPPED_ADDRESS, 4 + ip_bytes);
  value[1] = mapped->family == 4 ? 1 : 2;
  put16(value + 2, (uint16_t)(mapped->port ^ COOKIE >> 16));
  for (size_t n = 0; n < ip_bytes; n++) value[4 + n] = mapped->ip[n] ^ out[4 + n];  // cookie, then transaction (§14.2)
  return finish(out, at, key);
}

size_t stun_role_conflict(uint8_t *out, const uint8_t *transaction, const struct hmac *key) {
  static const char REASON[] = "Role Conflict";
  size_t at = begin(out, ERROR_RESPONSE, transaction);
  uint8_t *value = add(out, &at, ERROR_CODE, 4 + sizeof REASON - 1);
  value[2] = 4, value[3] = 87;  // 487 (RFC 8445 §7.3.1.1)
  memcpy(value + 4, REASON, sizeof REASON - 1);
  return finish(out, at, key);
}

size_t stun_check(uint8_t *out, const uint8_t *transaction, const char *username, size_t username_bytes,
                  bool controlling, uint64_t tie_breaker, const struct hmac *key) {
  size_t at = begin(out, STUN_REQUEST, transaction);
  memcpy(add(out, &at, USERNAME, username_bytes), username, username_bytes);
  put32(add(out, &at, PRIORITY, 4), 1);
  put64(add(out, &at, controlling ? ICE_CONTROLLING : ICE_CONTROLLED, 8), tie_breaker);
  return finish(out, at, key);
}
