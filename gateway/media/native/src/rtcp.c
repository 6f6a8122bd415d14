#include "rtcp.h"

#include <math.h>
#include <string.h>

#include "bytes.h"

enum {
  SENDER_REPORT = 200,
  RECEIVER_REPORT = 201,
  DESCRIPTION = 202,
  BYE = 203,
  SENDER_INFO_BYTES = 24,  // with the SSRC
  BLOCK_BYTES = 24,
  CLOCK_HZ = 48000,
};
static const double NTP_EPOCH_S = 2208988800.0;  // 1900 to 1970
static const double LONGEST_ROUND_TRIP_S = 30;   // beyond it the numbers are wrong, not the path

// CNAME "ramal", as in parameters.py; the item ends with a zero and is padded to whole words (§6.5).
static const uint8_t CNAME_ITEM[8] = {1, 5, 'r', 'a', 'm', 'a', 'l', 0};

static size_t bytes_needed(uint8_t kind, unsigned count) {
  switch (kind) {
    case SENDER_REPORT: return SENDER_INFO_BYTES + count * BLOCK_BYTES;
    case RECEIVER_REPORT: return 4 + count * BLOCK_BYTES;
    case BYE: return 4 * count;
    default: return 0;
  }
}

bool rtcp_valid(const uint8_t *data, size_t bytes) {
  for (size_t at = 0; at < bytes;) {
    if (bytes - at < 4 || data[at] >> 6 != 2) return false;
    size_t body = 4u * get16(data + at + 2);
    if (body > bytes - at - 4 || bytes_needed(data[at + 1], data[at] & 31) > body) return false;
    at += 4 + body;
  }
  return true;
}

static void read_blocks(const uint8_t *at, unsigned count, const struct rtcp_reader *reader) {
  for (; count > 0; count--, at += BLOCK_BYTES) {
    uint32_t loss = get32(at + 4);
    int32_t lost = (int32_t)(loss & 0xFFFFFF);
    if (lost >= 0x800000) lost -= 0x1000000;  // 24 bits, signed: duplicates make it negative
    struct report_block block = {.ssrc = get32(at),
                                 .fraction_lost = (loss >> 24) / 256.0,
                                 .lost = lost,
                                 .highest_sequence = get32(at + 8),
                                 .jitter_ticks = get32(at + 12),
                                 .lsr = get32(at + 16),
                                 .dlsr = get32(at + 20)};
    reader->on_block(reader->context, &block);
  }
}

void rtcp_read(const uint8_t *data, size_t bytes, const struct rtcp_reader *reader) {
  for (size_t at = 0; at < bytes; at += 4 + 4u * get16(data + at + 2)) {
    const uint8_t *body = data + at + 4;
    unsigned count = data[at] & 31;
    if (data[at + 1] == SENDER_REPORT) {
      struct sender_report report = {get32(body), get64(body + 4), get32(body + 12), get32(body + 16), get32(body + 20)};
      reader->on_sender(reader->context, &report);
      read_blocks(body + SENDER_INFO_BYTES, count, reader);
    } else if (data[at + 1] == RECEIVER_REPORT) {
      read_blocks(body + 4, count, reader);
    } else if (data[at + 1] == BYE) {
      reader->on_bye(reader->context);
    }
  }
}

static uint8_t *put_header(uint8_t *at, size_t count, uint8_t kind, size_t body_bytes) {
  at[0] = (uint8_t)(0x80 | count);
  at[1] = kind;
  put16(at + 2, (uint16_t)(body_bytes / 4));
  return at + 4;
}

static uint8_t *put_block(uint8_t *at, const struct report_block *block) {
  double fraction = fmin(255, fmax(0, floor(block->fraction_lost * 256)));
  int32_t lost = block->lost < -0x800000 ? -0x800000 : block->lost > 0x7FFFFF ? 0x7FFFFF : block->lost;
  put32(at, block->ssrc);
  put32(at + 4, (uint32_t)fraction << 24 | ((uint32_t)lost & 0xFFFFFF));
  put32(at + 8, block->highest_sequence);
  put32(at + 12, block->jitter_ticks);
  put32(at + 16, block->lsr);
  put32(at + 20, block->dlsr);
  return at + BLOCK_BYTES;
}

