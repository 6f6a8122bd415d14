#include "news.h"

#include <math.h>
#include <unistd.h>

enum { TOLD_BYTES = 1 << 20, TAPPED_BYTES = 1 << 22 };
static const double TAP_BATCH_S = 0.005;

bool news_open(struct news *news, int event_fd) {
  news->event_fd = event_fd;
  return ring_open(&news->told, TOLD_BYTES) && ring_open(&news->tapped, TAPPED_BYTES);
}

void news_close(struct news *news) {
  ring_close(&news->told);
  ring_close(&news->tapped);
}

static void put(struct news *news, const void *head, size_t head_bytes, const void *body, size_t bytes, size_t spare) {
  if (ring_room(&news->told) < spare || !ring_put(&news->told, head, head_bytes, body, bytes))
    atomic_fetch_add_explicit(&news->lost, 1, memory_order_relaxed);
  news->urgent = true;
}

void news_tell(struct news *news, enum news_kind kind, uint64_t id, uint8_t flag, uint32_t one) {
  struct news_head head = {.kind = (uint8_t)kind, .id = id, .flag = flag, .one = one};
  put(news, &head, sizeof head, NULL, 0, 0);
}

void news_tell_address(struct news *news, enum news_kind kind, uint64_t id, uint8_t flag,
                       const struct address *address) {
  struct news_head head = {.bytes = sizeof *address, .kind = (uint8_t)kind, .id = id, .flag = flag};
  put(news, &head, sizeof head, address, sizeof *address, 0);
}

void news_control(struct news *news, uint64_t endpoint, const struct address *from, const uint8_t *data, size_t bytes,
                  bool trusted) {
  struct {
    struct news_head head;
    struct address from;
    uint8_t unused[4];
  } record = {.head = {.bytes = (uint32_t)(sizeof *from + bytes), .kind = NEWS_CONTROL, .id = endpoint},
              .from = *from};
  put(news, &record, sizeof record.head + sizeof record.from, data, bytes,
      trusted ? TOLD_BYTES / 4 : 3 * (TOLD_BYTES / 4));
}

bool news_tap(struct news *news, uint64_t flow, const struct rtp *packet, double now_s) {
  struct news_head head = {
      .bytes = (uint32_t)packet->payload_bytes,
      .kind = NEWS_TAP,
      .flag = packet->marker,
      .number = packet->sequence,
      .id = flow,
      .at_s = now_s,
      .one = packet->ssrc,
      .two = packet->ticks,
  };
  if (!ring_put(&news->tapped, &head, sizeof head, packet->payload, packet->payload_bytes)) return false;
  news->has_taps = true;
  return true;
}

bool news_tape(struct news *news, uint64_t flow, const struct tape *piece) {
  struct news_head head = {.bytes = piece->bytes, .kind = NEWS_TAPE, .id = flow, .one = piece->number};
  if (!ring_put(&news->tapped, &head, sizeof head, piece->data, piece->bytes)) return false;
  news->has_taps = true;
  return true;
}

void news_flush(struct news *news, double now_s) {
  if (!news->urgent && !(news->has_taps && now_s - news->signalled_s >= TAP_BATCH_S)) return;
  news->urgent = news->has_taps = false;
  news->signalled_s = now_s;
  if (atomic_exchange(&news->signalled, true)) return;
  uint64_t one = 1;
  if (write(news->event_fd, &one, sizeof one) < 0) atomic_store(&news->signalled, false);
}

double news_due_s(const struct news *news) { return news->has_taps ? news->signalled_s + TAP_BATCH_S : INFINITY; }

static size_t read_ring(struct ring *ring, uint8_t *out, size_t room) {
  size_t at = 0;
  struct news_head head;
  while (ring_peek(ring, &head, sizeof head) && sizeof head + head.bytes <= room - at) {
    ring_take(ring, out + at, sizeof head + head.bytes);
    at += sizeof head + head.bytes;
  }
  return at;
}

size_t news_read(struct news *news, uint8_t *out, size_t room) {
  atomic_store(&news->signalled, false);  // first: what comes while we read wakes us again
  size_t at = read_ring(&news->told, out, room);
  return at + read_ring(&news->tapped, out + at, room - at);
}
