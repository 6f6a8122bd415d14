// What a line of a flow hears, and how it is sent: the twin of flow.py's Line.
#include <math.h>
#include <string.h>

#include "worker.h"

static const double CLEARLY_LATE_S = 0.06;  // jitter is left to the listener; longer than this is a pause, and is filled
enum { QUIET_BYTES = 3 };  // no speech fits: libopus' DTX, or what it makes of a muted microphone (opus.py)
static const uint8_t SILENCE_PACKET[] = {0xF8, 0xFF, 0xFE};  // 20 ms: TOC (CELT, full band, mono) and the shortest frame

void line_hear(struct line *line, enum source_kind source, uint64_t source_flow, struct worker *source_worker,
               prompt *heard, uint32_t hear_number) {
  prompt_release(line->prompt);
  line->prompt = heard ? prompt_hold(heard) : NULL;
  line->source = source;
  line->source_flow = source_flow;
  line->source_worker = source_worker;
  line->hear_number = hear_number;
  line->position = line->frames = 0;
  line->filling = false;
  splice_switch(&line->splicer);
}

bool line_is_paced(const struct line *line) {
  return line->flow->gate_open &&
         (line->flow->continuous || line->source == HEARS_SILENCE || line->source == HEARS_PROMPT);
}

static void send_line(struct line *line, struct numbers numbers, bool marker, const uint8_t *payload, size_t bytes,
                      double now_s) {
  struct flow *flow = line->flow;
  struct outbox *outbox = &flow->worker->outbox;
  uint8_t *out = outbox_next(outbox);
  if (bytes > DATAGRAM_BYTES - RTP_HEADER_BYTES - SRTP_MOST_OVERHEAD) {
    flow_drop(flow, DROPPED_UNSENDABLE);
    return;
  }
  rtp_pack_header(out, flow->opus, marker, numbers.sequence, numbers.ticks, line->ssrc);
  memcpy(out + RTP_HEADER_BYTES, payload, bytes);
  int sealed = srtp_protect(&flow->tx, out, RTP_HEADER_BYTES + bytes, DATAGRAM_BYTES);
  if (sealed < 0) {
    flow_drop(flow, DROPPED_UNSENDABLE);
    return;
  }
  worker_send(flow->worker, flow->endpoint, &flow->remote, (size_t)sealed);
  struct line_tally *tally = &flow->tally.lines[line->number];
  flow_write(flow);
  tally->packets++;
  tally->octets += bytes;
  tally->last_s = now_s;
  bool first = tally->first_s < 0;
  if (first) tally->first_s = now_s;
  flow_written(flow);
  count_one(&flow->worker->totals.sent);
  if (!first) return;
  for (int n = 0; n < flow->line_count; n++)
    if (n != line->number && flow->tally.lines[n].packets) return;
  news_tell(&flow->worker->news, NEWS_FIRST_SENT, flow->id, 0, 0);
}

void line_forward(struct line *line, const struct rtp *packet, double now_s) {
  if (!line->flow->gate_open) return;
  if (line->filling) {
    if (packet->payload_bytes <= QUIET_BYTES) return;  // the source is as silent as what we fill with
    line->filling = false;
  }
  struct numbers numbers;
  if (splice_live(&line->splicer, packet->ssrc, packet->sequence, packet->ticks, now_s, &numbers))
    send_line(line, numbers, packet->marker, packet->payload, packet->payload_bytes, now_s);
}

static void send_stamped(struct line *line, struct numbers numbers, const uint8_t *payload, size_t bytes, size_t at,
                         double now_s) {
  uint8_t stamped[DATAGRAM_BYTES];
  double leaves_s = monotonic_s();  // the tick's own time is older: other lines came first
  if (bytes > sizeof stamped || at + sizeof leaves_s > bytes) {
    flow_drop(line->flow, DROPPED_UNSENDABLE);
    return;
  }
  memcpy(stamped, payload, bytes);
  memcpy(stamped + at, &leaves_s, sizeof leaves_s);
  send_line(line, numbers, false, stamped, bytes, now_s);
}

static bool tick_prompt(struct line *line, uint32_t frames, double now_s) {
  const prompt *heard = line->prompt;
  struct numbers numbers;
  if (!splice_paced(&line->splicer, SPLICED_PROMPT, frames, now_s, &numbers)) return false;
  uint64_t position = line->position;
  if (position) {
    position += frames - 1;
    line->frames += frames - 1;
  }
  if (heard->loop && heard->count) position %= heard->count;
  if (position < heard->count) {
    size_t bytes;
    const uint8_t *payload = prompt_packet(heard, (uint32_t)position, &bytes);
    if (heard->stamp_at < 0)
      send_line(line, numbers, false, payload, bytes, now_s);
    else
      send_stamped(line, numbers, payload, bytes, (size_t)heard->stamp_at, now_s);
    if (line->flow->played && line->number == 0) flow_played(line->flow, line, payload, bytes, now_s);
  }
  line->position = (uint32_t)(position + 1);
  line->frames++;
  return !heard->loop && line->position >= heard->count;
}

double line_rests_until_s(const struct line *line) {
  if (line->source != HEARS_FLOW || line->filling) return -INFINITY;
  return splice_heard_until_s(&line->splicer) + CLEARLY_LATE_S;
}

bool line_tick(struct line *line, uint32_t frames, double now_s) {
  if (line->source == HEARS_PROMPT) return tick_prompt(line, frames, now_s);
  if (line->source == HEARS_FLOW && !line->filling) {
    if (now_s < splice_heard_until_s(&line->splicer) + CLEARLY_LATE_S) return false;
    line->filling = true;
  }
  struct numbers numbers;
  if (splice_paced(&line->splicer, SPLICED_SILENCE, frames, now_s, &numbers))
    send_line(line, numbers, false, SILENCE_PACKET, sizeof SILENCE_PACKET, now_s);
  return false;
}
