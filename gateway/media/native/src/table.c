#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 8 };

static void pad(uint8_t out[KEY_BYTES], const void *key, size_t bytes) {
  memset(out, 0, KEY_BYTES);
  memcpy(out, key, bytes < KEY_BYTES ? bytes : KEY_BYTES);
}

static size_t bucket_of(const struct table *table, const uint8_t key[KEY_BYTES]) {
  uint64_t words[3] = {0};
  memcpy(words, key, KEY_BYTES);
  uint64_t hash = words[0] * 0x9E3779B97F4A7C15u ^ words[1] * 0xC2B2AE3D27D4EB4Fu ^ words[2] * 0x165667B19E3779F9u;
  return (hash ^ hash >> 32) & (table->bucket_count - 1);
}

static struct entry *find(const struct table *table, const uint8_t key[KEY_BYTES]) {
  if (!table->bucket_count) return NULL;
  struct entry *entry = table->buckets[bucket_of(table, key)];
  while (entry && memcmp(entry->key, key, KEY_BYTES) != 0) entry = entry->next;
  return entry;
}

void *table_get(const struct table *table, const void *key, size_t key_bytes) {
  uint8_t padded[KEY_BYTES];
  pad(padded, key, key_bytes);
  struct entry *entry = find(table, padded);
  return entry ? entry->value : NULL;
}

static bool grow(struct table *table) {
  struct table larger = {.bucket_count = table->bucket_count ? 2 * table->bucket_count : FIRST_BUCKETS};
  larger.buckets = calloc(larger.bucket_count, sizeof *larger.buckets);
  if (!larger.buckets) return false;
  for (size_t n = 0; n < table->bucket_count; n++)
    for (struct entry *entry = table->buckets[n], *next; entry; entry = next) {
      size_t bucket = bucket_of(&larger, entry->key);
      next = entry->next;
      entry->next = larger.buckets[bucket];
      larger.buckets[bucket] = entry;
    }
  free(table->buckets);
  table->buckets = larger.buckets;
  table->bucket_count = larger.bucket_count;
  return true;
}

bool table_put(struct table *table, const void *key, size_t key_bytes, void *value) {
  uint8_t padded[KEY_BYTES];
  pad(padded, key, key_bytes);
  struct entry *entry = find(table, padded);
  if (!entry) {
    if (table->entry_count >= table->bucket_count && !grow(table)) return false;
    if (!(entry = malloc(sizeof *entry))) return false;
    memcpy(entry->key, padded, KEY_BYTES);
    size_t bucket = bucket_of(table, padded);
    entry->next = table->buckets[bucket];
    table->buckets[bucket] = entry;
    table->entry_count++;
  }
  entry->value = value;
  return true;
}

void table_drop(struct table *table, const void *key, size_t key_bytes) {
  uint8_t padded[KEY_BYTES];
  pad(padded, key, key_bytes);
  if (!find(table, padded)) return;
  struct entry **at = &table->buckets[bucket_of(table, padded)];
  while (memcmp((*at)->key, padded, KEY_BYTES) != 0) at = &(*at)->next;
  struct entry *entry = *at;
  *at = entry->next;
  free(entry);
  table->entry_count--;
}

void table_forget(struct table *table, const void *value) {
  for (size_t n = 0; n < table->bucket_count; n++)
    for (struct entry **at = &table->buckets[n]; *at;) {
      struct entry *entry = *at;
      if (entry->value != value) {
        at = &entry->next;
        continue;
      }
      *at = entry->next;
      free(entry);
      table->entry_count--;
    }
}

void table_close(struct table *table) {
  for (size_t n = 0; n < table->bucket_count; n++)
    for (struct entry *entry = table->buckets[n], *next; entry; entry = next) {
      next = entry->next;
      free(entry);
    }
  free(table->buckets);
  *table = (struct table){0};
}
