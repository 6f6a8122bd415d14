// HMAC-SHA1 (RFC 2104) with the key worked in once: SRTP's tag and STUN's MESSAGE-INTEGRITY.
#pragma once
// OpenSSL 3 calls SHA_CTX deprecated in favour of EVP_MD_CTX, which allocates at every copy: half the cost of a tag.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

enum { HMAC_BYTES = SHA_DIGEST_LENGTH };

// The state of SHA-1 after the padded key: small, because a thousand calls keep thousands of them near the processor.
struct hmac {
  uint32_t inner[5], outer[5];
};

void hmac_key(struct hmac *hmac, const uint8_t *key, size_t bytes);
// The MAC of `first` followed by `second` (which may be empty).
void hmac_of(const struct hmac *hmac, const uint8_t *first, size_t first_bytes, const uint8_t *second,
             size_t second_bytes, uint8_t mac[HMAC_BYTES]);
