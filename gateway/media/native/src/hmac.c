#include "hmac.h"

#include <openssl/crypto.h>
#include <string.h>

#include "bytes.h"

enum { BLOCK_BYTES = 64 };

static void keep(uint32_t out[5], const SHA_CTX *state) {
  memcpy(out, (const SHA_LONG[5]){state->h0, state->h1, state->h2, state->h3, state->h4}, 5 * sizeof *out);
}

// As after one block. The rest of SHA_CTX is a buffer, which is empty then.
static void resume(SHA_CTX *state, const uint32_t kept[5]) {
  state->h0 = kept[0], state->h1 = kept[1], state->h2 = kept[2], state->h3 = kept[3], state->h4 = kept[4];
  state->Nl = 8 * BLOCK_BYTES;
  state->Nh = 0;
  state->num = 0;
}

void hmac_key(struct hmac *hmac, const uint8_t *key, size_t bytes) {
  uint8_t block[BLOCK_BYTES] = {0};
  SHA_CTX state;
  if (bytes > BLOCK_BYTES)
    SHA1(key, bytes, block);
  else
    memcpy(block, key, bytes);
  for (int i = 0; i < BLOCK_BYTES; i++) block[i] ^= 0x36;
  SHA1_Init(&state);
  SHA1_Transform(&state, block);
  keep(hmac->inner, &state);
  for (int i = 0; i < BLOCK_BYTES; i++) block[i] ^= 0x36 ^ 0x5c;
  SHA1_Init(&state);
  SHA1_Transform(&state, block);
  keep(hmac->outer, &state);
  OPENSSL_cleanse(block, sizeof block);
  OPENSSL_cleanse(&state, sizeof state);
}

void hmac_of(const struct hmac *hmac, const uint8_t *first, size_t first_bytes, const uint8_t *second,
             size_t second_bytes, uint8_t mac[HMAC_BYTES]) {
  SHA_CTX state;
  resume(&state, hmac->inner);
  SHA1_Update(&state, first, first_bytes);
  if (second_bytes) SHA1_Update(&state, second, second_bytes);
  SHA1_Final(mac, &state);
  // What is left is one block whose padding never changes (FIPS 180-4 §5.1.1).
  uint8_t block[BLOCK_BYTES] = {[HMAC_BYTES] = 0x80};
  memcpy(block, mac, HMAC_BYTES);
  put16(block + BLOCK_BYTES - 2, 8 * (BLOCK_BYTES + HMAC_BYTES));
  resume(&state, hmac->outer);
  SHA1_Transform(&state, block);
  put32(mac, state.h0);
  put32(mac + 4, state.h1);
  put32(mac + 8, state.h2);
  put32(mac + 12, state.h3);
  put32(mac + 16, state.h4);
}
