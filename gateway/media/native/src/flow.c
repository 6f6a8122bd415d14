#include "flow.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "worker.h"

static const double REPORT_HOLDS_S = 5;     // browsers report every two seconds or so
static const double KEY_ENDS_LOST_S = 0.5;
static const double LONG_AGO_S = -1e9;

// ---- the tally ------------------------------------------------------------------------------------------------------

void flow_tally(struct flow *flow, struct tally *out) {
  for (;;) {
    uint32_t before = atomic_load_explicit(&flow->version, memory_order_acquire);
    memcpy(out, &flow->tally, sizeof *out);
    atomic_thread_fence(memory_order_acquire);
    if (!(before & 1) && before == atomic_load_explicit(&flow->version, memory_order_relaxed)) return;
    sched_yield();
  }
}

void flow_drop(struct flow *flow, enum drop_cause cause) {
  flow_write(flow);
  flow->tally.dropped[cause]++;
  flow_written(flow);
  count_one(&flow->worker->totals.dropped[cause]);
}

static void refuse(struct flow *flow, int refusal) {
  switch (refusal) {
    case SRTP_REPLAY: flow_drop(flow, DROPPED_REPLAY); break;
    case SRTP_AUTHENTICATION: flow_drop(flow, DROPPED_AUTHENTICATION); break;
    case SRTP_TOO_MANY_SOURCES: flow_drop(flow, DROPPED_SOURCES); break;
    default: flow_drop(flow, DROPPED_MALFORMED);
  }
}

// ---- a flow's life --------------------------------------------------------------------------------------------------

struct flow *flow_new(uint64_t id, int profile, const uint8_t *rx, const uint8_t *tx, size_t key_bytes,
                      const uint32_t *ssrcs, int line_count) {
  if (line_count < 1 || line_count > MOST_LINES) return NULL;
  struct flow *flow = aligned_alloc(_Alignof(struct flow), sizeof *flow);
  if (!flow) return NULL;
  memset(flow, 0, sizeof *flow);
  flow->id = id;
  flow->line_count = (uint8_t)line_count;
  flow->telephone_event = NO_PAYLOAD_TYPE;
  flow->key_s = flow->rtcp_sent_s = flow->moved_s = LONG_AGO_S;
  struct tally *tally = &flow->tally;
  tally->first_s = tally->last_s = tally->round_trip_s = -1;
  tally->level_dbov = NO_LEVEL;
  for (uint8_t n = 0; n < line_count; n++) {
    struct line *line = &flow->lines[n];
    uint8_t random[6] = {0};
    uint16_t sequence;
    uint32_t ticks;
    if (getrandom(random, sizeof random, 0) != sizeof random) {
      flow_free(flow);
      return NULL;
    }
    memcpy(&sequence, random, sizeof sequence);
    memcpy(&ticks, random + sizeof sequence, sizeof ticks);
    *line = (struct line){.flow = flow, .number = n, .ssrc = ssrcs[n], .slot = -1};
    splice_begin(&line->splicer, sequence, ticks);
    tally->lines[n].first_s = tally->lines[n].last_s = -1;
  }
  if (srtp_open(&flow->rx, profile, rx, key_bytes) && srtp_open(&flow->tx, profile, tx, key_bytes)) return flow;
  flow_free(flow);
  return NULL;
}

void flow_free(struct flow *flow) {
  for (struct listener *listener = flow->listeners, *next; listener; listener = next) {
    next = listener->next;
    free(listener);
  }
  for (int n = 0; n < flow->line_count; n++) prompt_release(flow->lines[n].prompt);
  srtp_close(&flow->rx);
  srtp_close(&flow->tx);
  free(flow->tape);
  free(flow->played);
  free(flow);
}

// Memory is what a packet waits for: a thousand calls are larger than the caches.
static void fetch(const void *from, size_t bytes) {
  for (size_t at = 0; at < bytes; at += CACHE_LINE_BYTES) __builtin_prefetch((const char *)from + at);
}

