#include "plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "worker.h"

struct plane {
  int news_fd, worker_count, started;
  unsigned next_worker;
  struct worker *workers;
};

static void destroy(plane *plane) {
  for (int n = 0; n < plane->worker_count; n++) worker_close(&plane->workers[n]);
  free(plane->workers);
  if (plane->news_fd >= 0) close(plane->news_fd);
  free(plane);
}

static struct command *new_command(enum command_kind kind, struct flow *flow) {
  struct command *command = calloc(1, sizeof *command);
  if (!command) return NULL;
  command->kind = kind;
  command->flow = flow;
  return command;
}

static int send_command(struct worker *worker, struct command *command) {
  if (!command) return -1;
  worker_command(worker, command);
  return 0;
}

plane *plane_new(int threads) {
  if (threads < 1 || threads > MOST_WORKERS) return NULL;
  plane *plane = calloc(1, sizeof *plane);
  if (!plane) return NULL;
  plane->news_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  plane->workers = calloc((size_t)threads, sizeof *plane->workers);
  bool ok = plane->workers && plane->news_fd >= 0;
  for (int n = 0; ok && n < threads; n++) {
    plane->worker_count = n + 1;
    ok = worker_open(&plane->workers[n], plane->workers, n, threads, plane->news_fd);
  }
  for (int n = 0; ok && n < threads; n++)
    if ((ok = worker_start(&plane->workers[n]))) plane->started++;
  if (ok) return plane;
  plane_close(plane);
  return NULL;
}

int plane_news_fd(const plane *plane) { return plane->news_fd; }

size_t plane_news(plane *plane, uint8_t *out, size_t room) {
  size_t at = 0;
  for (int n = 0; n < plane->worker_count; n++) at += news_read(&plane->workers[n].news, out + at, room - at);
  return at;
}

uint64_t plane_lost_news(const plane *plane) {
  uint64_t lost = 0;
  for (int n = 0; n < plane->worker_count; n++) lost += atomic_load(&plane->workers[n].news.lost);
  return lost;
}

void plane_totals(const plane *plane, totals_of_all *out) {
  *out = (totals_of_all){0};
  for (int n = 0; n < plane->worker_count; n++) {
    const struct totals *totals = &plane->workers[n].totals;
    out->received += totals->received;
    out->sent += totals->sent;
    out->replay += totals->dropped[DROPPED_REPLAY];
    out->authentication += totals->dropped[DROPPED_AUTHENTICATION];
    out->malformed += totals->dropped[DROPPED_MALFORMED];
    out->too_many_sources += totals->dropped[DROPPED_SOURCES];
    out->unknown_payload += totals->dropped[DROPPED_PAYLOAD];
    out->unsendable += totals->dropped[DROPPED_UNSENDABLE];
    out->stranger += atomic_load(&plane->workers[n].strangers);
  }
}

void plane_inventory(const plane *plane, inventory *out) {
  *out = (inventory){0};
  for (int n = 0; n < plane->worker_count; n++) {
    const struct gauges *gauges = &plane->workers[n].gauges;
    out->endpoints += gauges->endpoints;
    out->flows += gauges->flows;
    out->agents += gauges->agents;
    out->paced_lines += gauges->paced;
    out->keys += gauges->keys;
  }
}

void plane_close(plane *plane) {
  for (int n = 0; n < plane->started; n++) {
    struct command *stop = new_command(COMMAND_STOP, NULL);
    if (!stop) abort();  // the thread would go on using what is freed below
    worker_command(&plane->workers[n], stop);
  }
  for (int n = 0; n < plane->started; n++) pthread_join(plane->workers[n].thread, NULL);
  destroy(plane);
}

// ---- endpoints ------------------------------------------------------------------------------------------------------

endpoint *plane_add_endpoint(plane *plane, uint64_t id, int fd) {
  struct endpoint *endpoint = calloc(1, sizeof *endpoint);
  struct command *command = new_command(COMMAND_ADD_ENDPOINT, NULL);
  if (!endpoint || !command) {
    free(endpoint);
    free(command);
    return NULL;
  }
  endpoint->id = id;
  endpoint->fd = fd;
  endpoint->worker = &plane->workers[plane->next_worker++ % (unsigned)plane->worker_count];
  command->endpoint = endpoint;
  send_command(endpoint->worker, command);
  return endpoint;
}

