// A hash table from short keys to pointers. Only what is authenticated or ours is ever put in.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_BYTES = 20 };

struct entry {
  struct entry *next;
  uint8_t key[KEY_BYTES];
  void *value;
};

struct table {
  struct entry **buckets;
  size_t bucket_count, entry_count;
};

void *table_get(const struct table *table, const void *key, size_t key_bytes);
// Replaces what was there. False when memory is out.
bool table_put(struct table *table, const void *key, size_t key_bytes, void *value);
void table_drop(struct table *table, const void *key, size_t key_bytes);
// All that leads to `value`.
void table_forget(struct table *table, const void *value);
void table_close(struct table *table);
