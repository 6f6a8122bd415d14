#include "srtp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "hmac.h"
#include "rtp.h"

enum {
  CM_SALT_BYTES = 14,
  GCM_SALT_BYTES = 12,
  AUTH_KEY_BYTES = 20,
  CM_TAG_BYTES = 10,
  GCM_TAG_BYTES = 16,
  RTCP_HEADER_BYTES = 8,  // what stays clear of an SRTCP packet (RFC 3711 §3.4)
  INDEX_BYTES = 4,
  BLOCK_BYTES = 16,
  CIPHER_BYTES = 704,
  STREAM_BLOCKS = 16,  // of key stream at once: a packet of speech has about six
  MOST_SOURCES = 16,  // a peer that goes through more SSRCs than this is broken
};

static const uint32_t ENCRYPTED = 0x80000000u;  // the E bit before an SRTCP index
static const uint64_t LAST_RTP_INDEX = ((uint64_t)1 << 48) - 1;
static const uint32_t LAST_RTCP_INDEX = 0x7FFFFFFF;

// ---- replay (RFC 3711 §3.3.2) ---------------------------------------------------------------------------------------

static bool window_refuses(const struct window *window, const uint64_t *seen, uint64_t size, uint64_t index) {
  if (!window->begun || index > window->highest) return false;
  if (window->highest - index >= size) return true;
  uint64_t bit = index % size;
  return seen[bit / 64] >> (bit % 64) & 1;
}

static void window_note(struct window *window, uint64_t *seen, uint64_t size, uint64_t index) {
  if (!window->begun || (index > window->highest && index - window->highest >= size)) {
    memset(seen, 0, size / 8);
    window->highest = index;
    window->begun = true;
  }
  for (; window->highest < index; window->highest++) {
    uint64_t bit = (window->highest + 1) % size;
    seen[bit / 64] &= ~((uint64_t)1 << (bit % 64));
  }
  uint64_t bit = index % size;
  seen[bit / 64] |= (uint64_t)1 << (bit % 64);
}

// The 48-bit index that is nearest to the highest one (RFC 3711 §3.3.1); before the first roll-over there is no round
// to go back to.
static uint64_t estimate(const struct window *window, uint16_t sequence) {
  if (!window->begun) return sequence;
  uint64_t round = window->highest & ~(uint64_t)0xFFFF;
  int ahead = (int)sequence - (int)(window->highest & 0xFFFF);
  if (ahead < -0x8000) return round + 0x10000 + sequence;
  if (ahead > 0x8000 && round > 0) return round - 0x10000 + sequence;
  return round + sequence;
}

static struct source *find_source(const srtp *session, uint32_t ssrc) {
  struct source *source = session->sources;
  while (source && source->ssrc != ssrc) source = source->next;
  return source;
}

static struct source *add_source(srtp *session, uint32_t ssrc) {
  if (session->source_count == MOST_SOURCES) return NULL;
  struct source *source = session->source_count ? calloc(1, sizeof *source) : &session->first;
  if (!source) return NULL;
  source->ssrc = ssrc;
  source->next = session->sources;
  session->sources = source;
  session->source_count++;
  return source;
}

// ---- keys -----------------------------------------------------------------------------------------------------------

static const EVP_CIPHER *counter_mode(size_t key_bytes) {
  return key_bytes == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
}

int srtp_derive(const uint8_t *key, size_t key_bytes, const uint8_t *salt, size_t salt_bytes, int label, uint8_t *out,
                size_t bytes) {
  uint8_t iv[16] = {0};
  if (salt_bytes > CM_SALT_BYTES || (key_bytes != 16 && key_bytes != 32)) return -1;
  memcpy(iv, salt, salt_bytes);  // a 96-bit salt is followed by zeros (RFC 7714 §11)
  iv[7] ^= (uint8_t)label;
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  int written = 0;
  memset(out, 0, bytes);
  bool ok = cipher && EVP_EncryptInit_ex(cipher, counter_mode(key_bytes), NULL, key, iv) == 1 &&
            EVP_EncryptUpdate(cipher, out, &written, out, (int)bytes) == 1 && (size_t)written == bytes;
  EVP_CIPHER_CTX_free(cipher);
  return ok ? 0 : -1;
}

static bool set_key(const srtp *session, struct keyed *keyed, const uint8_t *key, const uint8_t *salt,
                    const uint8_t *auth) {
  const EVP_CIPHER *kind = EVP_aes_128_ecb();
  if (session->gcm) kind = session->key_bytes == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  memcpy(keyed->salt, salt, session->salt_bytes);
  if (auth) hmac_key(&keyed->auth, auth, AUTH_KEY_BYTES);
  keyed->cipher = EVP_CIPHER_CTX_new();
  return keyed->cipher && EVP_CipherInit_ex(keyed->cipher, kind, NULL, key, NULL, 1) == 1 &&
         EVP_CIPHER_CTX_set_padding(keyed->cipher, 0) == 1;
}

