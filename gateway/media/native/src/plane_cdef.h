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

typedef struct plane plane;
typedef struct endpoint endpoint;
typedef struct flow flow;
typedef struct agent agent;
typedef struct prompt prompt;

typedef struct direction {
  uint64_t packets, octets, lost;
  double loss_fraction, jitter_ms, first_s, last_s, reported_s;
  uint32_t acknowledged;
} direction;

typedef struct figures {
  direction received, sent;
  double round_trip_s;
  int level_dbov;
  uint64_t replay, authentication, malformed, too_many_sources, unknown_payload, unsendable;
} figures;

typedef struct inventory {
  int endpoints, flows, agents, paced_lines, keys;
} inventory;

typedef struct totals_of_all {
  uint64_t received, sent, replay, authentication, malformed, too_many_sources, unknown_payload, unsendable, stranger;
} totals_of_all;

plane *plane_new(int threads);
int plane_news_fd(const plane *plane);
size_t plane_news(plane *plane, uint8_t *out, size_t room);
uint64_t plane_lost_news(const plane *plane);
void plane_totals(const plane *plane, totals_of_all *out);
void plane_inventory(const plane *plane, inventory *out);
void plane_close(plane *plane);

endpoint *plane_add_endpoint(plane *plane, uint64_t id, int fd);
void plane_close_endpoint(endpoint *endpoint);
int plane_send(endpoint *endpoint, const uint8_t *data, size_t bytes, const char *host, int port);

prompt *prompt_new(const uint8_t *packets, const uint32_t *lengths, uint32_t count, bool loop, int stamp_at);
void prompt_release(prompt *prompt);

flow *plane_add_flow(endpoint *endpoint, uint64_t id, const char *host, int port, int profile, const uint8_t *rx,
                     const uint8_t *tx, size_t key_bytes, int opus, int telephone_event, int level_extension,
                     const uint32_t *ssrcs, int lines, int continuous);
void plane_remove_flow(flow *flow);
int plane_set_remote(flow *flow, const char *host, int port);
int plane_expect(endpoint *endpoint, flow *flow, const char *host, int port);
int plane_open_gate(flow *flow);
int plane_hear(flow *flow, int line, int source, flow *heard, prompt *prompt, uint32_t number);
int plane_listen(flow *flow, flow *listener, int line);
int plane_unlisten(flow *flow, flow *listener, int line);
int plane_tap(flow *flow, int on);
int plane_push(flow *flow, uint32_t ssrc, uint16_t sequence, uint32_t ticks, const uint8_t *payload, size_t bytes);
int plane_record(flow *flow, int played, uint32_t number);
void plane_figures(flow *flow, figures *out);

agent *plane_add_agent(endpoint *endpoint, uint64_t id, int lite, const char *ufrag, const char *pwd,
                       uint64_t tie_breaker);
int plane_name_peer(agent *agent, const char *ufrag, const char *pwd);
int plane_carry(agent *agent, flow *flow, const char *host, int port);
double plane_last_check_s(const agent *agent);
void plane_remove_agent(agent *agent);
