// Digits a customer presses, sent as RTP events (RFC 4733). The twin of dtmf.py.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digit {
  char character;
  uint16_t duration_ms;
};

struct digit_reader {
  bool begun, open;  // open: the end of `last` has not been heard
  uint32_t ticks;
  struct digit last;
};

// The keys that are complete now (at most two): at the first end bit, or because the next key has begun.
int digits_read(struct digit_reader *reader, uint32_t ticks, const uint8_t *payload, size_t bytes,
                struct digit done[2]);
// The key whose end never came.
bool digits_flush(struct digit_reader *reader, struct digit *done);
