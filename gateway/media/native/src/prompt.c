#include "prompt.h"

#include <stdlib.h>
#include <string.h>

prompt *prompt_new(const uint8_t *packets, const uint32_t *lengths, uint32_t count, bool loop, int stamp_at) {
  prompt *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  atomic_init(&made->holders, 1);
  made->loop = loop;
  made->stamp_at = stamp_at;
  made->count = count;
  size_t total = 0;
  made->ends = calloc(count + 1, sizeof *made->ends);
  if (made->ends)
    for (uint32_t n = 0; n < count; n++) made->ends[n] = (uint32_t)(total += lengths[n]);
  made->bytes = malloc(total + 1);
  if (!made->ends || !made->bytes) {
    prompt_release(made);
    return NULL;
  }
  memcpy(made->bytes, packets, total);
  return made;
}

prompt *prompt_hold(prompt *prompt) {
  atomic_fetch_add(&prompt->holders, 1);
  return prompt;
}

void prompt_release(prompt *prompt) {
  if (!prompt || atomic_fetch_sub(&prompt->holders, 1) != 1) return;
  free(prompt->ends);
  free(prompt->bytes);
  free(prompt);
}

const uint8_t *prompt_packet(const prompt *prompt, uint32_t number, size_t *bytes) {
  uint32_t begin = number ? prompt->ends[number - 1] : 0;
  *bytes = prompt->ends[number] - begin;
  return prompt->bytes + begin;
}