void flow_fetch(const struct flow *flow) {
  fetch(flow, 2 * CACHE_LINE_BYTES);
  fetch(&flow->rx, 3 * CACHE_LINE_BYTES);
  fetch(&flow->tally, 3 * CACHE_LINE_BYTES);
}

void flow_fetch_listener(const struct flow *flow) {
  srtp_fetch(&flow->rx);
  const struct line *line = flow->listeners ? flow->listeners->here : NULL;
  if (!line) return;
  fetch(line, 2 * CACHE_LINE_BYTES);
  const struct flow *hearing = flow->listeners->to;
  fetch(hearing, 2 * CACHE_LINE_BYTES);
  fetch(&hearing->tx, 3 * CACHE_LINE_BYTES);
  fetch(&hearing->tally.lines[flow->listeners->line], 2 * CACHE_LINE_BYTES);
}

void flow_fetch_sender(const struct flow *flow) {
  if (flow->listeners && flow->listeners->to) srtp_fetch(&flow->listeners->to->tx);
}

bool flow_in_ssrc(const struct flow *flow, uint32_t *ssrc) {
  *ssrc = flow->tally.statistics.ssrc;
  return flow->tally.statistics.begun;
}

bool flow_in_call(const struct flow *flow) {
  if (flow->listeners || flow->continuous) return true;
  for (int n = 0; n < flow->line_count; n++)
    if (flow->lines[n].source != HEARS_NOTHING) return true;
  return false;
}

// ---- who hears it ---------------------------------------------------------------------------------------------------

void flow_listen(struct flow *flow, struct worker *worker, struct line *here, uint64_t listener, uint8_t line) {
  struct listener *added = calloc(1, sizeof *added);
  if (!added) return;
  *added = (struct listener){.worker = worker, .here = here, .to = here ? here->flow : NULL, .flow = listener, .line = line, .loss_s = LONG_AGO_S};
  struct listener **at = &flow->listeners;
  while (*at) at = &(*at)->next;
  *at = added;
}

void flow_unlisten(struct flow *flow, uint64_t listener, uint8_t line) {
  for (struct listener **at = &flow->listeners; *at; at = &(*at)->next)
    if ((*at)->flow == listener && (*at)->line == line) {
      struct listener *gone = *at;
      *at = gone->next;
      free(gone);
      return;
    }
}

void flow_heard_with_loss(struct flow *flow, uint64_t listener, uint8_t line, double loss, double now_s) {
  for (struct listener *one = flow->listeners; one; one = one->next)
    if (one->flow == listener && one->line == line) one->loss = loss, one->loss_s = now_s;
}

// The worst loss that somebody who hears this flow has reported lately.
static double downlink_loss(const struct flow *flow, double now_s) {
  double worst = 0;
  for (const struct listener *one = flow->listeners; one; one = one->next)
    if (now_s - one->loss_s < REPORT_HOLDS_S) worst = fmax(worst, one->loss);
  return worst;
}

// ---- what the peer sends --------------------------------------------------------------------------------------------

static void count(struct flow *flow, const struct rtp *packet, double now_s) {
  struct tally *tally = &flow->tally;
  if (!tally->statistics.begun || tally->statistics.ssrc != packet->ssrc) {
    if (tally->statistics.begun) tally->lost_before += statistics_lost(&tally->statistics);
    statistics_begin(&tally->statistics, packet->ssrc, packet->sequence);
  }
  statistics_add(&tally->statistics, packet->sequence, packet->ticks, now_s);
  tally->packets++;
  count_one(&flow->worker->totals.received);
}

static void tell_digit(struct flow *flow, const struct digit *digit) {
  news_tell(&flow->worker->news, NEWS_DIGIT, flow->id, (uint8_t)digit->character, digit->duration_ms);
}

static void on_key(struct flow *flow, const struct rtp *packet, double now_s) {
  struct digit done[2];
  int keys = digits_read(&flow->digits, packet->ticks, packet->payload, packet->payload_bytes, done);
  for (int n = 0; n < keys; n++) tell_digit(flow, &done[n]);
  flow->key_s = now_s;
}

