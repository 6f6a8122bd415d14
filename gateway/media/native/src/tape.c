#include "tape.h"

#include <string.h>

static const double PIECE_S = 0.2;  // what a recording loses at most when the process dies; ten packets

bool tape_add(struct tape *tape, const struct rtp *packet, double now_s) {
  if (tape->bytes + TAPE_HEAD_BYTES + packet->payload_bytes > TAPE_BYTES) return false;
  struct tape_head head = {.arrived_s = now_s, .ssrc = packet->ssrc, .ticks = packet->ticks,
                           .sequence = packet->sequence, .marker = packet->marker,
                           .bytes = (uint32_t)packet->payload_bytes};
  if (tape->packets++ == 0) tape->begun_s = now_s;
  memcpy(tape->data + tape->bytes, &head, sizeof head);
  memcpy(tape->data + tape->bytes + sizeof head, packet->payload, packet->payload_bytes);
  tape->bytes += (uint32_t)(sizeof head + packet->payload_bytes);
  return true;
}

bool tape_is_due(const struct tape *tape, double now_s) { return tape->packets && now_s - tape->begun_s >= PIECE_S; }
