// What Python sees of the native plane; read by cffi, which knows no preprocessor.

typedef struct srtp srtp;
srtp *srtp_new(int profile, const uint8_t *key, size_t bytes);
srtp *srtp_of_session_keys(int profile, const uint8_t *key, const uint8_t *salt, const uint8_t *auth);
void srtp_free(srtp *session);
int srtp_protect(srtp *session, uint8_t *packet, size_t bytes, size_t room);
int srtp_unprotect(srtp *session, uint8_t *packet, size_t bytes);
int srtp_protect_rtcp(srtp *session, uint8_t *packet, size_t bytes, size_t room);
int srtp_unprotect_rtcp(srtp *session, uint8_t *packet, size_t bytes);
int srtp_derive(const uint8_t *key, size_t key_bytes, const uint8_t *salt, size_t salt_bytes, int label, uint8_t *out,
                size_t bytes);
