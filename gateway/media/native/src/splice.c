#include "splice.h"

#include <math.h>

enum {
  LONGEST_STEP_TICKS = 10 * TICKS_PER_S,  // a source whose clock jumps further has a new clock
  LONGEST_LOSS = 3000,                    // packets (RFC 3550 A.1, MAX_DROPOUT)
  WINDOW = 64,                            // packets that may be late
};
static const double LEAD_FADES = 1 - 1.0 / 500;  // per packet: ten seconds
static const double MOST_FRAMES = 1e6;           // of a pause that is told as one step: five hours

void splice_begin(struct splicer *splicer, uint16_t sequence, uint32_t ticks) {
  *splicer = (struct splicer){.sequence = sequence, .ticks = ticks};
}

void splice_switch(struct splicer *splicer) { splicer->source = SPLICED_NOTHING; }

static void advance(struct splicer *splicer, uint16_t by, uint32_t ticks, uint32_t step, double now_s) {
  if (splicer->begun)
    splicer->lead_s = (splicer->lead_s + (double)step / TICKS_PER_S - (now_s - splicer->last_s)) * LEAD_FADES;
  splicer->sequence = (uint16_t)(splicer->sequence + by);
  splicer->ticks = ticks;
  splicer->last_s = now_s;
  splicer->begun = true;
  splicer->sent = by < WINDOW ? splicer->sent << by | 1 : 1;
}

static uint32_t frames_since(const struct splicer *splicer, double now_s) {
  if (!splicer->begun) return 1;
  double frames = nearbyint((now_s - splicer->last_s - splicer->lead_s) / FRAME_S);
  return (uint32_t)fmin(fmax(frames, 1), MOST_FRAMES);
}

static void start(struct splicer *splicer, uint32_t ssrc, uint16_t sequence, uint32_t ticks, double now_s,
                  struct numbers *out) {
  uint32_t step = frames_since(splicer, now_s) * OPUS_FRAME_TICKS;
  splicer->source = SPLICED_LIVE;
  splicer->source_ssrc = ssrc;
  splicer->first = sequence;
  advance(splicer, 1, splicer->ticks + step, step, now_s);
  splicer->sequence_shift = (uint16_t)(splicer->sequence - sequence);
  splicer->ticks_shift = splicer->ticks - ticks;
  *out = (struct numbers){splicer->sequence, splicer->ticks};
}

bool splice_live(struct splicer *splicer, uint32_t ssrc, uint16_t sequence, uint32_t ticks, double now_s,
                 struct numbers *out) {
  if (splicer->source != SPLICED_LIVE || splicer->source_ssrc != ssrc) {
    start(splicer, ssrc, sequence, ticks, now_s, out);
    return true;
  }
  out->sequence = (uint16_t)(sequence + splicer->sequence_shift);
  out->ticks = ticks + splicer->ticks_shift;
  uint16_t ahead = (uint16_t)(out->sequence - splicer->sequence);
  if (ahead > 0 && ahead < 0x8000) {
    uint32_t step = out->ticks - splicer->ticks;
    if (ahead > LONGEST_LOSS || step == 0 || step > LONGEST_STEP_TICKS) {
      start(splicer, ssrc, sequence, ticks, now_s, out);
      return true;
    }
    advance(splicer, ahead, out->ticks, step, now_s);
    if ((uint16_t)(sequence - splicer->first) > 0x4000)  // keep it comparable modulo 2**16
      splicer->first = (uint16_t)(sequence - WINDOW);
    return true;
  }
  uint16_t behind = (uint16_t)(splicer->sequence - out->sequence);
  bool before_switch = (uint16_t)(sequence - splicer->first) >= 0x8000;
  if (before_switch || behind >= WINDOW || splicer->sent >> behind & 1) return false;
  splicer->sent |= (uint64_t)1 << behind;  // a late packet takes its own place and moves nothing forward
  return true;
}

bool splice_paced(struct splicer *splicer, enum spliced source, uint32_t frames, double now_s, struct numbers *out) {
  if (splicer->source != source) {
    if (splicer->begun && now_s - splicer->last_s - splicer->lead_s < FRAME_S / 2) return false;
    splicer->source = source;
    frames = frames_since(splicer, now_s);
  }
  uint32_t step = frames * OPUS_FRAME_TICKS;
  advance(splicer, 1, splicer->ticks + step, step, now_s);
  *out = (struct numbers){splicer->sequence, splicer->ticks};
  return true;
}

double splice_heard_until_s(const struct splicer *splicer) {
  return splicer->begun ? splicer->last_s + fmax(0, splicer->lead_s) : -INFINITY;
}