static bool derive_key(const srtp *session, struct keyed *keyed, const uint8_t *master, int first_label) {
  uint8_t key[32], auth[AUTH_KEY_BYTES], salt[CM_SALT_BYTES];
  const uint8_t *master_salt = master + session->key_bytes;
  size_t key_bytes = session->key_bytes, salt_bytes = session->salt_bytes;
  bool ok = srtp_derive(master, key_bytes, master_salt, salt_bytes, first_label, key, key_bytes) == 0 &&
            srtp_derive(master, key_bytes, master_salt, salt_bytes, first_label + 1, auth, sizeof auth) == 0 &&
            srtp_derive(master, key_bytes, master_salt, salt_bytes, first_label + 2, salt, salt_bytes) == 0 &&
            set_key(session, keyed, key, salt, session->gcm ? NULL : auth);
  OPENSSL_cleanse(key, sizeof key);
  OPENSSL_cleanse(auth, sizeof auth);
  OPENSSL_cleanse(salt, sizeof salt);
  return ok;
}

static bool begin(srtp *session, int profile) {
  *session = (srtp){0};
  if (profile != AES_CM_128_HMAC_SHA1_80 && profile != AEAD_AES_128_GCM && profile != AEAD_AES_256_GCM) return false;
  session->gcm = profile != AES_CM_128_HMAC_SHA1_80;
  session->key_bytes = profile == AEAD_AES_256_GCM ? 32 : 16;
  session->salt_bytes = session->gcm ? GCM_SALT_BYTES : CM_SALT_BYTES;
  session->tag_bytes = session->gcm ? GCM_TAG_BYTES : CM_TAG_BYTES;
  return true;
}

bool srtp_open(srtp *session, int profile, const uint8_t *key, size_t bytes) {
  return begin(session, profile) && bytes == (size_t)(session->key_bytes + session->salt_bytes) &&
         derive_key(session, &session->rtp, key, 0) && derive_key(session, &session->rtcp, key, 3);
}

void srtp_close(srtp *session) {
  EVP_CIPHER_CTX_free(session->rtp.cipher);
  EVP_CIPHER_CTX_free(session->rtcp.cipher);
  for (struct source *source = session->sources, *next; source; source = next) {
    next = source->next;
    if (source != &session->first) free(source);
  }
  OPENSSL_cleanse(session, sizeof *session);
}

srtp *srtp_new(int profile, const uint8_t *key, size_t bytes) {
  srtp *session = malloc(sizeof *session);
  if (session && srtp_open(session, profile, key, bytes)) return session;
  srtp_free(session);
  return NULL;
}

srtp *srtp_of_session_keys(int profile, const uint8_t *key, const uint8_t *salt, const uint8_t *auth) {
  srtp *session = malloc(sizeof *session);
  if (session && begin(session, profile) && set_key(session, &session->rtp, key, salt, auth) &&
      set_key(session, &session->rtcp, key, salt, auth))
    return session;
  srtp_free(session);
  return NULL;
}

void srtp_free(srtp *session) {
  if (!session) return;
  srtp_close(session);
  free(session);
}

void srtp_fetch(const srtp *session) {
  // A context of OpenSSL's is opaque and in two pieces. They are mostly made one after the other, and so are neighbours;
  // where they are not, this asks for something else, and that is all.
  for (size_t at = 0; at < CIPHER_BYTES; at += CACHE_LINE_BYTES)
    __builtin_prefetch((const char *)session->rtp.cipher + at);
}

// ---- packets --------------------------------------------------------------------------------------------------------

// RFC 3711 §4.1.1: salt ⊕ SSRC ⊕ index, each at its place; RFC 7714 §8.1, §9.1: the same, two bytes earlier.
static void make_iv(const srtp *session, const struct keyed *keyed, uint32_t ssrc, uint64_t index, uint8_t iv[16]) {
  uint8_t *at = iv + (session->gcm ? 2 : 4);
  memcpy(iv, keyed->salt, sizeof keyed->salt);
  put32(at, get32(at) ^ ssrc);
  put32(at + 4, get32(at + 4) ^ (uint32_t)(index >> 16));
  put16(at + 8, get16(at + 8) ^ (uint16_t)index);
}

