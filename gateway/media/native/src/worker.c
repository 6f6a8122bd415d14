#include "worker.h"

#include <errno.h>
#include <math.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"

static const double CATCH_UP_S = 0.2;  // a longer stall of the process is not made up for: the frames are left out
static const double FASTEST_TICK_S = FRAME_S / 2;
static const double REPORT_TURN_S = 0.1;  // a flow has one of REPORT_TURNS: once each second
static const double REPORT_IDLE_S = 4.5;  // so: each five seconds
static const double MOVED_EVERY_S = 0.25;  // one check of the new address at a time
enum { MEDIA_NICENESS = -10 };  // of this thread alone (Linux)
enum { EVENTS_AT_ONCE = 256, ROUNDS_OF_A_SOCKET = 8, HANDOVER_BYTES = 1 << 20, LONGEST_WAIT_MS = 500,
       USERS_OF_ONE_LEG = 2 };

double monotonic_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct flow *flow_of(const struct worker *worker, uint64_t id) {
  return table_get(&worker->flows, &id, sizeof id);
}

// ---- sending --------------------------------------------------------------------------------------------------------

void worker_send(struct worker *worker, struct endpoint *endpoint, const struct address *to, size_t bytes) {
  if (endpoint->fd >= 0) outbox_add(&worker->outbox, endpoint->fd, to, bytes);
}

// ---- between workers ------------------------------------------------------------------------------------------------

struct handover {
  uint64_t listener, source;  // flow ids
  double now_s, loss;
  uint32_t bytes, ssrc, ticks;
  uint16_t sequence;
  uint8_t line;
  bool is_packet, marker;
};

static void hand_over(struct worker *worker, struct worker *to, const struct handover *head, const uint8_t *payload) {
  // A full ring means that the other thread has stalled for long: what waits there is late already.
  if (ring_put(&to->inbound[worker->number], head, sizeof *head, payload, head->bytes))
    worker->handed_to[to->number] = true;
}

static void wake(struct worker *worker) {
  uint64_t one = 1;
  if (!atomic_exchange(&worker->wake_signalled, true) && write(worker->wake_fd, &one, sizeof one) < 0)
    atomic_store(&worker->wake_signalled, false);
}

static void wake_others(struct worker *worker) {
  for (int n = 0; n < worker->worker_count; n++)
    if (worker->handed_to[n]) {
      worker->handed_to[n] = false;
      wake(&worker->all[n]);
    }
}

static struct line *line_of(const struct worker *worker, uint64_t flow_id, uint8_t number) {
  struct flow *flow = flow_of(worker, flow_id);
  return flow && number < flow->line_count ? &flow->lines[number] : NULL;
}

static void forward_here(struct line *line, uint64_t source, const struct rtp *packet, double now_s) {
  if (line && line->source == HEARS_FLOW && line->source_flow == source) line_forward(line, packet, now_s);
}

void worker_forward(struct worker *worker, const struct flow *source, const struct listener *listener,
                    const struct rtp *packet, double now_s) {
  if (listener->worker == worker) {
    forward_here(listener->here, source->id, packet, now_s);
    return;
  }
  struct handover head = {.listener = listener->flow, .source = source->id, .now_s = now_s,
                          .bytes = (uint32_t)packet->payload_bytes, .ssrc = packet->ssrc, .ticks = packet->ticks,
                          .sequence = packet->sequence, .line = listener->line, .is_packet = true,
                          .marker = packet->marker};
  hand_over(worker, listener->worker, &head, packet->payload);
}

void worker_tell_loss(struct worker *worker, const struct line *line, double loss, double now_s) {
  if (line->source_worker == worker) {
    struct flow *source = flow_of(worker, line->source_flow);
    if (source) flow_heard_with_loss(source, line->flow->id, line->number, loss, now_s);
    return;
  }
  struct handover head = {.listener = line->flow->id, .source = line->source_flow, .now_s = now_s, .loss = loss,
                          .line = line->number};
  hand_over(worker, line->source_worker, &head, NULL);
}

