// Datagrams that came: media to its flow, checks to their agent, the rest to Python or nowhere.
#include <string.h>

#include "bytes.h"
#include "worker.h"

static const double MOVED_EVERY_S = 0.25;  // one check of the new address at a time
enum { ROUNDS_OF_A_SOCKET = 8, USERS_OF_ONE_LEG = 2 };

static void stranger(struct worker *worker) {
  atomic_fetch_add_explicit(&worker->strangers, 1, memory_order_relaxed);
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

// `flow`: that media from `from` belongs to; NULL: there is none.
static void take(struct worker *worker, struct endpoint *endpoint, const struct address *from, struct flow *flow,
                 uint8_t *data, size_t bytes, double now_s) {
  if (!is_rtp_or_rtcp(data, bytes)) {
    if (bytes) control(worker, endpoint, from, data, bytes, now_s);
    return;
  }
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
    worker_lead_to(worker, &endpoint->by_ssrc, &ssrc, sizeof ssrc, flow);
}

void worker_datagram(struct worker *worker, struct endpoint *endpoint, const struct address *from, uint8_t *data,
                     size_t bytes, double now_s) {
  take(worker, endpoint, from, worker_sender(worker, endpoint, from), data, bytes, now_s);
}

// ---- in batches -----------------------------------------------------------------------------------------------------

void worker_take_arrivals(struct worker *worker) {
  int count = worker->arrived;
  if (!count) return;
  double now_s = monotonic_s();
  worker->arrived = 0;
  // What Python asked for before these packets were sent is done before they are looked at.
  worker_run_commands(worker, now_s);
  struct arrival *arrivals = worker->arrivals;
  for (int n = 0; n < count; n++) {
    struct arrival *arrival = &arrivals[n];
    arrival->usable = arrival->endpoint->fd >= 0 && !(worker->messages[n].msg_hdr.msg_flags & MSG_TRUNC) &&
                      address_of_socket(&worker->from[n], &arrival->from);
    arrival->flow = arrival->usable ? worker_sender(worker, arrival->endpoint, &arrival->from) : NULL;
    if (arrival->flow) flow_fetch(arrival->flow);
  }
  uint64_t leads = worker->leads;
  for (int n = 0; n < count; n++) {
    struct arrival *arrival = &arrivals[n];
    // What the next packets need is asked for while this one is worked on.
    if (n + 3 < count && arrivals[n + 3].flow) flow_fetch_listener(arrivals[n + 3].flow);
    if (n + 1 < count && arrivals[n + 1].flow) flow_fetch_sender(arrivals[n + 1].flow);
    if (!arrival->usable) continue;
    if (leads == worker->leads)
      take(worker, arrival->endpoint, &arrival->from, arrival->flow, worker->received[n], worker->messages[n].msg_len,
           now_s);
    else
      worker_datagram(worker, arrival->endpoint, &arrival->from, worker->received[n], worker->messages[n].msg_len,
                      now_s);
  }
}

// A socket of one leg has one packet at a time: recvfrom is cheaper for that, and epoll tells of the next.
static void receive_one(struct worker *worker, struct endpoint *endpoint) {
  int n = worker->arrived;
  union socket_address *socket = &worker->from[n];
  socklen_t size = sizeof *socket;
  ssize_t bytes =
      recvfrom(endpoint->fd, worker->received[n], DATAGRAM_BYTES, MSG_DONTWAIT | MSG_TRUNC, &socket->any, &size);
  if (bytes < 0) return;
  worker->messages[n].msg_len = (unsigned)bytes;
  worker->messages[n].msg_hdr.msg_flags = bytes > DATAGRAM_BYTES ? MSG_TRUNC : 0;
  worker->arrivals[n].endpoint = endpoint;
  if (++worker->arrived == RECEIVED_AT_ONCE) worker_take_arrivals(worker);
}

void worker_receive(struct worker *worker, struct endpoint *endpoint) {
  if (endpoint->fd >= 0 && endpoint->users <= USERS_OF_ONE_LEG) {
    receive_one(worker, endpoint);
    return;
  }
  for (int round = 0; round < ROUNDS_OF_A_SOCKET && endpoint->fd >= 0; round++) {
    int first = worker->arrived, room = RECEIVED_AT_ONCE - first;
    for (int n = first; n < RECEIVED_AT_ONCE; n++) {
      worker->messages[n].msg_hdr.msg_namelen = sizeof worker->from[n];
      worker->arrivals[n].endpoint = endpoint;
    }
    int count = recvmmsg(endpoint->fd, worker->messages + first, (unsigned)room, MSG_DONTWAIT, NULL);
    if (count <= 0) return;
    worker->arrived += count;
    if (count < room) return;
    worker_take_arrivals(worker);
  }
}
