// Where libFuzzer is not: runs the corpus, then random changes of it, for a number of seconds. driver SECONDS FILE…
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { MOST_BYTES = 4096, MOST_FILES = 4096 };
static uint8_t corpus[MOST_FILES][MOST_BYTES];
static size_t sizes[MOST_FILES];

static uint64_t state = 0x9E3779B97F4A7C15u;

static uint32_t next_random(void) {  // xorshift64*: the same run every time
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return (uint32_t)(state * 0x2545F4914F6CDD1Du >> 32);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  size_t files = 0;
  for (int n = 2; n < count && files < MOST_FILES; n++) {
    FILE *file = fopen(arguments[n], "rb");
    if (!file) return 2;
    sizes[files] = fread(corpus[files], 1, MOST_BYTES, file);
    fclose(file);
    LLVMFuzzerTestOneInput(corpus[files], sizes[files]);
    files++;
  }
  unsigned long runs = 0;
  static uint8_t changed[2 * MOST_BYTES];
  for (time_t end = time(NULL) + atoi(arguments[1]); time(NULL) < end; runs++) {
    size_t one = next_random() % files, size = sizes[one];
    memcpy(changed, corpus[one], size);
    if (next_random() % 4 == 0) {  // a piece of another
      size_t other = next_random() % files, from = sizes[other] ? next_random() % sizes[other] : 0;
      memcpy(changed + size, corpus[other] + from, sizes[other] - from);
      size += sizes[other] - from;
    }
    for (uint32_t n = next_random() % 8; size && n > 0; n--) {
      uint32_t at = next_random() % (uint32_t)size;
      if (next_random() & 1)
        changed[at] = (uint8_t)next_random();
      else
        changed[at] ^= (uint8_t)(1u << next_random() % 8);
    }
    LLVMFuzzerTestOneInput(changed, size && next_random() % 4 == 0 ? next_random() % size : size);
  }
  printf("%lu runs\n", runs);
  return 0;
}