static void take_handovers(struct worker *worker) {
  if (!worker->inbound) return;
  for (int n = 0; n < worker->worker_count; n++) {
    struct handover head;
    uint8_t payload[DATAGRAM_BYTES];
    while (ring_peek(&worker->inbound[n], &head, sizeof head)) {
      ring_take(&worker->inbound[n], &head, sizeof head);
      if (head.bytes) ring_take(&worker->inbound[n], payload, head.bytes);
      if (head.is_packet) {
        struct rtp packet = {.marker = head.marker, .sequence = head.sequence, .ticks = head.ticks, .ssrc = head.ssrc,
                             .payload = payload, .payload_bytes = head.bytes, .level_dbov = NO_LEVEL};
        forward_here(line_of(worker, head.listener, head.line), head.source, &packet, head.now_s);
      } else {
        struct flow *source = flow_of(worker, head.source);
        if (source) flow_heard_with_loss(source, head.listener, head.line, head.loss, head.now_s);
      }
    }
  }
}

// ---- pace -----------------------------------------------------------------------------------------------------------

static void unpace(struct worker *worker, struct line *line) {
  if (line->slot < 0) return;
  if (line->previous)
    line->previous->next = line->next;
  else
    worker->slots[line->slot] = line->next;
  if (line->next) line->next->previous = line->previous;
  worker->slot_counts[line->slot]--;
  worker->gauges.paced--;
  line->slot = -1;
}

static void pace(struct worker *worker, struct line *line, double now_s) {
  if (!line_is_paced(line)) {
    unpace(worker, line);
    return;
  }
  if (line->slot >= 0) return;
  int slot = 0;
  for (int n = 1; n < PACE_SLOTS; n++)
    if (worker->slot_counts[n] < worker->slot_counts[slot]) slot = n;
  if (worker->slot_counts[slot]++ == 0) {
    // Each slot keeps its place within the 20 ms, or they would drift together.
    double phase = slot * FRAME_S / PACE_SLOTS;
    worker->slot_due_s[slot] = worker->slot_wake_s[slot] = (floor((now_s - phase) / FRAME_S) + 1) * FRAME_S + phase;
  }
  worker->gauges.paced++;
  line->slot = slot;
  line->previous = NULL;
  line->next = worker->slots[slot];
  if (line->next) line->next->previous = line;
  worker->slots[slot] = line;
}

// Deadlines are absolute, so being late does not add up. After a stall ticks come twice as fast until they are on time
// again; a stall that is too long for that leaves frames out, and the clocks say so.
static void tick_slot(struct worker *worker, int slot, double now_s) {
  uint32_t frames = 1;
  double *due_s = &worker->slot_due_s[slot];
  if (now_s - *due_s > CATCH_UP_S) {
    uint32_t left_out = (uint32_t)((now_s - *due_s) / FRAME_S);
    frames += left_out;
    *due_s += left_out * FRAME_S;
  }
  *due_s += FRAME_S;
  worker->slot_wake_s[slot] = fmax(*due_s, now_s + FASTEST_TICK_S);
  for (struct line *line = worker->slots[slot], *next; line; line = next) {
    next = line->next;
    uint32_t number = line->hear_number;
    if (!line_tick(line, frames, now_s)) continue;
    line_hear(line, HEARS_NOTHING, 0, NULL, NULL, number);
    pace(worker, line, now_s);
    news_tell(&worker->news, NEWS_PROMPT_ENDED, line->flow->id, line->number, number);
  }
}

static void report_turn(struct worker *worker, double now_s) {
  worker->turn_due_s = fmax(worker->turn_due_s + REPORT_TURN_S, now_s);
  worker->turn = (worker->turn + 1) % REPORT_TURNS;
  for (struct flow *flow = worker->turns[worker->turn]; flow; flow = flow->next) {
    if (flow_in_call(flow) || now_s - flow->rtcp_sent_s > REPORT_IDLE_S) flow_send_reports(flow, now_s, false);
    if (flow->agent) agent_tick(flow->agent, now_s);
  }
}

static bool has_flows(const struct worker *worker) { return worker->flows.entry_count > 0; }