// Counter mode (RFC 3711 §4.1.1): the IV ends with a counter of blocks, from zero.
static bool cipher_body(struct keyed *keyed, uint8_t iv[16], uint8_t *body, size_t bytes) {
  uint8_t stream[STREAM_BLOCKS * BLOCK_BYTES];
  uint16_t counter = 0;
  for (size_t at = 0; at < bytes;) {
    size_t blocks = (bytes - at + BLOCK_BYTES - 1) / BLOCK_BYTES;
    if (blocks > STREAM_BLOCKS) blocks = STREAM_BLOCKS;
    for (size_t n = 0; n < blocks; n++, counter++) {
      memcpy(stream + n * BLOCK_BYTES, iv, BLOCK_BYTES - 2);
      put16(stream + n * BLOCK_BYTES + BLOCK_BYTES - 2, counter);
    }
    int written = 0;
    if (EVP_EncryptUpdate(keyed->cipher, stream, &written, stream, (int)(blocks * BLOCK_BYTES)) != 1) return false;
    size_t end = at + blocks * BLOCK_BYTES < bytes ? at + blocks * BLOCK_BYTES : bytes;
    for (const uint8_t *key = stream; at < end; at++) body[at] ^= *key++;
  }
  return true;
}

// `extra` is authenticated after `head`. The tag is written on sealing and compared on opening.
static bool gcm_body(struct keyed *keyed, bool seal, const uint8_t iv[16], const uint8_t *head, size_t head_bytes,
                     const uint8_t *extra, size_t extra_bytes, uint8_t *body, size_t bytes, uint8_t *tag) {
  EVP_CIPHER_CTX *cipher = keyed->cipher;
  int written = 0;
  uint8_t nothing[16];
  if (EVP_CipherInit_ex(cipher, NULL, NULL, NULL, iv, seal) != 1) return false;
  if (EVP_CipherUpdate(cipher, NULL, &written, head, (int)head_bytes) != 1) return false;
  if (extra_bytes && EVP_CipherUpdate(cipher, NULL, &written, extra, (int)extra_bytes) != 1) return false;
  if (bytes && EVP_CipherUpdate(cipher, body, &written, body, (int)bytes) != 1) return false;
  if (!seal && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, GCM_TAG_BYTES, tag) != 1) return false;
  if (EVP_CipherFinal_ex(cipher, nothing, &written) != 1) return false;
  return !seal || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, GCM_TAG_BYTES, tag) == 1;
}

int srtp_protect(srtp *session, uint8_t *packet, size_t bytes, size_t room) {
  int header = rtp_header_bytes(packet, bytes);
  if (header < 0 || bytes + session->tag_bytes > room) return SRTP_MALFORMED;
  uint32_t ssrc = get32(packet + 8);
  struct source *source = find_source(session, ssrc);
  if (!source && !(source = add_source(session, ssrc))) return SRTP_TOO_MANY_SOURCES;
  uint64_t index = estimate(&source->rtp, get16(packet + 2));
  // One index is one key stream: using it twice would give both packets away.
  if (index > LAST_RTP_INDEX || window_refuses(&source->rtp, source->rtp_seen, RTP_WINDOW, index)) return SRTP_REPLAY;
  window_note(&source->rtp, source->rtp_seen, RTP_WINDOW, index);
  uint8_t iv[16], *body = packet + header;
  size_t body_bytes = bytes - (size_t)header;
  make_iv(session, &session->rtp, ssrc, index, iv);
  if (session->gcm) {
    if (!gcm_body(&session->rtp, true, iv, packet, (size_t)header, NULL, 0, body, body_bytes, packet + bytes))
      return SRTP_AUTHENTICATION;
  } else {
    if (!cipher_body(&session->rtp, iv, body, body_bytes)) return SRTP_AUTHENTICATION;
    uint8_t round[4], mac[HMAC_BYTES];
    put32(round, (uint32_t)(index >> 16));
    hmac_of(&session->rtp.auth, packet, bytes, round, sizeof round, mac);
    memcpy(packet + bytes, mac, CM_TAG_BYTES);
  }
  return (int)(bytes + session->tag_bytes);
}

int srtp_unprotect(srtp *session, uint8_t *packet, size_t bytes) {
  if (bytes < (size_t)(RTP_HEADER_BYTES + session->tag_bytes)) return SRTP_MALFORMED;
  bytes -= session->tag_bytes;
  int header = rtp_header_bytes(packet, bytes);
  if (header < 0) return SRTP_MALFORMED;
  static const struct window unknown = {0};
  uint32_t ssrc = get32(packet + 8);
  struct source *source = find_source(session, ssrc);
  uint64_t index = estimate(source ? &source->rtp : &unknown, get16(packet + 2));
  if (index > LAST_RTP_INDEX) return SRTP_REPLAY;
  if (source && window_refuses(&source->rtp, source->rtp_seen, RTP_WINDOW, index)) return SRTP_REPLAY;
  uint8_t iv[16], *body = packet + header;
  size_t body_bytes = bytes - (size_t)header;
  make_iv(session, &session->rtp, ssrc, index, iv);
  if (session->gcm) {
    if (!gcm_body(&session->rtp, false, iv, packet, (size_t)header, NULL, 0, body, body_bytes, packet + bytes))
      return SRTP_AUTHENTICATION;
  } else {
    uint8_t round[4], mac[HMAC_BYTES];
    put32(round, (uint32_t)(index >> 16));
    hmac_of(&session->rtp.auth, packet, bytes, round, sizeof round, mac);
    if (CRYPTO_memcmp(mac, packet + bytes, CM_TAG_BYTES) != 0) return SRTP_AUTHENTICATION;
    if (!cipher_body(&session->rtp, iv, body, body_bytes)) return SRTP_AUTHENTICATION;
  }
  if (!source && !(source = add_source(session, ssrc))) return SRTP_TOO_MANY_SOURCES;
  window_note(&source->rtp, source->rtp_seen, RTP_WINDOW, index);
  return (int)bytes;
}

