// RTCP: reports as bytes and as values, and what a receiver counts for them (RFC 3550 §6, A.3, A.8). The twin of rtcp.py.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report_block {
  uint32_t ssrc;
  double fraction_lost;  // of the last interval, 0 to 1
  int32_t lost;
  uint32_t highest_sequence;
  uint32_t jitter_ticks;
  uint32_t lsr, dlsr;  // 1/65536 s; 0: no sender report has come
};

struct sender_report {
  uint32_t ssrc;
  uint64_t ntp;
  uint32_t ticks, packets, octets;
};

// What a compound packet says, one call each. A packet that is malformed further on was told as far as it was read.
struct rtcp_reader {
  void *context;
  void (*on_sender)(void *context, const struct sender_report *report);
  void (*on_block)(void *context, const struct report_block *block);
  void (*on_bye)(void *context);
};

// Whether every packet of the compound is as long as it says and has room for what it counts.
bool rtcp_valid(const uint8_t *data, size_t bytes);
// Reads a valid compound; descriptions and feedback are passed over.
void rtcp_read(const uint8_t *data, size_t bytes, const struct rtcp_reader *reader);

enum { RTCP_MOST_SENDERS = 8, RTCP_MOST_BYTES = 512 };
// A compound of sender reports (else a receiver report by `ssrc`), with `block` (may be NULL) in the first, a
// description of every SSRC named and a BYE for all of them when asked. Returns its length, at most RTCP_MOST_BYTES.
size_t rtcp_build(uint8_t *out, uint32_t ssrc, const struct sender_report *senders, size_t sender_count,
                  const struct report_block *block, bool bye);

// A 64-bit NTP timestamp (§4), of any clock in seconds: both ends only ever subtract.
uint64_t ntp_of(double seconds);
// Time from our sender report to their report of it, less the time they kept it (§6.4.1); negative: unknown.
double round_trip_s(const struct report_block *block, uint64_t ntp);

// Counts of one SSRC since its first packet. Packets are authentic and without repeats.
struct receiver_statistics {
  bool begun;
  uint32_t ssrc;
  int64_t first_sequence, highest;  // extended by the number of wraps
  int64_t received;
  double jitter_ticks;
  bool has_transit, has_report;
  double transit;
  int64_t expected_before, received_before, told_lost;
  uint32_t report_ntp;  // middle of the NTP time of the last sender report
  double report_s;      // when it came
};

void statistics_begin(struct receiver_statistics *statistics, uint32_t ssrc, uint16_t sequence);
void statistics_add(struct receiver_statistics *statistics, uint16_t sequence, uint32_t ticks, double arrived_s);
void statistics_sender_report(struct receiver_statistics *statistics, const struct sender_report *report,
                              double arrived_s);
int64_t statistics_lost(const struct receiver_statistics *statistics);
// The block for this interval, telling the worse of our loss and `downlink_loss`; returns our own, 0 to 1. Begins a new
// interval.
double statistics_report(struct receiver_statistics *statistics, double downlink_loss, double now_s,
                         struct report_block *block);
