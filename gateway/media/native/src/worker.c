#include "worker.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MEDIA_NICENESS = -10 };  // of this thread alone (Linux)
enum { EVENTS_AT_ONCE = 256, HANDOVER_BYTES = 1 << 20 };

double monotonic_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void worker_send(struct worker *worker, struct endpoint *endpoint, const struct address *to, size_t bytes) {
  if (endpoint->fd >= 0) outbox_add(&worker->outbox, endpoint->fd, to, bytes);
}

void worker_wake(struct worker *worker) {
  uint64_t one = 1;
  if (!atomic_exchange(&worker->wake_signalled, true) && write(worker->wake_fd, &one, sizeof one) < 0)
    atomic_store(&worker->wake_signalled, false);
}

static void free_endpoint(struct endpoint *endpoint) {
  table_close(&endpoint->by_address);
  table_close(&endpoint->by_ssrc);
  table_close(&endpoint->by_ufrag);
  table_close(&endpoint->by_question);
  table_close(&endpoint->by_checked);
  free(endpoint);
}

void worker_bury(struct worker *worker) {
  while (worker->dead) {
    struct endpoint *endpoint = worker->dead;
    worker->dead = endpoint->next_dead;
    worker->gauges.endpoints--;
    free_endpoint(endpoint);
  }
}

static void *live(void *argument) {
  struct worker *worker = argument;
  // Sound waits for nobody: neither for the loop while calls are set up nor for other programs. Not allowed, not done.
  setpriority(PRIO_PROCESS, 0, MEDIA_NICENESS);
  double now_s = monotonic_s();
  while (!worker->stopping) {
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(worker->epoll_fd, events, EVENTS_AT_ONCE, worker_wait_ms(worker, now_s));
    for (int n = 0; n < count; n++) {
      uint64_t wakes;
      if (n + 4 < count && events[n + 4].data.ptr) __builtin_prefetch(events[n + 4].data.ptr);
      if (events[n].data.ptr) {
        worker_receive(worker, events[n].data.ptr);
      } else if (read(worker->wake_fd, &wakes, sizeof wakes) > 0) {
        atomic_store(&worker->wake_signalled, false);  // before looking: what comes later wakes again
      }
    }
    worker_take_arrivals(worker);
    now_s = monotonic_s();
    worker_run_commands(worker, now_s);
    worker_take_handovers(worker);
    worker_timers(worker, now_s);
    outbox_flush(&worker->outbox);
    worker_wake_others(worker);
    news_flush(&worker->news, now_s);
    worker_bury(worker);
  }
  return NULL;
}

bool worker_open(struct worker *worker, struct worker *all, int number, int count, int news_fd) {
  worker->number = number;
  worker->worker_count = count;
  worker->all = all;
  worker->leads = 1;
  worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  outbox_open(&worker->outbox);
  for (int n = 0; n < RECEIVED_AT_ONCE; n++) {
    worker->vectors[n] = (struct iovec){worker->received[n], DATAGRAM_BYTES};
    worker->messages[n].msg_hdr =
        (struct msghdr){.msg_name = &worker->from[n], .msg_iov = &worker->vectors[n], .msg_iovlen = 1};
  }
  struct epoll_event event = {.events = EPOLLIN};
  if (!news_open(&worker->news, news_fd) || worker->epoll_fd < 0 || worker->wake_fd < 0 ||
      epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->wake_fd, &event) < 0)
    return false;
  if (count == 1) return true;
  worker->inbound = calloc((size_t)count, sizeof *worker->inbound);
  if (!worker->inbound) return false;
  for (int n = 0; n < count; n++)
    if (n != number && !ring_open(&worker->inbound[n], HANDOVER_BYTES)) return false;
  return true;
}

bool worker_start(struct worker *worker) {
  sigset_t all, before;  // signals are for Python's main thread
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = pthread_create(&worker->thread, NULL, live, worker) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

void worker_close(struct worker *worker) {
  worker_run_commands(worker, monotonic_s());
  outbox_flush(&worker->outbox);
  worker_bury(worker);
  for (int n = 0; worker->inbound && n < worker->worker_count; n++) ring_close(&worker->inbound[n]);
  free(worker->inbound);
  for (int n = 0; n < PACE_SLOTS; n++) free(worker->slots[n].lines);
  table_close(&worker->flows);
  news_close(&worker->news);
  if (worker->epoll_fd >= 0) close(worker->epoll_fd);
  if (worker->wake_fd >= 0) close(worker->wake_fd);
}
