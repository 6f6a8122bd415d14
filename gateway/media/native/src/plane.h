// What Python sees: workers behind a handful of calls, none of which waits for a packet. plane_cdef.h repeats it.
//
// All calls come from one thread (the event loop's). A flow or endpoint may not be used after it was removed or closed;
// the worker frees it. Hosts are IP addresses in text.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "prompt.h"
#include "srtp.h"

typedef struct plane plane;
typedef struct endpoint endpoint;
typedef struct flow flow;
typedef struct agent agent;

// One direction of a flow: `DirectionFigures` of plane.py. Seconds are negative where there are none.
typedef struct direction {
  uint64_t packets, octets, lost;
  double loss_fraction, jitter_ms, first_s, last_s, reported_s;
  uint32_t acknowledged;
} direction;

typedef struct figures {
  direction received, sent;
  double round_trip_s;  // negative: unknown
  int level_dbov;       // 1: none was received
  uint64_t replay, authentication, malformed, too_many_sources, unknown_payload, unsendable;
} figures;

// What the threads hold now.
typedef struct inventory {
  int endpoints, flows, agents, paced_lines, keys;
} inventory;

// Of all flows since the plane began: authentic packets, and refused ones by cause.
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

// Takes the socket `fd` over.
endpoint *plane_add_endpoint(plane *plane, uint64_t id, int fd);
void plane_close_endpoint(endpoint *endpoint);
int plane_send(endpoint *endpoint, const uint8_t *data, size_t bytes, const char *host, int port);

// `telephone_event`: 255 for none; `level_extension`: 0 for none. NULL when keys or address are unusable.
flow *plane_add_flow(endpoint *endpoint, uint64_t id, const char *host, int port, int profile, const uint8_t *rx,
                     const uint8_t *tx, size_t key_bytes, int opus, int telephone_event, int level_extension,
                     const uint32_t *ssrcs, int lines, int continuous);
void plane_remove_flow(flow *flow);
int plane_set_remote(flow *flow, const char *host, int port);
int plane_expect(endpoint *endpoint, flow *flow, const char *host, int port);
int plane_open_gate(flow *flow);
// `source`: 0 nothing, 1 `heard`, 2 `prompt`, 3 silence. `number` comes back when the prompt has ended.
int plane_hear(flow *flow, int line, int source, struct flow *heard, prompt *prompt, uint32_t number);
// Both of a pair: packets of `flow` go to that line of `listener`.
int plane_listen(flow *flow, struct flow *listener, int line);
int plane_unlisten(flow *flow, struct flow *listener, int line);
int plane_tap(flow *flow, int on);
// A packet (RTP header fields and a payload of 1 to 1,400 bytes) as if the flow's peer had sent it. The one call that may
// come from any thread; who calls sees to it that the flow is not removed meanwhile.
int plane_push(flow *flow, uint32_t ssrc, uint16_t sequence, uint32_t ticks, const uint8_t *payload, size_t bytes);
// `number` (0: no longer) comes back with each piece of the tape. `played`: of the prompts that the first line hears, else
// of what the peer says.
int plane_record(flow *flow, int played, uint32_t number);
void plane_figures(flow *flow, figures *out);

// ICE of one peer (agent.h). A flow that it carries follows its path; `host` and `port` are a full agent's.
agent *plane_add_agent(endpoint *endpoint, uint64_t id, int lite, const char *ufrag, const char *pwd,
                       uint64_t tie_breaker);
int plane_name_peer(agent *agent, const char *ufrag, const char *pwd);
int plane_carry(agent *agent, flow *flow, const char *host, int port);
double plane_last_check_s(const agent *agent);
void plane_remove_agent(agent *agent);
