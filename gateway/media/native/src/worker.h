// One media thread: its sockets, its flows, its clock. The twin of python_plane.py's ticker and endpoints.
//
// Everything of an endpoint and its flows (keys, replay windows, lines, tables) is touched by one thread only, so the
// forwarding path takes no lock. Between threads there are three ways, none of which waits:
//   - Python's commands come through a stack that is exchanged whole (`commands`);
//   - news for Python go through rings (news.h);
//   - a packet whose listener lives on another worker is opened here and handed over clear, through a ring of that pair
//     of workers; the other one seals and sends it. So are reported losses, the other way.
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent.h"
#include "flow.h"
#include "news.h"
#include "outbox.h"
#include "ring.h"
#include "table.h"

enum {
  RECEIVED_AT_ONCE = 64,
  PACE_SLOTS = 4,  // lines are spread over the 20 ms, so that a thousand prompts are no burst
  REPORT_TURNS = 10,
  MOST_WORKERS = 64,
  MOST_PUSHED_BYTES = 1400,  // with headers and tag it fits into a datagram
};

struct endpoint {
  uint64_t id;
  int fd;  // negative: closed
  struct worker *worker;
  struct table by_address, by_ssrc;       // → struct flow
  struct flow *recent;  // whom media from `recent_address` is for, as long as the worker's `leads` are `recent_leads`
  struct address recent_address;
  uint64_t recent_leads;
  struct table by_ufrag, by_question, by_checked;  // → struct agent: whom a check calls, who asked, who was checked
  bool only_ours;                         // its legs are lite agents of ours: strangers are not Python's business
  int users;                              // flows and agents that send here
  struct endpoint *next_dead;
};

// What is alive, for tests and metrics to look at from elsewhere. `keys`: addresses, SSRCs and names that lead to one.
struct gauges {
  _Atomic int endpoints, flows, agents, paced, keys;
};

enum command_kind {
  COMMAND_ADD_ENDPOINT, COMMAND_CLOSE_ENDPOINT, COMMAND_ADD_FLOW, COMMAND_REMOVE_FLOW, COMMAND_SET_REMOTE,
  COMMAND_EXPECT, COMMAND_OPEN_GATE, COMMAND_HEAR, COMMAND_LISTEN, COMMAND_UNLISTEN, COMMAND_TAP, COMMAND_RECORD, COMMAND_PUSH,
  COMMAND_ADD_AGENT, COMMAND_NAME_PEER, COMMAND_CARRY, COMMAND_REMOVE_AGENT, COMMAND_STOP,
};

struct command {
  struct command *next;
  enum command_kind kind;
  struct endpoint *endpoint;
  struct flow *flow;
  struct agent *agent;
  char *ufrag, *pwd;  // the peer's; copies that are the command's
  uint8_t *payload;  // of `packet`; a copy that is the command's
  struct rtp packet;
  struct address address;
  uint64_t other;  // flow id: what is heard, or who listens
  struct worker *other_worker;
  prompt *prompt;  // held for the command
  enum source_kind source;
  uint8_t line;
  uint32_t number;
  bool on;
};

// Lines whose frames are due at the same time. Of those that hear somebody who speaks, only this list is looked at: a
// thousand lines are more memory than the caches have.
struct slot {
  struct paced {
    struct line *line;
    double rests_until_s;
  } *lines;
  int count, room;
  double due_s, wake_s;  // when its frame is due; when it is looked at
};

// A datagram of a batch; its bytes and its sender are in the worker's `messages`, at the same place.
struct arrival {
  struct endpoint *endpoint;
  struct flow *flow;
  struct address from;
  bool usable;
};

