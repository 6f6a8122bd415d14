#include "worker.h"

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

void worker_wake_others(struct worker *worker) {
  for (int n = 0; n < worker->worker_count; n++)
    if (worker->handed_to[n]) {
      worker->handed_to[n] = false;
      worker_wake(&worker->all[n]);
    }
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
    struct flow *source = worker_flow(worker, line->source_flow);
    if (source) flow_heard_with_loss(source, line->flow->id, line->number, loss, now_s);
    return;
  }
  struct handover head = {.listener = line->flow->id, .source = line->source_flow, .now_s = now_s, .loss = loss,
                          .line = line->number};
  hand_over(worker, line->source_worker, &head, NULL);
}

void worker_take_handovers(struct worker *worker) {
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
        forward_here(worker_line(worker, head.listener, head.line), head.source, &packet, head.now_s);
      } else {
        struct flow *source = worker_flow(worker, head.source);
        if (source) flow_heard_with_loss(source, head.listener, head.line, head.loss, head.now_s);
      }
    }
  }
}
