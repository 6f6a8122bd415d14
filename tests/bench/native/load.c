// Load for a forwarder: two legs a call, each 50 packets a second, from one socket with an address for each leg.
//
//   load CALLS SECONDS PROFILE OWN_PORT BROWSER_PORT META_PORT…     (PROFILE 0: no SRTP, for the bare forwarder)
//
// Leg 2n is the browser's of call n (to BROWSER_PORT), leg 2n+1 Meta's (to the n-th META_PORT). Packets are sealed
// beforehand: all legs use one key. Every second each leg reports by RTCP, and every 2.5 s each browser checks by STUN;
// consent of Meta's legs is answered. With IDLE=1 there is nothing else. Prints one JSON object.
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "rtcp.h"
#include "rtp.h"
#include "srtp.h"
#include "stun.h"

enum { AT_ONCE = 64, PAYLOAD_BYTES = 80, KEPT = 64, HISTOGRAM = 200000, PACKET_BYTES = 256, TICKS_PER_FRAME = 20 };
static const uint8_t KEY[46] = "a master key and a salt of some forty-six byte";

struct packet {
  size_t bytes;
  uint8_t data[PACKET_BYTES];
};

union local_address {
  struct cmsghdr head;
  char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static int legs, fd;
static struct sockaddr_in *to;
static uint64_t (*sent_at)[KEPT];
static int32_t *first_sequence;
static uint32_t histogram[HISTOGRAM + 1];
static uint64_t sent, got, reports, checks_answered, consents, silences;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint32_t ip_of(int leg) { return htonl(127u << 24 | (uint32_t)(leg / 62500 + 1) << 16 | (uint32_t)(leg / 250 % 250 + 1) << 8 | (uint32_t)(leg % 250 + 1)); }

static int leg_of(uint32_t ip) {
  ip = ntohl(ip);
  return (int)((((ip >> 16 & 255) - 1) * 62500) + (((ip >> 8 & 255) - 1) * 250) + (ip & 255) - 1);
}

static struct mmsghdr out[AT_ONCE];
static struct iovec out_vectors[AT_ONCE];
static union local_address out_sources[AT_ONCE];
static uint8_t scratch[AT_ONCE][STUN_MOST_BYTES];
static int queued;

static void flush(void) {
  for (int at = 0; at < queued;) {
    int done = sendmmsg(fd, out + at, (unsigned)(queued - at), 0);
    at += done > 0 ? done : 1;
  }
  queued = 0;
}

static void send_from(int leg, const uint8_t *data, size_t bytes) {
  if (queued == AT_ONCE) flush();
  union local_address *source = &out_sources[queued];
  source->head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
  *(struct in_pktinfo *)CMSG_DATA(&source->head) = (struct in_pktinfo){.ipi_spec_dst.s_addr = ip_of(leg)};
  out_vectors[queued] = (struct iovec){(void *)data, bytes};
  out[queued].msg_hdr = (struct msghdr){.msg_name = &to[leg], .msg_namelen = sizeof to[leg], .msg_iov = &out_vectors[queued], .msg_iovlen = 1, .msg_control = source, .msg_controllen = sizeof *source};
  queued++;
}

static void answer(int leg, const uint8_t *data, size_t bytes, const struct sockaddr_in *from) {
  struct stun message;
  struct hmac key;
  hmac_key(&key, (const uint8_t *)"their password of 24 byte", 25);
  if (!stun_read(data, bytes, &message)) return;
  if (message.type != STUN_REQUEST) {
    checks_answered++;
    return;
  }
  struct address mapped;
  if (queued == AT_ONCE) flush();
  address_of_socket(&(union socket_address){.v4 = *from}, &mapped);
  size_t size = stun_success(scratch[queued], message.transaction, &mapped, &key);
  send_from(leg, scratch[queued], size);
  consents++;
}

static void check(int leg) {
  uint8_t transaction[STUN_TRANSACTION_BYTES];
  char name[64];
  struct hmac key;
  hmac_key(&key, (const uint8_t *)"our password of 24 chars", 24);
  for (size_t n = 0; n < sizeof transaction; n++) transaction[n] = (uint8_t)rand();
  int bytes = snprintf(name, sizeof name, "u%d:theirs", leg / 2);
  if (queued == AT_ONCE) flush();
  size_t size = stun_check(scratch[queued], transaction, name, (size_t)bytes, true, 1, &key);
  send_from(leg, scratch[queued], size);
}

static void take(const uint8_t *data, size_t bytes, uint32_t ip, const struct sockaddr_in *from, uint64_t at, uint64_t warm) {
  int leg = leg_of(ip);
  if (leg < 0 || leg >= legs || bytes < 12) return;
  if (is_stun(data, bytes)) {
    answer(leg, data, bytes, from);
  } else if (is_rtcp(data)) {
    reports++;
  } else {
    int32_t sequence = get16(data + 2);
    if (bytes < PAYLOAD_BYTES) {  // silence, before the voices begin and after they have ended
      silences++;
      return;
    }
    if (first_sequence[leg] < 0) first_sequence[leg] = sequence;
    uint64_t then = sent_at[leg ^ 1][(uint16_t)(sequence - first_sequence[leg]) % KEPT];
    got++;
    if (then < warm) return;
    uint64_t us = (at - then) / 1000;
    histogram[us < HISTOGRAM ? us : HISTOGRAM]++;
  }
}

static double percentile(double part) {
  uint64_t all = 0, seen = 0;
  for (int n = 0; n <= HISTOGRAM; n++) all += histogram[n];
  for (int n = 0; n <= HISTOGRAM; n++)
    if ((double)(seen += histogram[n]) >= part * (double)all) return n / 1000.0;
  return -1;
}

int main(int count, char **arguments) {
  if (count < 7) return 2;
  int calls = atoi(arguments[1]), seconds = atoi(arguments[2]), profile = atoi(arguments[3]);
  bool idle = getenv("IDLE") && atoi(getenv("IDLE"));  // only reports and checks
  legs = 2 * calls;
  fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  int one = 1, size = 64 << 20;
  setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[4]))};
  if (bind(fd, (struct sockaddr *)&here, sizeof here)) return 3;
  to = calloc((size_t)legs, sizeof *to);
  sent_at = calloc((size_t)legs, sizeof *sent_at);
  first_sequence = malloc((size_t)legs * sizeof *first_sequence);
  for (int leg = 0; leg < legs; leg++) {
    first_sequence[leg] = -1;
    int port = atoi(arguments[leg & 1 ? 6 + leg / 2 : 5]);
    to[leg] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  }
  int frames = seconds * 50;
  struct packet *voices = calloc((size_t)frames, sizeof *voices), *told = calloc((size_t)seconds + 1, sizeof *told);
  srtp *session = profile ? srtp_new(profile, KEY, profile == 1 ? 30 : profile == 7 ? 28 : 44) : NULL;
  for (int n = 0; n < frames; n++) {
    struct packet *voice = &voices[n];
    rtp_pack_header(voice->data, 111, n == 0, (uint16_t)n, (uint32_t)n * 960, 0x11111111);
    for (int at = 0; at < PAYLOAD_BYTES; at++) voice->data[12 + at] = (uint8_t)(at * 7 + n);
    voice->bytes = 12 + PAYLOAD_BYTES;
    if (session) voice->bytes = (size_t)srtp_protect(session, voice->data, voice->bytes, PACKET_BYTES);
  }
  for (int n = 0; session && n < seconds; n++) {
    struct report_block block = {.ssrc = 7000, .lsr = 1};
    told[n].bytes = rtcp_build(told[n].data, 0x11111111, NULL, 0, &block, false);
    told[n].bytes = (size_t)srtp_protect_rtcp(session, told[n].data, told[n].bytes, PACKET_BYTES);
  }
  static struct mmsghdr in[AT_ONCE];
  static struct iovec in_vectors[AT_ONCE];
  static union local_address in_sources[AT_ONCE];
  static struct sockaddr_in in_from[AT_ONCE];
  static uint8_t in_data[AT_ONCE][2048];
  uint64_t start = now_ns() + 100000000u, warm = start + 1000000000u, latest = 0;
  int ticks = frames * TICKS_PER_FRAME, tick = 0;
  uint64_t end = start + (uint64_t)ticks * 1000000u + 400000000u;
  for (uint64_t now; (now = now_ns()) < end;) {
    uint64_t due = start + (uint64_t)tick * 1000000u;
    if (tick < ticks && now >= due) {
      if (now - due > latest) latest = now - due;
      int frame = tick / TICKS_PER_FRAME;
      for (int leg = tick % TICKS_PER_FRAME; leg < legs; leg += TICKS_PER_FRAME) {
        if (!idle) {
          sent_at[leg][frame % KEPT] = now_ns();
          send_from(leg, voices[frame].data, voices[frame].bytes);
          sent++;
        }
        if (session && frame % 50 == leg / TICKS_PER_FRAME % 50) send_from(leg, told[frame / 50].data, told[frame / 50].bytes);
        if (session && !(leg & 1) && frame % 125 == leg / TICKS_PER_FRAME % 125) check(leg);
      }
      flush();
      tick++;
    }
    for (int n = 0; n < AT_ONCE; n++) {
      in_vectors[n] = (struct iovec){in_data[n], sizeof in_data[n]};
      in[n].msg_hdr = (struct msghdr){.msg_name = &in_from[n], .msg_namelen = sizeof in_from[n], .msg_iov = &in_vectors[n], .msg_iovlen = 1, .msg_control = &in_sources[n], .msg_controllen = sizeof in_sources[n]};
    }
    int came = recvmmsg(fd, in, AT_ONCE, MSG_DONTWAIT, NULL);
    now = now_ns();
    for (int n = 0; n < came; n++) {
      struct cmsghdr *head = CMSG_FIRSTHDR(&in[n].msg_hdr);
      if (head) take(in_data[n], in[n].msg_len, ((struct in_pktinfo *)CMSG_DATA(head))->ipi_addr.s_addr, &in_from[n], now, warm);
    }
    flush();
    int64_t wait = (int64_t)(start + (uint64_t)tick * 1000000u - now_ns());
    if (came <= 0 && wait > 20000) {
      struct pollfd poller = {fd, POLLIN, 0};
      ppoll(&poller, 1, &(struct timespec){0, wait > 1000000 ? 1000000 : wait}, NULL);
    }
  }
  printf("{\"sent\": %lu, \"got\": %lu, \"reports\": %lu, \"checks_answered\": %lu, \"consents\": %lu, \"silences\": %lu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"latest_tick_ms\": %.1f}\n", sent, got, reports, checks_answered, consents, silences, percentile(0.5), percentile(0.99), (double)latest / 1e6);
  return 0;
}