struct worker {
  int number, worker_count;
  struct worker *all;  // the plane's workers, this one among them
  pthread_t thread;
  int epoll_fd, wake_fd;
  bool stopping;
  _Atomic(struct command *) commands;  // the latest first
  _Atomic bool wake_signalled;
  _Atomic uint64_t strangers;  // datagrams of nobody we know, dropped
  uint64_t leads;      // how often it changed who is meant by what; from 1
  struct table flows;  // id → struct flow
  struct flow *turns[REPORT_TURNS];
  int turn;
  double turn_due_s;
  struct slot slots[PACE_SLOTS];
  struct agent *agents;
  struct endpoint *dead;  // freed at the end of a round: events of this round may still name them
  struct ring *inbound;   // by the number of the worker that hands over; NULL when there is one worker
  bool handed_to[MOST_WORKERS];
  struct gauges gauges;
  struct totals totals;
  struct outbox outbox;
  struct news news;
  int arrived;
  struct arrival arrivals[RECEIVED_AT_ONCE];
  struct mmsghdr messages[RECEIVED_AT_ONCE];
  struct iovec vectors[RECEIVED_AT_ONCE];
  union socket_address from[RECEIVED_AT_ONCE];
  uint8_t received[RECEIVED_AT_ONCE][DATAGRAM_BYTES];
};

double monotonic_s(void);

bool worker_open(struct worker *worker, struct worker *all, int number, int count, int news_fd);
bool worker_start(struct worker *worker);
// After the thread has ended, or instead of starting it.
void worker_close(struct worker *worker);
// From any thread; the worker frees it.
void worker_command(struct worker *worker, struct command *command);

// ---- for the worker's own thread (and for fuzzing, which needs none) ------------------------------------------------

// worker.c
// Takes the datagram that was written at `outbox_next`.
void worker_send(struct worker *worker, struct endpoint *endpoint, const struct address *to, size_t bytes);
void worker_wake(struct worker *worker);  // from any thread
void worker_bury(struct worker *worker);

// commands.c
void worker_run_commands(struct worker *worker, double now_s);
// Frees a command with all that is in it.
void command_free(struct command *command);

// arrivals.c
void worker_datagram(struct worker *worker, struct endpoint *endpoint, const struct address *from, uint8_t *data,
                     size_t bytes, double now_s);
// Reads what a socket has; when many datagrams have come, they are taken at once.
void worker_receive(struct worker *worker, struct endpoint *endpoint);
void worker_take_arrivals(struct worker *worker);

// pace.c
void worker_timers(struct worker *worker, double now_s);
int worker_wait_ms(const struct worker *worker, double now_s);
// A line that has to be ticked is, and another is not.
void worker_pace(struct worker *worker, struct line *line, double now_s);
void worker_unpace(struct worker *worker, struct line *line);

// handover.c
// A packet of `source` for one listener, wherever that lives.
void worker_forward(struct worker *worker, const struct flow *source, const struct listener *listener,
                    const struct rtp *packet, double now_s);
// The peer of `line` reported a loss: the flow that it hears tells its own peer.
void worker_tell_loss(struct worker *worker, const struct line *line, double loss, double now_s);
void worker_take_handovers(struct worker *worker);
void worker_wake_others(struct worker *worker);

// directory.c
struct flow *worker_flow(const struct worker *worker, uint64_t id);
struct line *worker_line(const struct worker *worker, uint64_t flow_id, uint8_t number);
// Whose media comes from there; NULL: nobody's.
struct flow *worker_sender(const struct worker *worker, struct endpoint *endpoint, const struct address *from);
void worker_lead_to(struct worker *worker, struct table *table, const void *key, size_t bytes, void *value);
void worker_lead_nowhere(struct worker *worker, struct table *table, const void *value);
// An agent's checked addresses lead to it and to its flow.
void worker_learn(struct worker *worker, struct agent *agent, const struct address *address);
void worker_unlearn(struct worker *worker, struct agent *agent, const struct address *address);
// Answers to the agent's open question lead to it; `asked`: from now on, else no longer.
void worker_asked(struct worker *worker, struct agent *agent, bool asked);
