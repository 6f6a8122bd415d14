// The bar: the same sockets and batches, and nothing but forwarding. bare CALLS
// Prints its ports, then on the end of its input the CPU it took for each packet.
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 64, EVENTS = 256 };

static uint32_t ip_of(int leg) { return htonl(127u << 24 | (uint32_t)(leg / 62500 + 1) << 16 | (uint32_t)(leg / 250 % 250 + 1) << 8 | (uint32_t)(leg % 250 + 1)); }

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

static double cpu_s(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int main(int count, char **arguments) {
  int calls = count > 1 ? atoi(arguments[1]) : 1, poller = epoll_create1(0);
  int *fds = calloc((size_t)calls + 1, sizeof *fds);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  for (int n = 0; n <= calls; n++) {
    fds[n] = open_socket();
    epoll_ctl(poller, EPOLL_CTL_ADD, fds[n], &(struct epoll_event){EPOLLIN, {.u32 = (uint32_t)n}});
  }
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &(struct epoll_event){EPOLLIN, {.u32 = UINT32_MAX}});
  printf("\n");
  fflush(stdout);
  static struct mmsghdr in[AT_ONCE], out[AT_ONCE];
  static struct iovec vectors[AT_ONCE];
  static struct sockaddr_in from[AT_ONCE], to[AT_ONCE];
  static uint8_t data[AT_ONCE][2048];
  double before = cpu_s();
  uint64_t packets = 0;
  for (;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, -1), queued = 0;
    for (int e = 0; e < ready; e++) {
      if (events[e].data.u32 == UINT32_MAX) {
        printf("{\"packets\": %lu, \"cpu_s\": %.6f}\n", packets, cpu_s() - before);
        return 0;
      }
      int socket = (int)events[e].data.u32, room = AT_ONCE - queued;
      for (int n = queued; n < AT_ONCE; n++) {
        vectors[n] = (struct iovec){data[n], sizeof data[n]};
        in[n].msg_hdr = (struct msghdr){.msg_name = &from[n], .msg_namelen = sizeof from[n], .msg_iov = &vectors[n], .msg_iovlen = 1};
      }
      int came = recvmmsg(fds[socket], in + queued, (unsigned)room, MSG_DONTWAIT, NULL);
      for (int n = queued; n < queued + came; n++) {
        int leg = leg_of(from[n].sin_addr.s_addr) ^ 1;
        to[n] = from[n];
        to[n].sin_addr.s_addr = ip_of(leg);
        vectors[n].iov_len = in[n].msg_len;
        out[n].msg_hdr = (struct msghdr){.msg_name = &to[n], .msg_namelen = sizeof to[n], .msg_iov = &vectors[n], .msg_iovlen = 1};
        if (socket == 0 && sendmmsg(fds[1 + leg / 2], out + n, 1, 0) > 0) packets++;  // each to a socket of its own
      }
      if (socket == 0 || came <= 0) continue;
      queued += came;  // all of these leave by the browsers' port
      if (queued < AT_ONCE && e + 1 < ready && events[e + 1].data.u32 != 0) continue;
      int done = sendmmsg(fds[0], out, (unsigned)queued, 0);
      if (done > 0) packets += (uint64_t)done;
      queued = 0;
    }
    if (queued) {
      int done = sendmmsg(fds[0], out, (unsigned)queued, 0);
      if (done > 0) packets += (uint64_t)done;
    }
  }
}