void worker_timers(struct worker *worker, double now_s) {
  for (int n = 0; n < PACE_SLOTS; n++)
    if (worker->slot_counts[n] && worker->slot_wake_s[n] <= now_s) tick_slot(worker, n, now_s);
  if (has_flows(worker) && worker->turn_due_s <= now_s) report_turn(worker, now_s);
}

static int wait_ms(const struct worker *worker, double now_s) {
  double due_s = now_s + LONGEST_WAIT_MS * 1e-3;
  for (int n = 0; n < PACE_SLOTS; n++)
    if (worker->slot_counts[n]) due_s = fmin(due_s, worker->slot_wake_s[n]);
  if (has_flows(worker)) due_s = fmin(due_s, worker->turn_due_s);
  due_s = fmin(due_s, news_due_s(&worker->news));
  return due_s <= now_s ? 0 : (int)ceil((due_s - now_s) * 1e3);
}

// ---- receiving ------------------------------------------------------------------------------------------------------

// Memory is what a packet waits for: a thousand calls are larger than the caches. What the next packets need is asked
// for while this one is worked on.
static void fetch_flow(const struct flow *flow) {
  for (size_t at = 0; at < sizeof *flow; at += 64) __builtin_prefetch((const char *)flow + at);
}

static void lead_to(struct worker *worker, struct table *table, const void *key, size_t bytes, void *value) {
  size_t before = table->entry_count;
  table_put(table, key, bytes, value);
  worker->gauges.keys += (int)(table->entry_count - before);
}

static void lead_nowhere(struct worker *worker, struct table *table, const void *value) {
  size_t before = table->entry_count;
  table_forget(table, value);
  worker->gauges.keys -= (int)(before - table->entry_count);
}

void worker_learn(struct worker *worker, struct agent *agent, const struct address *address) {
  agent->endpoint->recent = NULL;
  lead_to(worker, &agent->endpoint->by_checked, address, sizeof *address, agent);
  if (agent->flow) lead_to(worker, &agent->endpoint->by_address, address, sizeof *address, agent->flow);
}

static void lead_from(struct worker *worker, struct table *table, const struct address *address, const void *value) {
  if (table_get(table, address, sizeof *address) != value) return;  // somebody else was checked there since
  table_drop(table, address, sizeof *address);
  worker->gauges.keys--;
}

void worker_unlearn(struct worker *worker, struct agent *agent, const struct address *address) {
  agent->endpoint->recent = NULL;
  lead_from(worker, &agent->endpoint->by_checked, address, agent);
  if (agent->flow) lead_from(worker, &agent->endpoint->by_address, address, agent->flow);
}

static void stranger(struct worker *worker) {
  atomic_fetch_add_explicit(&worker->strangers, 1, memory_order_relaxed);
}

void worker_asked(struct worker *worker, struct agent *agent, bool asked) {
  struct table *table = &agent->endpoint->by_question;
  const uint8_t *transaction = agent->question.transaction;
  if (asked) {
    lead_to(worker, table, transaction, STUN_TRANSACTION_BYTES, agent);
  } else if (table_get(table, transaction, STUN_TRANSACTION_BYTES) == agent) {
    table_drop(table, transaction, STUN_TRANSACTION_BYTES);
    worker->gauges.keys--;
  }
}

// Whom a STUN message may be for: a check names us, an answer has the question's number.
static struct agent *meant(const struct endpoint *endpoint, const struct stun *message) {
  if (message->type != STUN_REQUEST)
    return table_get(&endpoint->by_question, message->transaction, STUN_TRANSACTION_BYTES);
  const uint8_t *colon = message->username ? memchr(message->username, ':', message->username_bytes) : NULL;
  size_t bytes = colon ? (size_t)(colon - message->username) : 0;
  return bytes && bytes <= KEPT_UFRAG_BYTES ? table_get(&endpoint->by_ufrag, message->username, bytes) : NULL;
}

