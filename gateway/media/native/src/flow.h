// One secured leg: what came from the peer, and the lines that go to it. The twin of flow.py.
//
// A flow belongs to one worker (its endpoint's). Only that worker's thread touches it, but for `flow_figures`.
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "digits.h"
#include "prompt.h"
#include "rtcp.h"
#include "rtp.h"
#include "splice.h"
#include "srtp.h"
#include "tape.h"

enum { MOST_LINES = 4, NO_PAYLOAD_TYPE = 255 };

enum source_kind { HEARS_NOTHING, HEARS_FLOW, HEARS_PROMPT, HEARS_SILENCE };

enum drop_cause { DROPPED_REPLAY, DROPPED_AUTHENTICATION, DROPPED_MALFORMED, DROPPED_SOURCES, DROPPED_PAYLOAD,
                  DROPPED_UNSENDABLE, DROP_CAUSES };

struct worker;
struct agent;
struct endpoint;
struct flow;

// Of all flows that a worker has had; written by its thread only.
struct totals {
  _Atomic uint64_t received, sent, dropped[DROP_CAUSES];
};

struct line {
  struct flow *flow;
  uint64_t source_flow;      // its id, which may be another worker's
  enum source_kind source;
  uint32_t ssrc;
  uint8_t number;
  bool filling;
  struct splicer splicer;
  struct worker *source_worker;
  prompt *prompt;
  uint32_t position;         // in the prompt
  uint32_t frames;           // of the prompt's time that have passed, loops and what was left out among them
  uint32_t hear_number;
  int slot, place;           // in the worker's pace; negative: not paced
};

// A line that hears this flow, perhaps on another worker.
struct listener {
  struct listener *next;
  struct worker *worker;
  struct line *here;  // on the same worker; else NULL
  struct flow *to;    // of that line
  uint64_t flow;
  uint8_t line;
  double loss, loss_s;  // what its peer last reported about it, and when
};

struct line_tally {
  uint64_t packets, octets;
  double first_s, last_s;  // negative: none
  bool has_report;
  double report_s;
  struct report_block report;
};

// What figures are made of.
struct tally {
  struct receiver_statistics statistics;
  int64_t lost_before;  // by earlier SSRCs of the peer
  uint64_t packets, octets, dropped[DROP_CAUSES];
  double loss_fraction, first_s, last_s, round_trip_s;  // negative: none
  int level_dbov;
  struct line_tally lines[MOST_LINES];
};

struct flow {  // in the order in which a packet needs it
  _Alignas(CACHE_LINE_BYTES) uint64_t id;
  struct worker *worker;
  struct endpoint *endpoint;
  struct listener *listeners;
  _Atomic uint32_t version;  // odd while the tally is written (a sequence lock)
  int writing;
  int level_extension;
  uint8_t opus, telephone_event, line_count;
  bool continuous, gate_open, tapped;
  bool found_by_ssrc;  // its endpoint's table leads from `found_ssrc` to a flow
  uint32_t found_ssrc;
  struct address remote;
  srtp rx, tx;
  struct tally tally;
  struct line lines[MOST_LINES];
  struct digit_reader digits;
  double key_s, rtcp_sent_s, moved_s;
  uint32_t tap_lost;
  struct tape *tape;             // packets of this flow that are recorded; NULL: it is not
  struct tape *played;           // of prompts that its first line hears, as they leave; NULL: they are not recorded
  struct agent *agent;           // that keeps its path; NULL: Python does
  struct flow *next, *previous;  // of its report turn
};

// Not yet of a worker; NULL when the keys do not fit the profile or memory is out.
struct flow *flow_new(uint64_t id, int profile, const uint8_t *rx, const uint8_t *tx, size_t key_bytes,
                      const uint32_t *ssrcs, int line_count);
void flow_free(struct flow *flow);
// Ask for what a packet of this flow needs: first what is found by its address, then what that leads to.
void flow_fetch(const struct flow *flow);
void flow_fetch_listener(const struct flow *flow);
void flow_fetch_sender(const struct flow *flow);

// A datagram that should be this peer's SRTP or SRTCP, changed in place. Whether it was authentic and well-formed.
bool flow_receive(struct flow *flow, uint8_t *data, size_t bytes, double now_s);
// A clear packet of a sound that is made here, heard as if the peer had sent it.
void flow_push(struct flow *flow, const struct rtp *packet, double now_s);
void flow_send_reports(struct flow *flow, double now_s, bool bye);
bool flow_in_call(const struct flow *flow);
// Whether the peer's last SSRC is known, and which it is.
bool flow_in_ssrc(const struct flow *flow, uint32_t *ssrc);

void line_hear(struct line *line, enum source_kind source, uint64_t source_flow, struct worker *source_worker,
               prompt *prompt, uint32_t hear_number);
// Whether the ticker has to look at this line.
bool line_is_paced(const struct line *line);
// Sends on a packet of the flow this line hears.
void line_forward(struct line *line, const struct rtp *packet, double now_s);
// Until when a tick would find nothing to do, if nothing else comes; minus infinity: it has.
double line_rests_until_s(const struct line *line);
// Sends what is due now, `frames` after the last tick. True when a prompt has ended with this.
bool line_tick(struct line *line, uint32_t frames, double now_s);

// `here`: the listening line where it is on the flow's own worker, else NULL.
void flow_listen(struct flow *flow, struct worker *worker, struct line *here, uint64_t listener, uint8_t line);
void flow_unlisten(struct flow *flow, uint64_t listener, uint8_t line);
// Packets go to Python in pieces of a tape (tape.h), under this number; 0: no longer. `played`: those of prompts that the
// first line hears, else those of the peer.
void flow_record(struct flow *flow, bool played, uint32_t number);
// A packet of a prompt has left on the first line, this many frames after it began to be heard.
void flow_played(struct flow *flow, const struct line *line, const uint8_t *payload, size_t bytes, double now_s);
// A piece that has waited is told.
void flow_tell_tape(struct flow *flow, double now_s);
// What the peer of a listener reported about that line.
void flow_heard_with_loss(struct flow *flow, uint64_t listener, uint8_t line, double loss, double now_s);

// A consistent copy, from any thread.
void flow_tally(struct flow *flow, struct tally *out);
// Counts a refused packet.
void flow_drop(struct flow *flow, enum drop_cause cause);

// Nested where a flow hears itself: only the outermost pair moves the version.
static inline void flow_write(struct flow *flow) {
  if (flow->writing++ == 0) {
    atomic_fetch_add_explicit(&flow->version, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
  }
}

static inline void flow_written(struct flow *flow) {
  if (--flow->writing == 0) atomic_fetch_add_explicit(&flow->version, 1, memory_order_release);
}

static inline void count_one(_Atomic uint64_t *count) {
  atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
}