// `packets` were told to Python, or did not fit.
static void tapped(struct flow *flow, bool told, uint32_t packets) {
  if (!told) {
    flow->tap_lost += packets;
  } else if (flow->tap_lost) {
    news_tell(&flow->worker->news, NEWS_TAP_LOST, flow->id, 0, flow->tap_lost);
    flow->tap_lost = 0;
  }
}

static void tell_tape(struct flow *flow, struct tape *tape) {
  if (!tape->packets) return;
  tapped(flow, news_tape(&flow->worker->news, flow->id, tape), tape->packets);
  tape->packets = tape->bytes = 0;
}

static void record(struct flow *flow, struct tape *tape, const struct rtp *packet, double now_s) {
  if (!tape_add(tape, packet, now_s)) {
    tell_tape(flow, tape);
    if (!tape_add(tape, packet, now_s)) flow->tap_lost++;
  }
  if (tape_is_due(tape, now_s)) tell_tape(flow, tape);
}

void flow_tell_tape(struct flow *flow, double now_s) {
  if (flow->tape && tape_is_due(flow->tape, now_s)) tell_tape(flow, flow->tape);
  if (flow->played && tape_is_due(flow->played, now_s)) tell_tape(flow, flow->played);
}

void flow_record(struct flow *flow, bool played, uint32_t number) {
  struct tape **tape = played ? &flow->played : &flow->tape;
  if (*tape) {
    tell_tape(flow, *tape);
    news_tape(&flow->worker->news, flow->id, *tape);  // an empty piece: that was all
    free(*tape);
    *tape = NULL;
  }
  if (!number) return;
  *tape = calloc(1, sizeof **tape);
  if (*tape) (*tape)->number = number;
}

void flow_played(struct flow *flow, const struct line *line, const uint8_t *payload, size_t bytes, double now_s) {
  // Each sound has a clock of its own, which begins with it: what the listener heard before says nothing about it.
  struct rtp packet = {.sequence = (uint16_t)line->frames, .ticks = line->frames * OPUS_FRAME_TICKS,
                       .ssrc = line->hear_number, .payload = payload, .payload_bytes = bytes};
  record(flow, flow->played, &packet, now_s);
}

static void tap(struct flow *flow, const struct rtp *packet, double now_s) {
  if (flow->tapped) tapped(flow, news_tap(&flow->worker->news, flow->id, packet, now_s), 1);
  if (flow->tape) record(flow, flow->tape, packet, now_s);
}

static void on_sound(struct flow *flow, const struct rtp *packet, double now_s) {
  struct tally *tally = &flow->tally;
  flow_write(flow);
  count(flow, packet, now_s);
  tally->octets += packet->payload_bytes;
  tally->last_s = now_s;
  if (packet->level_dbov != NO_LEVEL) tally->level_dbov = packet->level_dbov;
  bool first = tally->first_s < 0 && packet->payload_bytes;
  if (first) tally->first_s = now_s;
  flow_written(flow);
  if (!packet->payload_bytes) return;
  if (flow->tapped || flow->tape) tap(flow, packet, now_s);
  for (struct listener *one = flow->listeners; one; one = one->next)
    worker_forward(flow->worker, flow, one, packet, now_s);
  if (first) news_tell(&flow->worker->news, NEWS_FIRST_PACKET, flow->id, 0, 0);
}

void flow_push(struct flow *flow, const struct rtp *packet, double now_s) { on_sound(flow, packet, now_s); }

struct reading {
  struct flow *flow;
  double now_s;
};

static void on_sender(void *context, const struct sender_report *report) {
  struct reading *reading = context;
  struct receiver_statistics *statistics = &reading->flow->tally.statistics;
  if (statistics->begun && statistics->ssrc == report->ssrc)
    statistics_sender_report(statistics, report, reading->now_s);
}

