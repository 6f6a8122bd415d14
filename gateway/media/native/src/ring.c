#include "ring.h"

#include <stdlib.h>
#include <string.h>

bool ring_open(struct ring *ring, size_t size) {
  ring->bytes = malloc(size);  // pages that are never written cost nothing
  ring->size = size;
  atomic_init(&ring->begin, 0);
  atomic_init(&ring->end, 0);
  return ring->bytes != NULL;
}

void ring_close(struct ring *ring) {
  free(ring->bytes);
  ring->bytes = NULL;
}

bool ring_is_empty(struct ring *ring) {
  return atomic_load_explicit(&ring->begin, memory_order_acquire) ==
         atomic_load_explicit(&ring->end, memory_order_acquire);
}

size_t ring_room(struct ring *ring) {
  return ring->size - (atomic_load_explicit(&ring->end, memory_order_relaxed) -
                       atomic_load_explicit(&ring->begin, memory_order_acquire));
}

static size_t copy_in(struct ring *ring, size_t at, const void *data, size_t bytes) {
  size_t start = at & (ring->size - 1), first = ring->size - start < bytes ? ring->size - start : bytes;
  memcpy(ring->bytes + start, data, first);
  memcpy(ring->bytes, (const uint8_t *)data + first, bytes - first);
  return at + bytes;
}

bool ring_put(struct ring *ring, const void *head, size_t head_bytes, const void *body, size_t body_bytes) {
  if (ring_room(ring) < head_bytes + body_bytes) return false;
  size_t end = atomic_load_explicit(&ring->end, memory_order_relaxed);
  end = copy_in(ring, end, head, head_bytes);
  if (body_bytes) end = copy_in(ring, end, body, body_bytes);
  atomic_store_explicit(&ring->end, end, memory_order_release);
  return true;
}

bool ring_peek(struct ring *ring, void *out, size_t bytes) {
  size_t begin = atomic_load_explicit(&ring->begin, memory_order_relaxed);
  if (atomic_load_explicit(&ring->end, memory_order_acquire) - begin < bytes) return false;
  size_t start = begin & (ring->size - 1), first = ring->size - start < bytes ? ring->size - start : bytes;
  memcpy(out, ring->bytes + start, first);
  memcpy((uint8_t *)out + first, ring->bytes, bytes - first);
  return true;
}

void ring_take(struct ring *ring, void *out, size_t bytes) {
  if (!ring_peek(ring, out, bytes)) return;
  size_t begin = atomic_load_explicit(&ring->begin, memory_order_relaxed);
  atomic_store_explicit(&ring->begin, begin + bytes, memory_order_release);
}