// SRTCP (RFC 3711 §3.4): E bit and index follow the body, and the tag follows them; with GCM the tag comes first
// (RFC 7714 §9.3), and the word is authenticated with the header.
int srtp_protect_rtcp(srtp *session, uint8_t *packet, size_t bytes, size_t room) {
  size_t whole = bytes + session->tag_bytes + INDEX_BYTES;
  if (bytes < RTCP_HEADER_BYTES || whole > room) return SRTP_MALFORMED;
  if (session->rtcp_index >= LAST_RTCP_INDEX) return SRTP_REPLAY;
  uint32_t index = ++session->rtcp_index;
  uint8_t iv[16], word[INDEX_BYTES], *body = packet + RTCP_HEADER_BYTES;
  size_t body_bytes = bytes - RTCP_HEADER_BYTES;
  put32(word, ENCRYPTED | index);
  make_iv(session, &session->rtcp, get32(packet + 4), index, iv);
  if (session->gcm) {
    if (!gcm_body(&session->rtcp, true, iv, packet, RTCP_HEADER_BYTES, word, sizeof word, body, body_bytes,
                  packet + bytes))
      return SRTP_AUTHENTICATION;
    memcpy(packet + bytes + GCM_TAG_BYTES, word, sizeof word);
  } else {
    if (!cipher_body(&session->rtcp, iv, body, body_bytes)) return SRTP_AUTHENTICATION;
    uint8_t mac[HMAC_BYTES];
    memcpy(packet + bytes, word, sizeof word);
    hmac_of(&session->rtcp.auth, packet, bytes + sizeof word, NULL, 0, mac);
    memcpy(packet + bytes + sizeof word, mac, CM_TAG_BYTES);
  }
  return (int)whole;
}

int srtp_unprotect_rtcp(srtp *session, uint8_t *packet, size_t bytes) {
  if (bytes < (size_t)(RTCP_HEADER_BYTES + INDEX_BYTES + session->tag_bytes)) return SRTP_MALFORMED;
  bytes -= INDEX_BYTES + session->tag_bytes;
  uint8_t *word = packet + bytes + (session->gcm ? GCM_TAG_BYTES : 0);
  uint8_t *tag = packet + bytes + (session->gcm ? 0 : INDEX_BYTES);
  if (!(get32(word) & ENCRYPTED)) return SRTP_MALFORMED;  // all our profiles encrypt
  uint32_t index = get32(word) & ~ENCRYPTED, ssrc = get32(packet + 4);
  struct source *source = find_source(session, ssrc);
  if (source && window_refuses(&source->rtcp, source->rtcp_seen, RTCP_WINDOW, index)) return SRTP_REPLAY;
  uint8_t iv[16], *body = packet + RTCP_HEADER_BYTES;
  size_t body_bytes = bytes - RTCP_HEADER_BYTES;
  make_iv(session, &session->rtcp, ssrc, index, iv);
  if (session->gcm) {
    if (!gcm_body(&session->rtcp, false, iv, packet, RTCP_HEADER_BYTES, word, INDEX_BYTES, body, body_bytes, tag))
      return SRTP_AUTHENTICATION;
  } else {
    uint8_t mac[HMAC_BYTES];
    hmac_of(&session->rtcp.auth, packet, bytes + INDEX_BYTES, NULL, 0, mac);
    if (CRYPTO_memcmp(mac, tag, CM_TAG_BYTES) != 0) return SRTP_AUTHENTICATION;
    if (!cipher_body(&session->rtcp, iv, body, body_bytes)) return SRTP_AUTHENTICATION;
  }
  if (!source && !(source = add_source(session, ssrc))) return SRTP_TOO_MANY_SOURCES;
  window_note(&source->rtcp, source->rtcp_seen, RTCP_WINDOW, index);
  return (int)bytes;
}
