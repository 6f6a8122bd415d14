#include "hmac.h"

#include <openssl/crypto.h>
#include <string.h>

enum { BLOCK_BYTES = 64 };

void hmac_key(struct hmac *hmac, const uint8_t *key, size_t bytes) {
  uint8_t block[BLOCK_BYTES] = {0};
  if (bytes > BLOCK_BYTES)
    SHA1(key, bytes, block);
  else
    memcpy(block, key, bytes);
  for (int i = 0; i < BLOCK_BYTES; i++) block[i] ^= 0x36;
  SHA1_Init(&hmac->inner);
  SHA1_Update(&hmac->inner, block, BLOCK_BYTES);
  for (int i = 0; i < BLOCK_BYTES; i++) block[i] ^= 0x36 ^ 0x5c;
  SHA1_Init(&hmac->outer);
  SHA1_Update(&hmac->outer, block, BLOCK_BYTES);
  OPENSSL_cleanse(block, sizeof block);
}

void hmac_of(const struct hmac *hmac, const uint8_t *first, size_t first_bytes, const uint8_t *second,
             size_t second_bytes, uint8_t mac[HMAC_BYTES]) {
  SHA_CTX state = hmac->inner;
  SHA1_Update(&state, first, first_bytes);
  if (second_bytes) SHA1_Update(&state, second, second_bytes);
  SHA1_Final(mac, &state);
  state = hmac->outer;
  SHA1_Update(&state, mac, HMAC_BYTES);
  SHA1_Final(mac, &state);
}
