// The bar: a plane's sockets and system calls, and nothing but forwarding between them.
//
//   bare CALLS
//
// Prints the browsers' port and one for each call. A line of input begins the measuring and another ends it; prints
// what it used, as JSON.
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 64, EVENTS = 256, DATAGRAM_BYTES = 2048, BROWSERS = 0 };
static const uint32_t INPUT = UINT32_MAX;

struct datagram {
  struct sockaddr_in address;
  struct iovec vector;
  uint8_t data[DATAGRAM_BYTES];
};

static int *fds;  // the browsers' first, then one for each call
static struct datagram received[AT_ONCE], leaving[AT_ONCE];
static struct mmsghdr in[AT_ONCE], out[AT_ONCE];
static unsigned queued;  // of `leaving`: all go by the browsers' port
static uint64_t packets;

static uint32_t ip_of(int leg) {
  return htonl(127u << 24 | (uint32_t)(leg / 62500 + 1) << 16 | (uint32_t)(leg / 250 % 250 + 1) << 8 |
               (uint32_t)(leg % 250 + 1));
}

static int leg_of(uint32_t ip) {
  ip = ntohl(ip);
  return (int)((((ip >> 16 & 255) - 1) * 62500) + (((ip >> 8 & 255) - 1) * 250) + (ip & 255) - 1);
}

static int open_socket(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = 4 << 20;
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t bytes = sizeof here;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  if (bind(fd, (struct sockaddr *)&here, sizeof here) || getsockname(fd, (struct sockaddr *)&here, &bytes)) exit(1);
  printf(" %d", ntohs(here.sin_port));
  return fd;
}

static void flush(void) {
  for (unsigned at = 0; at < queued;) {
    int sent = sendmmsg(fds[BROWSERS], out + at, queued - at, MSG_DONTWAIT);
    packets += sent > 0 ? (uint64_t)sent : 0;
    at += sent > 0 ? (unsigned)sent : 1;
  }
  queued = 0;
}

static void from_browsers(void) {
  for (int n = 0; n < AT_ONCE; n++) in[n].msg_hdr.msg_namelen = sizeof received[n].address;
  int count = recvmmsg(fds[BROWSERS], in, AT_ONCE, MSG_DONTWAIT, NULL);
  for (int n = 0; n < count; n++) {
    int leg = leg_of(received[n].address.sin_addr.s_addr) ^ 1;
    received[n].address.sin_addr.s_addr = ip_of(leg);
    if (sendto(fds[1 + leg / 2], received[n].data, in[n].msg_len, MSG_DONTWAIT,
               (struct sockaddr *)&received[n].address, sizeof received[n].address) > 0)
      packets++;
  }
}

static void from_meta(int fd) {
  struct datagram *datagram = &leaving[queued];
  socklen_t size = sizeof datagram->address;
  ssize_t bytes = recvfrom(fd, datagram->data, DATAGRAM_BYTES, MSG_DONTWAIT, (struct sockaddr *)&datagram->address, &size);
  if (bytes < 0) return;
  datagram->address.sin_addr.s_addr = ip_of(leg_of(datagram->address.sin_addr.s_addr) ^ 1);
  datagram->vector.iov_len = (size_t)bytes;
  if (++queued == AT_ONCE) flush();
}

static double cpu_s(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double monotonic_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  int calls = count > 1 ? atoi(arguments[1]) : 1, poller = epoll_create1(0);
  fds = calloc((size_t)calls + 1, sizeof *fds);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  printf("0");  // the load may take any port: answers go to where a datagram came from
  for (int n = 0; n <= calls; n++) {
    fds[n] = open_socket();
    epoll_ctl(poller, EPOLL_CTL_ADD, fds[n], &(struct epoll_event){EPOLLIN, {.u32 = (uint32_t)n}});
  }
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &(struct epoll_event){EPOLLIN, {.u32 = INPUT}});
  for (int n = 0; n < AT_ONCE; n++) {
    received[n].vector = (struct iovec){received[n].data, DATAGRAM_BYTES};
    leaving[n].vector = (struct iovec){leaving[n].data, DATAGRAM_BYTES};
    in[n].msg_hdr = (struct msghdr){.msg_name = &received[n].address, .msg_iov = &received[n].vector, .msg_iovlen = 1};
    out[n].msg_hdr = (struct msghdr){.msg_name = &leaving[n].address, .msg_namelen = sizeof leaving[n].address,
                                     .msg_iov = &leaving[n].vector, .msg_iovlen = 1};
  }
  printf("\n");
  fflush(stdout);
  double began_cpu_s = 0, began_s = 0;
  for (bool measuring = false;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, -1);
    for (int e = 0; e < ready; e++) {
      char line[16];
      if (events[e].data.u32 == BROWSERS) {
        from_browsers();
      } else if (events[e].data.u32 != INPUT) {
        from_meta(fds[events[e].data.u32]);
      } else if (read(0, line, sizeof line) > 0 && !measuring) {
        measuring = true;
        began_cpu_s = cpu_s();
        began_s = monotonic_s();
      } else {
        printf("{\"packets\": %lu, \"cpu_s\": %.6f, \"seconds\": %.3f}\n", packets, cpu_s() - began_cpu_s,
               monotonic_s() - began_s);
        return 0;
      }
    }
    flush();
  }
}
