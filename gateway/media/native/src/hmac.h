// HMAC-SHA1 (RFC 2104) with the key worked in once: SRTP's tag and STUN's MESSAGE-INTEGRITY.
#pragma once
// OpenSSL 3 calls SHA_CTX deprecated in favour of EVP_MD_CTX, which allocates at every copy: half the cost of a tag.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

enum { HMAC_BYTES = SHA_DIGEST_LENGTH };

struct hmac {
  SHA_CTX inner, outer;
};

void hmac_key(struct hmac *hmac, const uint8_t *key, size_t bytes);
// The MAC of `first` followed by `second` (which may be empty).
void hmac_of(const struct hmac *hmac, const uint8_t *first, size_t first_bytes, const uint8_t *second,
             size_t second_bytes, uint8_t mac[HMAC_BYTES]);