static void control(struct worker *worker, struct endpoint *endpoint, const struct address *from, const uint8_t *data,
                    size_t bytes, double now_s) {
  if (endpoint->by_ufrag.entry_count && is_stun(data, bytes)) {
    struct stun message;
    struct agent *agent = stun_read(data, bytes, &message) ? meant(endpoint, &message) : NULL;
    if (agent && agent_receive(agent, data, &message, from, now_s)) return;
  }
  bool dtls = data[0] >= 20 && data[0] <= 63;  // RFC 7983 §7
  if (!endpoint->only_ours || (dtls && table_get(&endpoint->by_checked, from, sizeof *from)))
    news_control(&worker->news, endpoint->id, from, data, bytes, true);
  else
    stranger(worker);
}

// Authentic media of a flow from a new address is heard, and told: the leg will check that path.
static bool from_elsewhere(struct worker *worker, struct endpoint *endpoint, const struct address *from, uint8_t *data,
                           size_t bytes, double now_s) {
  size_t at = is_rtcp(data) ? 4 : 8;
  if (bytes < at + 4) return false;
  uint32_t ssrc = get32(data + at);
  struct flow *flow = table_get(&endpoint->by_ssrc, &ssrc, sizeof ssrc);
  if (!flow || !flow_receive(flow, data, bytes, now_s)) return false;
  if (now_s - flow->moved_s > MOVED_EVERY_S) {
    flow->moved_s = now_s;
    news_tell_address(&worker->news, NEWS_MOVED, flow->id, 0, from);
    if (flow->agent) agent_probe(flow->agent, from);
  }
  return true;
}

static struct flow *sender_of(struct endpoint *endpoint, const struct address *from) {
  if (endpoint->recent && address_equal(&endpoint->recent_address, from)) return endpoint->recent;
  endpoint->recent = table_get(&endpoint->by_address, from, sizeof *from);
  endpoint->recent_address = *from;
  return endpoint->recent;
}

void worker_datagram(struct worker *worker, struct endpoint *endpoint, const struct address *from, uint8_t *data,
                     size_t bytes, double now_s) {
  if (!is_rtp_or_rtcp(data, bytes)) {
    if (bytes) control(worker, endpoint, from, data, bytes, now_s);
    return;
  }
  struct flow *flow = sender_of(endpoint, from);
  if (!flow) {
    if (from_elsewhere(worker, endpoint, from, data, bytes, now_s)) return;
    if (endpoint->only_ours)
      stranger(worker);
    else
      news_control(&worker->news, endpoint->id, from, data, bytes, false);
    return;
  }
  uint32_t ssrc;
  if (!flow_receive(flow, data, bytes, now_s) || !flow_in_ssrc(flow, &ssrc)) return;
  if (flow->found_by_ssrc && flow->found_ssrc == ssrc) return;
  flow->found_by_ssrc = true;
  flow->found_ssrc = ssrc;
  if (!table_get(&endpoint->by_ssrc, &ssrc, sizeof ssrc))
    lead_to(worker, &endpoint->by_ssrc, &ssrc, sizeof ssrc, flow);
}

// A socket of one leg has one packet at a time: recvfrom is cheaper for that, and epoll tells of the next.
static void receive_one(struct worker *worker, struct endpoint *endpoint) {
  union socket_address *socket = &worker->from[0];
  socklen_t size = sizeof *socket;
  ssize_t bytes = recvfrom(endpoint->fd, worker->received[0], DATAGRAM_BYTES, MSG_DONTWAIT | MSG_TRUNC, &socket->any, &size);
  if (bytes < 0) return;
  double now_s = monotonic_s();
  worker_run_commands(worker, now_s);
  struct address from;
  if (endpoint->fd >= 0 && bytes <= DATAGRAM_BYTES && address_of_socket(socket, &from))
    worker_datagram(worker, endpoint, &from, worker->received[0], (size_t)bytes, now_s);
}

