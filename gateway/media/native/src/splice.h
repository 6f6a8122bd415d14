// One unbroken RTP stream out of changing sources (RFC 3550 §5.1). The twin of splice.py, which says why.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { OPUS_FRAME_TICKS = 960, TICKS_PER_S = 48000 };
#define FRAME_S 0.02

enum spliced { SPLICED_NOTHING, SPLICED_LIVE, SPLICED_SILENCE, SPLICED_PROMPT };

struct splicer {
  uint16_t sequence;  // the last ones used
  uint32_t ticks;
  bool begun;
  double last_s;  // when the last packet left
  double lead_s;  // how far the stream is ahead of the wall
  enum spliced source;
  uint32_t source_ssrc;
  uint16_t first;  // the source's sequence number at the switch
  uint16_t sequence_shift;
  uint32_t ticks_shift;
  uint64_t sent;  // bit n: the number `sequence - n` was used
};

struct numbers {
  uint16_t sequence;
  uint32_t ticks;
};

// Random first numbers (RFC 3550 §5.1).
void splice_begin(struct splicer *splicer, uint16_t sequence, uint32_t ticks);
// What comes next is another source, even if it has the same name.
void splice_switch(struct splicer *splicer);
// Numbers for a packet of a live source; false for one that is a duplicate or older than the switch.
bool splice_live(struct splicer *splicer, uint32_t ssrc, uint16_t sequence, uint32_t ticks, double now_s,
                 struct numbers *out);
// Numbers for the next 20 ms frame, `frames` after the last one; false while the stream is ahead of the wall.
bool splice_paced(struct splicer *splicer, enum spliced source, uint32_t frames, double now_s, struct numbers *out);
// When the last packet left, or later by a lead: the listener still plays that. Minus infinity: none did.
double splice_heard_until_s(const struct splicer *splicer);
