#include "digits.h"

#include "bytes.h"

enum { EVENT_BYTES = 4, CLOCK_PER_MS = 8 };
static const char KEYS[16] = "0123456789*#ABCD";  // RFC 4733 §3.2

int digits_read(struct digit_reader *reader, uint32_t ticks, const uint8_t *payload, size_t bytes,
                struct digit done[2]) {
  int count = 0;
  if (bytes < EVENT_BYTES || payload[0] >= sizeof KEYS) return 0;
  uint32_t ahead = ticks - reader->ticks;
  if (!reader->begun || (ahead > 0 && ahead < 0x80000000u)) {
    count += digits_flush(reader, done);
    reader->begun = true;
    reader->ticks = ticks;
  } else if (ahead != 0 || !reader->open) {
    return 0;  // of an earlier key, or a repetition of the end
  }
  reader->last = (struct digit){KEYS[payload[0]], (uint16_t)(get16(payload + 2) / CLOCK_PER_MS)};
  reader->open = !(payload[1] & 0x80);
  if (!reader->open) done[count++] = reader->last;
  return count;
}

bool digits_flush(struct digit_reader *reader, struct digit *done) {
  if (!reader->open) return false;
  *done = reader->last;
  reader->open = false;
  return true;
}
