// What a media thread tells Python: records in two rings, and one eventfd that the loop reads.
//
// News that must be acted on and tapped packets go separate ways, so that a recording cannot crowd out a digit. Nothing
// waits: what does not fit is counted, and news of strangers are the first that do not fit.
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "ring.h"
#include "rtp.h"
#include "tape.h"

enum news_kind {
  NEWS_CONTROL = 1,   // id: endpoint; body: address, datagram
  NEWS_FIRST_PACKET,  // id: flow (so for all that follow)
  NEWS_FIRST_SENT,
  NEWS_DIGIT,         // flag: the key; one: milliseconds
  NEWS_MOVED,         // body: address
  NEWS_BYE,
  NEWS_PROMPT_ENDED,  // flag: line; one: number of the `hear` that began it
  NEWS_TAP,           // flag: marker; number: sequence; one: SSRC; two: ticks; body: payload
  NEWS_TAP_LOST,      // one: packets that did not fit
  NEWS_PATH,          // id: agent; flag: it was nominated or is the first; body: address
  NEWS_CONSENT_LOST,  // id: agent
  NEWS_TAPE,          // id: flow; one: number of the recording; body: a piece of its tape, empty after the last
};

// As Python's struct reads it: "=IBBHQdII". `bytes` is the length of the body.
struct news_head {
  uint32_t bytes;
  uint8_t kind, flag;
  uint16_t number;
  uint64_t id;
  double at_s;
  uint32_t one, two;
};
_Static_assert(sizeof(struct news_head) == 32, "Python unpacks these bytes");

struct news {
  struct ring told, tapped;
  int event_fd;
  _Atomic bool signalled;  // Python has been woken and has not begun to read
  bool urgent, has_taps;   // since the last signal
  double signalled_s;
  _Atomic uint64_t lost;
};

bool news_open(struct news *news, int event_fd);
void news_close(struct news *news);
void news_tell(struct news *news, enum news_kind kind, uint64_t id, uint8_t flag, uint32_t one);
void news_tell_address(struct news *news, enum news_kind kind, uint64_t id, uint8_t flag,
                       const struct address *address);
// `trusted`: it may be somebody's DTLS; else a stranger's, for which only the last quarter of the ring is not used.
void news_control(struct news *news, uint64_t endpoint, const struct address *from, const uint8_t *data, size_t bytes,
                  bool trusted);
bool news_tap(struct news *news, uint64_t flow, const struct rtp *packet, double now_s);
bool news_tape(struct news *news, uint64_t flow, const struct tape *piece);
// Wakes Python when there is something urgent, or taps that have waited for TAP_BATCH_S.
void news_flush(struct news *news, double now_s);
// When to call `news_flush` again, at the latest; infinity: no need.
double news_due_s(const struct news *news);
// For Python: whole records, as many as fit.
size_t news_read(struct news *news, uint8_t *out, size_t room);