static void receive(struct worker *worker, struct endpoint *endpoint) {
  if (endpoint->fd >= 0 && endpoint->users <= USERS_OF_ONE_LEG) {
    receive_one(worker, endpoint);
    return;
  }
  for (int round = 0; round < ROUNDS_OF_A_SOCKET && endpoint->fd >= 0; round++) {
    for (int n = 0; n < RECEIVED_AT_ONCE; n++) worker->messages[n].msg_hdr.msg_namelen = sizeof worker->from[n];
    int count = recvmmsg(endpoint->fd, worker->messages, RECEIVED_AT_ONCE, MSG_DONTWAIT, NULL);
    if (count <= 0) return;
    double now_s = monotonic_s();
    // What Python asked for before these packets were sent is done before they are looked at.
    worker_run_commands(worker, now_s);
    if (endpoint->fd < 0) return;
    struct address from[RECEIVED_AT_ONCE];
    bool usable[RECEIVED_AT_ONCE];
    for (int n = 0; n < count; n++) {
      usable[n] = address_of_socket(&worker->from[n], &from[n]) && !(worker->messages[n].msg_hdr.msg_flags & MSG_TRUNC);
      const struct flow *flow = usable[n] ? table_get(&endpoint->by_address, &from[n], sizeof from[n]) : NULL;
      if (flow) fetch_flow(flow);
    }
    for (int n = 0; n < count; n++)
      if (usable[n])
        worker_datagram(worker, endpoint, &from[n], worker->received[n], worker->messages[n].msg_len, now_s);
    if (count < RECEIVED_AT_ONCE) return;
  }
}

// ---- commands -------------------------------------------------------------------------------------------------------

void worker_command(struct worker *worker, struct command *command) {
  command->next = atomic_load(&worker->commands);
  while (!atomic_compare_exchange_weak(&worker->commands, &command->next, command)) continue;
  wake(worker);
}

static void expect(struct worker *worker, const struct address *address, struct flow *flow) {
  flow->endpoint->recent = NULL;
  lead_to(worker, &flow->endpoint->by_address, address, sizeof *address, flow);
}

static void add_flow(struct worker *worker, struct flow *flow, double now_s) {
  if (!has_flows(worker)) worker->turn_due_s = now_s;
  table_put(&worker->flows, &flow->id, sizeof flow->id, flow);
  struct flow **turn = &worker->turns[flow->id % REPORT_TURNS];
  flow->previous = NULL;
  flow->next = *turn;
  if (flow->next) flow->next->previous = flow;
  *turn = flow;
  flow->endpoint->users++;
  expect(worker, &flow->remote, flow);
  worker->gauges.flows++;
}

static void bury_endpoint(struct worker *worker, struct endpoint *endpoint) {
  if (endpoint->fd >= 0 || endpoint->users > 0) return;
  endpoint->next_dead = worker->dead;
  worker->dead = endpoint;
}

static void remove_flow(struct worker *worker, struct flow *flow, double now_s) {
  for (int n = 0; n < flow->line_count; n++)
    if (flow->tally.lines[n].packets) {
      flow_send_reports(flow, now_s, true);
      break;
    }
  for (int n = 0; n < flow->line_count; n++) {
    struct line *line = &flow->lines[n];
    unpace(worker, line);
    struct flow *source = line->source == HEARS_FLOW ? flow_of(worker, line->source_flow) : NULL;
    if (source) flow_unlisten(source, flow->id, line->number);
  }
  if (flow->previous)
    flow->previous->next = flow->next;
  else
    worker->turns[flow->id % REPORT_TURNS] = flow->next;
  if (flow->next) flow->next->previous = flow->previous;
  struct endpoint *endpoint = flow->endpoint;
  if (flow->agent) flow->agent->flow = NULL;
  table_forget(&worker->flows, flow);
  endpoint->recent = NULL;
  lead_nowhere(worker, &endpoint->by_address, flow);
  lead_nowhere(worker, &endpoint->by_ssrc, flow);
  worker->gauges.flows--;
  endpoint->users--;
  flow_free(flow);
  bury_endpoint(worker, endpoint);
}

static void add_endpoint(struct worker *worker, struct endpoint *endpoint) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = endpoint};
  epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, endpoint->fd, &event);
  worker->gauges.endpoints++;
}

static void close_endpoint(struct worker *worker, struct endpoint *endpoint) {
  outbox_flush(&worker->outbox);  // goodbyes
  close(endpoint->fd);            // epoll forgets it with this
  endpoint->fd = -1;
  bury_endpoint(worker, endpoint);
}

// ---- agents ---------------------------------------------------------------------------------------------------------