static void on_block(void *context, const struct report_block *block) {
  struct reading *reading = context;
  struct flow *flow = reading->flow;
  for (int n = 0; n < flow->line_count; n++) {
    struct line *line = &flow->lines[n];
    if (line->ssrc != block->ssrc) continue;
    flow->tally.lines[n].report = *block;
    flow->tally.lines[n].has_report = true;
    flow->tally.lines[n].report_s = reading->now_s;
    double trip = round_trip_s(block, ntp_of(reading->now_s));
    if (trip >= 0) flow->tally.round_trip_s = trip;
    if (line->source == HEARS_FLOW) worker_tell_loss(flow->worker, line, block->fraction_lost, reading->now_s);
  }
}

static void on_bye(void *context) {
  struct flow *flow = ((struct reading *)context)->flow;
  news_tell(&flow->worker->news, NEWS_BYE, flow->id, 0, 0);
}

static bool receive_report(struct flow *flow, uint8_t *data, size_t bytes, double now_s) {
  int clear = srtp_unprotect_rtcp(&flow->rx, data, bytes);
  if (clear >= 0 && !rtcp_valid(data, (size_t)clear)) clear = SRTP_MALFORMED;
  if (clear < 0) {
    refuse(flow, clear);
    return false;
  }
  struct reading reading = {flow, now_s};
  flow_write(flow);
  rtcp_read(data, (size_t)clear, &(struct rtcp_reader){&reading, on_sender, on_block, on_bye});
  flow_written(flow);
  return true;
}

bool flow_receive(struct flow *flow, uint8_t *data, size_t bytes, double now_s) {
  if (is_rtcp(data)) return receive_report(flow, data, bytes, now_s);
  int clear = srtp_unprotect(&flow->rx, data, bytes);
  struct rtp packet;
  if (clear >= 0 && !rtp_parse(data, (size_t)clear, flow->level_extension, &packet)) clear = SRTP_MALFORMED;
  if (clear < 0) {
    refuse(flow, clear);
    return false;
  }
  if (packet.payload_type == flow->opus) {
    on_sound(flow, &packet, now_s);
  } else if (packet.payload_type == flow->telephone_event) {
    on_key(flow, &packet, now_s);
    flow_write(flow);
    count(flow, &packet, now_s);
    flow_written(flow);
  } else {
    flow_drop(flow, DROPPED_PAYLOAD);
  }
  return true;
}

// ---- what we tell the peer ------------------------------------------------------------------------------------------

void flow_send_reports(struct flow *flow, double now_s, bool bye) {
  if (!flow->gate_open) return;
  struct digit lost;
  if (now_s - flow->key_s > KEY_ENDS_LOST_S && digits_flush(&flow->digits, &lost)) tell_digit(flow, &lost);
  struct tally *tally = &flow->tally;
  struct sender_report senders[MOST_LINES];
  size_t sender_count = 0;
  for (int n = 0; n < flow->line_count; n++) {
    const struct splicer *splicer = &flow->lines[n].splicer;
    if (!splicer->begun) continue;
    uint32_t ticks = splicer->ticks + (uint32_t)(int64_t)((now_s - splicer->last_s) * TICKS_PER_S);
    senders[sender_count++] = (struct sender_report){flow->lines[n].ssrc, ntp_of(now_s), ticks,
                                                     (uint32_t)tally->lines[n].packets,
                                                     (uint32_t)tally->lines[n].octets};
  }
  struct report_block block;
  bool has_block = tally->statistics.begun;
  if (has_block) {
    flow_write(flow);
    tally->loss_fraction = statistics_report(&tally->statistics, downlink_loss(flow, now_s), now_s, &block);
    flow_written(flow);
  }
  uint8_t *out = outbox_next(&flow->worker->outbox);
  size_t bytes = rtcp_build(out, flow->lines[0].ssrc, senders, sender_count, has_block ? &block : NULL, bye);
  int sealed = srtp_protect_rtcp(&flow->tx, out, bytes, DATAGRAM_BYTES);
  if (sealed > 0) worker_send(flow->worker, flow->endpoint, &flow->remote, (size_t)sealed);
  flow->rtcp_sent_s = now_s;
}
