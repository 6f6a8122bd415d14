// STUN binding messages (RFC 8489) as ICE uses them (RFC 8445 §7): read, checked, written.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "hmac.h"

enum {
  STUN_REQUEST = 0x0001,
  STUN_RESPONSE = 0x0101,
  STUN_TRANSACTION_BYTES = 12,
  STUN_MOST_NAME_BYTES = 513,  // USERNAME (RFC 8489 §14.3)
  STUN_MOST_BYTES = 640,       // of what we write
};

struct stun {
  uint16_t type;
  const uint8_t *transaction;
  const uint8_t *username;  // NULL: none
  size_t username_bytes;
  bool use_candidate, controlled, controlling;
  size_t integrity_at;  // of MESSAGE-INTEGRITY; 0: none
};

// By the first byte and the cookie (RFC 7983 §7, RFC 8489 §5).
bool is_stun(const uint8_t *data, size_t bytes);
// False for what is malformed or has a wrong FINGERPRINT. Points into `data`.
bool stun_read(const uint8_t *data, size_t bytes, struct stun *message);
bool stun_authentic(const uint8_t *data, const struct stun *message, const struct hmac *key);

// All return the length, at most STUN_MOST_BYTES.
size_t stun_success(uint8_t *out, const uint8_t *transaction, const struct address *mapped, const struct hmac *key);
size_t stun_role_conflict(uint8_t *out, const uint8_t *transaction, const struct hmac *key);
// A check by whoever is `controlling` or not, with the lowest priority.
size_t stun_check(uint8_t *out, const uint8_t *transaction, const char *username, size_t username_bytes,
                  bool controlling, uint64_t tie_breaker, const struct hmac *key);