static void add_agent(struct worker *worker, struct agent *agent) {
  agent->next = worker->agents;
  if (agent->next) agent->next->previous = agent;
  worker->agents = agent;
  worker->gauges.agents++;
  agent->endpoint->users++;
  if (agent->lite) agent->endpoint->only_ours = true;
  lead_to(worker, &agent->endpoint->by_ufrag, agent->ufrag, agent->ufrag_bytes, agent);
}

// The agent keeps this flow's path from now on. `path`: where a full agent was nominated; a lite one knows.
static void carry(struct worker *worker, struct agent *agent, struct flow *flow, const struct address *path,
                  double now_s) {
  agent->flow = flow;
  flow->agent = agent;
  if (!agent->lite) {
    agent->path = *path;
    agent->has_path = true;
    agent->heard_s = agent->ask_s = now_s;
  }
  if (agent->has_path) flow->remote = agent->path;
  for (int n = 0; n < agent->path_count; n++) expect(worker, &agent->paths[n], flow);
}

static void remove_agent(struct worker *worker, struct agent *agent) {
  if (agent->previous)
    agent->previous->next = agent->next;
  else
    worker->agents = agent->next;
  if (agent->next) agent->next->previous = agent->previous;
  if (agent->flow) agent->flow->agent = NULL;
  struct endpoint *endpoint = agent->endpoint;
  lead_nowhere(worker, &endpoint->by_ufrag, agent);
  lead_nowhere(worker, &endpoint->by_question, agent);
  lead_nowhere(worker, &endpoint->by_checked, agent);
  worker->gauges.agents--;
  endpoint->users--;
  OPENSSL_cleanse(agent, sizeof *agent);
  free(agent);
  bury_endpoint(worker, endpoint);
}

static void run(struct worker *worker, struct command *command, double now_s) {
  struct flow *flow = command->flow;
  switch (command->kind) {
    case COMMAND_ADD_ENDPOINT: add_endpoint(worker, command->endpoint); break;
    case COMMAND_CLOSE_ENDPOINT: close_endpoint(worker, command->endpoint); break;
    case COMMAND_ADD_FLOW: add_flow(worker, flow, now_s); break;
    case COMMAND_REMOVE_FLOW: remove_flow(worker, flow, now_s); break;
    case COMMAND_SET_REMOTE:
      flow->remote = command->address;
      expect(worker, &command->address, flow);
      break;
    case COMMAND_EXPECT: expect(worker, &command->address, flow); break;
    case COMMAND_OPEN_GATE:
      flow->gate_open = true;
      for (int n = 0; n < flow->line_count; n++) pace(worker, &flow->lines[n], now_s);
      break;
    case COMMAND_HEAR:
      line_hear(&flow->lines[command->line], command->source, command->other, command->other_worker, command->prompt,
                command->number);
      pace(worker, &flow->lines[command->line], now_s);
      break;
    case COMMAND_LISTEN:
      flow_listen(flow, command->other_worker,
                  command->other_worker == worker ? line_of(worker, command->other, command->line) : NULL,
                  command->other, command->line);
      break;
    case COMMAND_UNLISTEN: flow_unlisten(flow, command->other, command->line); break;
    case COMMAND_TAP: flow->tapped = command->on; break;
    case COMMAND_ADD_AGENT: add_agent(worker, command->agent); break;
    case COMMAND_NAME_PEER: agent_name_peer(command->agent, command->ufrag, command->pwd); break;
    case COMMAND_CARRY: carry(worker, command->agent, flow, &command->address, now_s); break;
    case COMMAND_REMOVE_AGENT: remove_agent(worker, command->agent); break;
    case COMMAND_STOP: worker->stopping = true; break;
  }
}

void command_free(struct command *command) {
  prompt_release(command->prompt);
  free(command->ufrag);
  if (command->pwd) OPENSSL_cleanse(command->pwd, strlen(command->pwd));
  free(command->pwd);
  free(command);
}