size_t rtcp_build(uint8_t *out, uint32_t ssrc, const struct sender_report *senders, size_t sender_count,
                  const struct report_block *block, bool bye) {
  uint8_t *at = out;
  if (sender_count > RTCP_MOST_SENDERS) sender_count = RTCP_MOST_SENDERS;
  for (size_t n = 0; n < sender_count; n++) {
    const struct report_block *here = n == 0 ? block : NULL;
    at = put_header(at, here ? 1 : 0, SENDER_REPORT, SENDER_INFO_BYTES + (here ? BLOCK_BYTES : 0));
    put32(at, senders[n].ssrc);
    put64(at + 4, senders[n].ntp);
    put32(at + 12, senders[n].ticks);
    put32(at + 16, senders[n].packets);
    put32(at + 20, senders[n].octets);
    at += SENDER_INFO_BYTES;
    if (here) at = put_block(at, here);
  }
  if (sender_count == 0) {
    at = put_header(at, block ? 1 : 0, RECEIVER_REPORT, 4 + (block ? BLOCK_BYTES : 0));
    put32(at, ssrc);
    at += 4;
    if (block) at = put_block(at, block);
  }
  size_t named = sender_count ? sender_count : 1;
  at = put_header(at, named, DESCRIPTION, named * (4 + sizeof CNAME_ITEM));
  for (size_t n = 0; n < named; n++) {
    put32(at, sender_count ? senders[n].ssrc : ssrc);
    memcpy(at + 4, CNAME_ITEM, sizeof CNAME_ITEM);
    at += 4 + sizeof CNAME_ITEM;
  }
  if (bye) {
    at = put_header(at, named, BYE, named * 4);
    for (size_t n = 0; n < named; n++, at += 4) put32(at, sender_count ? senders[n].ssrc : ssrc);
  }
  return (size_t)(at - out);
}

uint64_t ntp_of(double seconds) { return (uint64_t)((seconds + NTP_EPOCH_S) * 4294967296.0); }

double round_trip_s(const struct report_block *block, uint64_t ntp) {
  if (block->lsr == 0) return -1;
  uint32_t trip = (uint32_t)(ntp >> 16) - block->lsr - block->dlsr;
  if (trip >= 0xFFFF0000u) return 0;  // less than a second before zero: clocks tick in steps
  double seconds = trip / 65536.0;
  return seconds <= LONGEST_ROUND_TRIP_S ? seconds : -1;
}

void statistics_begin(struct receiver_statistics *statistics, uint32_t ssrc, uint16_t sequence) {
  *statistics =
      (struct receiver_statistics){.begun = true, .ssrc = ssrc, .first_sequence = sequence, .highest = sequence};
}

void statistics_add(struct receiver_statistics *statistics, uint16_t sequence, uint32_t ticks, double arrived_s) {
  uint16_t ahead = (uint16_t)(sequence - (uint16_t)statistics->highest);
  if (ahead < 0x8000) statistics->highest += ahead;
  statistics->received++;
  double transit = arrived_s * CLOCK_HZ - ticks;
  if (statistics->has_transit) {
    double difference = fmod(transit - statistics->transit + 2147483648.0, 4294967296.0);
    if (difference < 0) difference += 4294967296.0;
    difference = fabs(difference - 2147483648.0);
    if (difference < CLOCK_HZ)  // more than a second: the source paused its clock
      statistics->jitter_ticks += (difference - statistics->jitter_ticks) / 16;
  }
  statistics->transit = transit;
  statistics->has_transit = true;
}

void statistics_sender_report(struct receiver_statistics *statistics, const struct sender_report *report,
                              double arrived_s) {
  statistics->report_ntp = (uint32_t)(report->ntp >> 16);
  statistics->report_s = arrived_s;
  statistics->has_report = true;
}

static int64_t expected_of(const struct receiver_statistics *statistics) {
  return statistics->received ? statistics->highest - statistics->first_sequence + 1 : 0;
}

int64_t statistics_lost(const struct receiver_statistics *statistics) {
  int64_t lost = expected_of(statistics) - statistics->received;
  return lost > 0 ? lost : 0;  // a packet that came late was not lost
}

double statistics_report(struct receiver_statistics *statistics, double downlink_loss, double now_s,
                         struct report_block *block) {
  int64_t expected = expected_of(statistics) - statistics->expected_before;
  int64_t received = statistics->received - statistics->received_before;
  statistics->expected_before += expected;
  statistics->received_before += received;
  double own = expected > 0 && expected > received ? (double)(expected - received) / (double)expected : 0;
  double told = expected > 0 ? fmax(own, fmin(1, downlink_loss)) : 0;
  statistics->told_lost += (int64_t)nearbyint(told * (double)(expected > 0 ? expected : 0));
  *block = (struct report_block){
      .ssrc = statistics->ssrc,
      .fraction_lost = told,
      .lost = statistics->told_lost > 0x7FFFFF ? 0x7FFFFF : (int32_t)statistics->told_lost,
      .highest_sequence = (uint32_t)statistics->highest,
      .jitter_ticks = (uint32_t)statistics->jitter_ticks,
  };
  if (statistics->has_report) {
    block->lsr = statistics->report_ntp;
    block->dlsr = (uint32_t)fmin(4294967295.0, fmax(0, (now_s - statistics->report_s) * 65536));
  }
  return own;
}
