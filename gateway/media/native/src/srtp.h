// SRTP and SRTCP of one direction of one flow (RFC 3711; RFC 7714 for GCM), on OpenSSL's EVP.
//
// A session is used by one thread at a time. Everything works in place; `room` is how large the buffer is.
#pragma once
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hmac.h"

// IANA's numbers of the DTLS-SRTP protection profiles (RFC 5764 §4.1.2, RFC 7714 §14.2).
enum srtp_profile { AES_CM_128_HMAC_SHA1_80 = 1, AEAD_AES_128_GCM = 7, AEAD_AES_256_GCM = 8 };

enum { SRTP_MOST_OVERHEAD = 20 };

// What a packet is refused for; successful calls return the new length.
enum srtp_refusal { SRTP_MALFORMED = -1, SRTP_REPLAY = -2, SRTP_AUTHENTICATION = -3, SRTP_TOO_MANY_SOURCES = -4 };

enum { RTP_WINDOW = 1024, RTCP_WINDOW = 128, CACHE_LINE_BYTES = 64 };  // packets; RFC 3711 §3.3.2 asks for 64

// Which of the last `size` indices have been seen: bit i of the ring is index i modulo `size`.
struct window {
  bool begun;
  uint64_t highest;
};

struct source {
  struct source *next;
  uint32_t ssrc;
  struct window rtp;
  uint64_t rtp_seen[RTP_WINDOW / 64];
  struct window rtcp;
  uint64_t rtcp_seen[RTCP_WINDOW / 64];
};

// A cache line. The cipher is keyed once: GCM gets a new IV for each packet; in counter mode it makes the key stream out
// of the counters, which are ours (RFC 3711 §4.1.1), so that nothing of it is set up again.
struct keyed {
  EVP_CIPHER_CTX *cipher;
  uint8_t salt[16];
  struct hmac auth;
};

typedef struct srtp {  // what each packet needs comes first
  struct keyed rtp;
  struct source *sources;
  bool gcm;
  uint8_t key_bytes, salt_bytes, tag_bytes;
  uint8_t source_count;
  uint32_t rtcp_index;  // of the packet sent last
  struct source first;  // nearly always the only one
  struct keyed rtcp;
} srtp;

// `key`: master key, then master salt. NULL when the length does not fit the profile (or memory is out).
srtp *srtp_new(int profile, const uint8_t *key, size_t bytes);
// For the RFCs' vectors, which begin at session keys: `auth` (20 bytes) is used by AES_CM only. Same keys for SRTCP.
srtp *srtp_of_session_keys(int profile, const uint8_t *key, const uint8_t *salt, const uint8_t *auth);
void srtp_free(srtp *session);
// The same in memory of the caller's; `srtp_close` also after a failed `srtp_open`.
bool srtp_open(srtp *session, int profile, const uint8_t *key, size_t bytes);
void srtp_close(srtp *session);
// Asks for what the cipher keeps, so that it is near when the next packets need it.
void srtp_fetch(const srtp *session);

int srtp_protect(srtp *session, uint8_t *packet, size_t bytes, size_t room);
int srtp_unprotect(srtp *session, uint8_t *packet, size_t bytes);
int srtp_protect_rtcp(srtp *session, uint8_t *packet, size_t bytes, size_t room);
int srtp_unprotect_rtcp(srtp *session, uint8_t *packet, size_t bytes);

// RFC 3711 §4.3.1 with a key derivation rate of zero: `bytes` of session key for `label`.
int srtp_derive(const uint8_t *key, size_t key_bytes, const uint8_t *salt, size_t salt_bytes, int label, uint8_t *out,
                size_t bytes);
