// Records from one thread to one other, without a lock. The producer never waits: what does not fit is refused.
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
  uint8_t *bytes;
  size_t size;           // a power of two
  _Atomic size_t begin;  // only the consumer moves it
  _Atomic size_t end;    // only the producer moves it
};

bool ring_open(struct ring *ring, size_t size);
void ring_close(struct ring *ring);
bool ring_is_empty(struct ring *ring);
// Room that is left, for the producer.
size_t ring_room(struct ring *ring);
// Puts head and body as one record, or nothing. `head` carries the length of the body for the consumer.
bool ring_put(struct ring *ring, const void *head, size_t head_bytes, const void *body, size_t body_bytes);
// For the consumer: copies the next `bytes` without taking them; false when there are not so many.
bool ring_peek(struct ring *ring, void *out, size_t bytes);
void ring_take(struct ring *ring, void *out, size_t bytes);
