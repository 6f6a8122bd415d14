// A worker's clock: prompts and silence every 20 ms, reports, consent.
#include <math.h>

#include "worker.h"

static const double CATCH_UP_S = 0.2;  // a longer stall of the process is not made up for: the frames are left out
static const double FASTEST_TICK_S = FRAME_S / 2;
static const double REPORT_TURN_S = 0.1;  // a flow has one of REPORT_TURNS: once each second
static const double REPORT_IDLE_S = 4.5;  // so: each five seconds
enum { LONGEST_WAIT_MS = 500 };

void worker_unpace(struct worker *worker, struct line *line) {
  if (line->slot < 0) return;
  if (line->previous)
    line->previous->next = line->next;
  else
    worker->slots[line->slot] = line->next;
  if (line->next) line->next->previous = line->previous;
  worker->slot_counts[line->slot]--;
  worker->gauges.paced--;
  line->slot = -1;
}

void worker_pace(struct worker *worker, struct line *line, double now_s) {
  if (!line_is_paced(line)) {
    worker_unpace(worker, line);
    return;
  }
  if (line->slot >= 0) return;
  int slot = 0;
  for (int n = 1; n < PACE_SLOTS; n++)
    if (worker->slot_counts[n] < worker->slot_counts[slot]) slot = n;
  if (worker->slot_counts[slot]++ == 0) {
    // Each slot keeps its place within the 20 ms, or they would drift together.
    double phase = slot * FRAME_S / PACE_SLOTS;
    worker->slot_due_s[slot] = worker->slot_wake_s[slot] = (floor((now_s - phase) / FRAME_S) + 1) * FRAME_S + phase;
  }
  worker->gauges.paced++;
  line->slot = slot;
  line->previous = NULL;
  line->next = worker->slots[slot];
  if (line->next) line->next->previous = line;
  worker->slots[slot] = line;
}

// Deadlines are absolute, so being late does not add up. After a stall ticks come twice as fast until they are on time
// again; a stall that is too long for that leaves frames out, and the clocks say so.
static void tick_slot(struct worker *worker, int slot, double now_s) {
  uint32_t frames = 1;
  double *due_s = &worker->slot_due_s[slot];
  if (now_s - *due_s > CATCH_UP_S) {
    uint32_t left_out = (uint32_t)((now_s - *due_s) / FRAME_S);
    frames += left_out;
    *due_s += left_out * FRAME_S;
  }
  *due_s += FRAME_S;
  worker->slot_wake_s[slot] = fmax(*due_s, now_s + FASTEST_TICK_S);
  for (struct line *line = worker->slots[slot], *next; line; line = next) {
    next = line->next;
    uint32_t number = line->hear_number;
    if (!line_tick(line, frames, now_s)) continue;
    line_hear(line, HEARS_NOTHING, 0, NULL, NULL, number);
    worker_pace(worker, line, now_s);
    news_tell(&worker->news, NEWS_PROMPT_ENDED, line->flow->id, line->number, number);
  }
}

static void report_turn(struct worker *worker, double now_s) {
  worker->turn_due_s = fmax(worker->turn_due_s + REPORT_TURN_S, now_s);
  worker->turn = (worker->turn + 1) % REPORT_TURNS;
  for (struct flow *flow = worker->turns[worker->turn]; flow; flow = flow->next) {
    if (flow_in_call(flow) || now_s - flow->rtcp_sent_s > REPORT_IDLE_S) flow_send_reports(flow, now_s, false);
    if (flow->agent) agent_tick(flow->agent, now_s);
  }
}

void worker_timers(struct worker *worker, double now_s) {
  for (int n = 0; n < PACE_SLOTS; n++)
    if (worker->slot_counts[n] && worker->slot_wake_s[n] <= now_s) tick_slot(worker, n, now_s);
  if (worker->flows.entry_count && worker->turn_due_s <= now_s) report_turn(worker, now_s);
}

int worker_wait_ms(const struct worker *worker, double now_s) {
  double due_s = now_s + LONGEST_WAIT_MS * 1e-3;
  for (int n = 0; n < PACE_SLOTS; n++)
    if (worker->slot_counts[n]) due_s = fmin(due_s, worker->slot_wake_s[n]);
  if (worker->flows.entry_count) due_s = fmin(due_s, worker->turn_due_s);
  due_s = fmin(due_s, news_due_s(&worker->news));
  return due_s <= now_s ? 0 : (int)ceil((due_s - now_s) * 1e3);
}