void worker_run_commands(struct worker *worker, double now_s) {
  if (!atomic_load_explicit(&worker->commands, memory_order_acquire)) return;
  struct command *latest = atomic_exchange(&worker->commands, NULL), *first = NULL;
  while (latest) {  // the stack has the latest on top
    struct command *next = latest->next;
    latest->next = first;
    first = latest;
    latest = next;
  }
  while (first) {
    struct command *next = first->next;
    run(worker, first, now_s);
    command_free(first);
    first = next;
  }
}

// ---- the thread -----------------------------------------------------------------------------------------------------

static void free_endpoint(struct endpoint *endpoint) {
  table_close(&endpoint->by_address);
  table_close(&endpoint->by_ssrc);
  table_close(&endpoint->by_ufrag);
  table_close(&endpoint->by_question);
  table_close(&endpoint->by_checked);
  free(endpoint);
}

void worker_bury(struct worker *worker) {
  while (worker->dead) {
    struct endpoint *endpoint = worker->dead;
    worker->dead = endpoint->next_dead;
    worker->gauges.endpoints--;
    free_endpoint(endpoint);
  }
}

static void *live(void *argument) {
  struct worker *worker = argument;
  // Sound waits for nobody: neither for the loop while calls are set up nor for other programs. Not allowed, not done.
  setpriority(PRIO_PROCESS, 0, MEDIA_NICENESS);
  double now_s = monotonic_s();
  while (!worker->stopping) {
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(worker->epoll_fd, events, EVENTS_AT_ONCE, wait_ms(worker, now_s));
    for (int n = 0; n < count; n++) {
      uint64_t wakes;
      if (n + 2 < count && events[n + 2].data.ptr) __builtin_prefetch(events[n + 2].data.ptr);
      struct endpoint *next = n + 1 < count ? events[n + 1].data.ptr : NULL;
      if (next && next->recent) fetch_flow(next->recent);
      if (events[n].data.ptr) {
        receive(worker, events[n].data.ptr);
      } else if (read(worker->wake_fd, &wakes, sizeof wakes) > 0) {
        atomic_store(&worker->wake_signalled, false);  // before looking: what comes later wakes again
      }
    }
    now_s = monotonic_s();
    worker_run_commands(worker, now_s);
    take_handovers(worker);
    worker_timers(worker, now_s);
    outbox_flush(&worker->outbox);
    wake_others(worker);
    news_flush(&worker->news, now_s);
    worker_bury(worker);
  }
  return NULL;
}

bool worker_open(struct worker *worker, struct worker *all, int number, int count, int news_fd) {
  worker->number = number;
  worker->worker_count = count;
  worker->all = all;
  worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  outbox_open(&worker->outbox);
  for (int n = 0; n < RECEIVED_AT_ONCE; n++) {
    worker->vectors[n] = (struct iovec){worker->received[n], DATAGRAM_BYTES};
    worker->messages[n].msg_hdr =
        (struct msghdr){.msg_name = &worker->from[n], .msg_iov = &worker->vectors[n], .msg_iovlen = 1};
  }
  struct epoll_event event = {.events = EPOLLIN};
  if (!news_open(&worker->news, news_fd) || worker->epoll_fd < 0 || worker->wake_fd < 0 ||
      epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->wake_fd, &event) < 0)
    return false;
  if (count == 1) return true;
  worker->inbound = calloc((size_t)count, sizeof *worker->inbound);
  if (!worker->inbound) return false;
  for (int n = 0; n < count; n++)
    if (n != number && !ring_open(&worker->inbound[n], HANDOVER_BYTES)) return false;
  return true;
}

bool worker_start(struct worker *worker) {
  sigset_t all, before;  // signals are for Python's main thread
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = pthread_create(&worker->thread, NULL, live, worker) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

void worker_close(struct worker *worker) {
  worker_run_commands(worker, monotonic_s());
  outbox_flush(&worker->outbox);
  worker_bury(worker);
  for (int n = 0; worker->inbound && n < worker->worker_count; n++) ring_close(&worker->inbound[n]);
  free(worker->inbound);
  table_close(&worker->flows);
  news_close(&worker->news);
  if (worker->epoll_fd >= 0) close(worker->epoll_fd);
  if (worker->wake_fd >= 0) close(worker->wake_fd);
}