void plane_close_endpoint(endpoint *endpoint) {
  struct command *command = new_command(COMMAND_CLOSE_ENDPOINT, NULL);
  if (!command) return;
  command->endpoint = endpoint;
  send_command(endpoint->worker, command);
}

int plane_send(endpoint *endpoint, const uint8_t *data, size_t bytes, const char *host, int port) {
  struct address address;
  union socket_address to;
  if (!address_of_text(host, port, &address)) return -1;
  socklen_t size = address_to_socket(&address, &to);
  return sendto(endpoint->fd, data, bytes, MSG_DONTWAIT, &to.any, size) < 0 ? -1 : 0;
}

// ---- flows ----------------------------------------------------------------------------------------------------------

flow *plane_add_flow(endpoint *endpoint, uint64_t id, const char *host, int port, int profile, const uint8_t *rx,
                     const uint8_t *tx, size_t key_bytes, int opus, int telephone_event, int level_extension,
                     const uint32_t *ssrcs, int lines, int continuous) {
  struct address remote;
  if (!address_of_text(host, port, &remote)) return NULL;
  struct flow *flow = flow_new(id, profile, rx, tx, key_bytes, ssrcs, lines);
  struct command *command = new_command(COMMAND_ADD_FLOW, flow);
  if (!flow || !command) {
    if (flow) flow_free(flow);
    free(command);
    return NULL;
  }
  flow->endpoint = endpoint;
  flow->worker = endpoint->worker;
  flow->remote = remote;
  flow->opus = (uint8_t)opus;
  flow->telephone_event = (uint8_t)telephone_event;
  flow->level_extension = level_extension;
  flow->continuous = continuous != 0;
  send_command(flow->worker, command);
  return flow;
}

void plane_remove_flow(flow *flow) { send_command(flow->worker, new_command(COMMAND_REMOVE_FLOW, flow)); }

static int send_address(enum command_kind kind, endpoint *endpoint, flow *flow, const char *host, int port) {
  struct command *command = new_command(kind, flow);
  if (!command) return -1;
  command->endpoint = endpoint;
  if (address_of_text(host, port, &command->address)) return send_command(flow->worker, command);
  free(command);
  return -1;
}

int plane_set_remote(flow *flow, const char *host, int port) {
  return send_address(COMMAND_SET_REMOTE, NULL, flow, host, port);
}

int plane_expect(endpoint *endpoint, flow *flow, const char *host, int port) {
  if (endpoint != flow->endpoint) return -1;  // one thread touches a flow: that of its endpoint
  return send_address(COMMAND_EXPECT, endpoint, flow, host, port);
}

int plane_open_gate(flow *flow) { return send_command(flow->worker, new_command(COMMAND_OPEN_GATE, flow)); }

int plane_hear(flow *flow, int line, int source, struct flow *heard, prompt *prompt, uint32_t number) {
  struct command *command = new_command(COMMAND_HEAR, flow);
  if (!command) return -1;
  command->line = (uint8_t)line;
  command->source = (enum source_kind)source;
  command->number = number;
  command->prompt = prompt ? prompt_hold(prompt) : NULL;
  if (heard) {
    command->other = heard->id;
    command->other_worker = heard->worker;
  }
  return send_command(flow->worker, command);
}

static int send_pair(enum command_kind kind, flow *flow, struct flow *listener, int line) {
  struct command *command = new_command(kind, flow);
  if (!command) return -1;
  command->line = (uint8_t)line;
  command->other = listener->id;
  command->other_worker = listener->worker;
  return send_command(flow->worker, command);
}

int plane_listen(flow *flow, struct flow *listener, int line) {
  return send_pair(COMMAND_LISTEN, flow, listener, line);
}

int plane_unlisten(flow *flow, struct flow *listener, int line) {
  return send_pair(COMMAND_UNLISTEN, flow, listener, line);
}

int plane_tap(flow *flow, int on) {
  struct command *command = new_command(COMMAND_TAP, flow);
  if (!command) return -1;
  command->on = on != 0;
  return send_command(flow->worker, command);
}

int plane_push(flow *flow, uint32_t ssrc, uint16_t sequence, uint32_t ticks, const uint8_t *payload, size_t bytes) {
  if (!bytes || bytes > MOST_PUSHED_BYTES) return -1;
  struct command *command = new_command(COMMAND_PUSH, flow);
  if (!command) return -1;
  uint8_t *copy = command->payload = malloc(bytes);
  if (!copy) {
    command_free(command);
    return -1;
  }
  memcpy(copy, payload, bytes);
  command->packet = (struct rtp){.sequence = sequence, .ticks = ticks, .ssrc = ssrc, .payload = copy,
                                 .payload_bytes = bytes, .level_dbov = NO_LEVEL};
  return send_command(flow->worker, command);
}

