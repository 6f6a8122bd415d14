// Packets of one flow, gathered until a piece is worth telling: a recording costs Python little for each of them.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp.h"

enum { TAPE_BYTES = 2048, TAPE_HEAD_BYTES = 24 };

// As Python's struct reads it: "=dIIHBBI" (tape.py). The payload follows.
struct tape_head {
  double arrived_s;
  uint32_t ssrc, ticks;
  uint16_t sequence;
  uint8_t marker, unused;
  uint32_t bytes;
};
_Static_assert(sizeof(struct tape_head) == TAPE_HEAD_BYTES, "Python unpacks these bytes");

struct tape {
  uint32_t number;  // of the recording
  double begun_s;  // when the oldest packet of the piece came
  uint32_t packets, bytes;
  uint8_t data[TAPE_BYTES];
};

// Whether it fits; if not, the piece has to be told first. A packet that is longer than a whole tape never fits.
bool tape_add(struct tape *tape, const struct rtp *packet, double now_s);
// Whether the piece has waited for long enough.
bool tape_is_due(const struct tape *tape, double now_s);
