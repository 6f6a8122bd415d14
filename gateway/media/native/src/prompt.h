// Prepared 20 ms Opus packets, shared by all lines that hear them.
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct prompt {
  _Atomic int holders;
  bool loop;
  int stamp_at;  // where each packet gets the time when it leaves, a double as `monotonic_s` tells it; -1: nowhere
  uint32_t count;
  uint32_t *ends;  // of each packet within `bytes`
  uint8_t *bytes;
} prompt;

// `lengths` of `count` packets that follow each other in `packets`. One holder: the caller. NULL when memory is out.
prompt *prompt_new(const uint8_t *packets, const uint32_t *lengths, uint32_t count, bool loop, int stamp_at);
prompt *prompt_hold(prompt *prompt);
void prompt_release(prompt *prompt);
const uint8_t *prompt_packet(const prompt *prompt, uint32_t number, size_t *bytes);