int plane_record(flow *flow, int played, uint32_t number) {
  struct command *command = new_command(COMMAND_RECORD, flow);
  if (!command) return -1;
  command->on = played != 0;
  command->number = number;
  return send_command(flow->worker, command);
}

// ---- agents ---------------------------------------------------------------------------------------------------------

agent *plane_add_agent(endpoint *endpoint, uint64_t id, int lite, const char *ufrag, const char *pwd,
                       uint64_t tie_breaker) {
  struct agent *agent = agent_new(id, lite != 0, ufrag, pwd);
  struct command *command = new_command(COMMAND_ADD_AGENT, NULL);
  if (!agent || !command) {
    free(agent);
    free(command);
    return NULL;
  }
  agent->endpoint = endpoint;
  agent->worker = endpoint->worker;
  agent->tie_breaker = tie_breaker;
  command->agent = agent;
  send_command(agent->worker, command);
  return agent;
}

int plane_name_peer(agent *agent, const char *ufrag, const char *pwd) {
  struct command *command = new_command(COMMAND_NAME_PEER, NULL);
  if (!command) return -1;
  command->agent = agent;
  command->ufrag = strdup(ufrag);
  command->pwd = strdup(pwd);
  if (command->ufrag && command->pwd) return send_command(agent->worker, command);
  command_free(command);
  return -1;
}

int plane_carry(agent *agent, flow *flow, const char *host, int port) {
  struct command *command = new_command(COMMAND_CARRY, flow);
  if (!command) return -1;
  command->agent = agent;
  if (flow->endpoint == agent->endpoint && address_of_text(host, port, &command->address))
    return send_command(agent->worker, command);
  command_free(command);
  return -1;
}

double plane_last_check_s(const agent *agent) { return atomic_load_explicit(&agent->check_s, memory_order_relaxed); }

void plane_remove_agent(agent *agent) {
  struct command *command = new_command(COMMAND_REMOVE_AGENT, NULL);
  if (!command) return;
  command->agent = agent;
  send_command(agent->worker, command);
}

// ---- figures --------------------------------------------------------------------------------------------------------

static double earlier(double one, double other) { return one < 0 ? other : other < 0 ? one : fmin(one, other); }

void plane_figures(flow *flow, figures *out) {
  struct tally tally;
  flow_tally(flow, &tally);
  *out = (figures){
      .received = {.packets = tally.packets,
                   .octets = tally.octets,
                   .lost = (uint64_t)(tally.lost_before + statistics_lost(&tally.statistics)),
                   .loss_fraction = tally.loss_fraction,
                   .jitter_ms = tally.statistics.jitter_ticks / 48,
                   .first_s = tally.first_s,
                   .last_s = tally.last_s,
                   .reported_s = -1},
      .sent = {.first_s = -1, .last_s = -1, .reported_s = -1},
      .round_trip_s = tally.round_trip_s,
      .level_dbov = tally.level_dbov,
      .replay = tally.dropped[DROPPED_REPLAY],
      .authentication = tally.dropped[DROPPED_AUTHENTICATION],
      .malformed = tally.dropped[DROPPED_MALFORMED],
      .too_many_sources = tally.dropped[DROPPED_SOURCES],
      .unknown_payload = tally.dropped[DROPPED_PAYLOAD],
      .unsendable = tally.dropped[DROPPED_UNSENDABLE],
  };
  for (int n = 0; n < MOST_LINES; n++) {
    const struct line_tally *line = &tally.lines[n];
    out->sent.packets += line->packets;
    out->sent.octets += line->octets;
    if (line->packets) {
      out->sent.first_s = earlier(out->sent.first_s, line->first_s);
      out->sent.last_s = fmax(out->sent.last_s, line->last_s);
    }
    if (!line->has_report) continue;
    if (n == 0) {
      out->sent.reported_s = line->report_s;
      out->sent.acknowledged = line->report.highest_sequence;
    }
    if (line->report.lost > 0) out->sent.lost += (uint64_t)line->report.lost;
    out->sent.loss_fraction = fmax(out->sent.loss_fraction, line->report.fraction_lost);
    out->sent.jitter_ms = fmax(out->sent.jitter_ms, line->report.jitter_ticks / 48.0);
  }
}
