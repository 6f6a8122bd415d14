// A worker's clock: prompts and silence every 20 ms, reports, consent.
#include <math.h>
#include <stdlib.h>

#include "worker.h"

static const double CATCH_UP_S = 0.2;  // a longer stall of the process is not made up for: the frames are left out
static const double FASTEST_TICK_S = FRAME_S / 2;
static const double REPORT_TURN_S = 0.1;  // a flow has one of REPORT_TURNS: once each second
static const double REPORT_IDLE_S = 4.5;  // so: each five seconds
enum { LONGEST_WAIT_MS = 500, FIRST_ROOM = 64 };

void worker_unpace(struct worker *worker, struct line *line) {
  if (line->slot < 0) return;
  struct slot *slot = &worker->slots[line->slot];
  struct paced *last = &slot->lines[--slot->count];
  slot->lines[line->place] = *last;
  last->line->place = line->place;
  worker->gauges.paced--;
  line->slot = -1;
}

static bool has_room(struct slot *slot) {
  if (slot->count < slot->room) return true;
  int room = slot->room ? 2 * slot->room : FIRST_ROOM;
  struct paced *lines = realloc(slot->lines, (size_t)room * sizeof *lines);
  if (!lines) return false;
  slot->lines = lines;
  slot->room = room;
  return true;
}

void worker_pace(struct worker *worker, struct line *line, double now_s) {
  if (!line_is_paced(line)) {
    worker_unpace(worker, line);
    return;
  }
  if (line->slot >= 0) {  // it may have something else to say than what it rested for
    worker->slots[line->slot].lines[line->place].rests_until_s = -INFINITY;
    return;
  }
  int number = 0;
  for (int n = 1; n < PACE_SLOTS; n++)
    if (worker->slots[n].count < worker->slots[number].count) number = n;
  struct slot *slot = &worker->slots[number];
  if (!has_room(slot)) return;
  if (slot->count == 0) {
    // Each slot keeps its place within the 20 ms, or they would drift together.
    double phase = number * FRAME_S / PACE_SLOTS;
    slot->due_s = slot->wake_s = (floor((now_s - phase) / FRAME_S) + 1) * FRAME_S + phase;
  }
  worker->gauges.paced++;
  line->slot = number;
  line->place = slot->count;
  slot->lines[slot->count++] = (struct paced){line, -INFINITY};
}

static void prompt_ended(struct worker *worker, struct line *line, double now_s) {
  uint32_t number = line->hear_number;
  line_hear(line, HEARS_NOTHING, 0, NULL, NULL, number);
  worker_pace(worker, line, now_s);
  news_tell(&worker->news, NEWS_PROMPT_ENDED, line->flow->id, line->number, number);
}

// Deadlines are absolute, so being late does not add up. After a stall ticks come twice as fast until they are on time
// again; a stall that is too long for that leaves frames out, and the clocks say so.
static void tick_slot(struct worker *worker, struct slot *slot, double now_s) {
  uint32_t frames = 1;
  if (now_s - slot->due_s > CATCH_UP_S) {
    uint32_t left_out = (uint32_t)((now_s - slot->due_s) / FRAME_S);
    frames += left_out;
    slot->due_s += left_out * FRAME_S;
  }
  slot->due_s += FRAME_S;
  slot->wake_s = fmax(slot->due_s, now_s + FASTEST_TICK_S);
  for (int n = slot->count - 1; n >= 0; n--) {  // backwards: one that ends here leaves its place to the last
    struct paced *paced = &slot->lines[n];
    if (now_s < paced->rests_until_s) continue;
    struct line *line = paced->line;
    if (line_tick(line, frames, now_s))
      prompt_ended(worker, line, now_s);
    else
      paced->rests_until_s = line_rests_until_s(line);
  }
}

static void report_turn(struct worker *worker, double now_s) {
  worker->turn_due_s = fmax(worker->turn_due_s + REPORT_TURN_S, now_s);
  worker->turn = (worker->turn + 1) % REPORT_TURNS;
  for (struct flow *flow = worker->turns[worker->turn]; flow; flow = flow->next) {
    if (flow_in_call(flow) || now_s - flow->rtcp_sent_s > REPORT_IDLE_S) flow_send_reports(flow, now_s, false);
    if (flow->agent) agent_tick(flow->agent, now_s);
    flow_tell_tape(flow, now_s);  // a speaker who paused does not push the last words on
  }
}

void worker_timers(struct worker *worker, double now_s) {
  for (int n = 0; n < PACE_SLOTS; n++)
    if (worker->slots[n].count && worker->slots[n].wake_s <= now_s) tick_slot(worker, &worker->slots[n], now_s);
  if (worker->flows.entry_count && worker->turn_due_s <= now_s) report_turn(worker, now_s);
}

int worker_wait_ms(const struct worker *worker, double now_s) {
  double due_s = now_s + LONGEST_WAIT_MS * 1e-3;
  for (int n = 0; n < PACE_SLOTS; n++)
    if (worker->slots[n].count) due_s = fmin(due_s, worker->slots[n].wake_s);
  if (worker->flows.entry_count) due_s = fmin(due_s, worker->turn_due_s);
  due_s = fmin(due_s, news_due_s(&worker->news));
  return due_s <= now_s ? 0 : (int)ceil((due_s - now_s) * 1e3);
}
