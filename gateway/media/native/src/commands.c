// What Python asks of a worker, done on the worker's own thread.
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "worker.h"

void worker_command(struct worker *worker, struct command *command) {
  command->next = atomic_load(&worker->commands);
  while (!atomic_compare_exchange_weak(&worker->commands, &command->next, command)) continue;
  worker_wake(worker);
}

static void expect(struct worker *worker, const struct address *address, struct flow *flow) {
  worker_lead_to(worker, &flow->endpoint->by_address, address, sizeof *address, flow);
}

static void add_flow(struct worker *worker, struct flow *flow, double now_s) {
  if (!worker->flows.entry_count) worker->turn_due_s = now_s;
  table_put(&worker->flows, &flow->id, sizeof flow->id, flow);
  struct flow **turn = &worker->turns[flow->id % REPORT_TURNS];
  flow->previous = NULL;
  flow->next = *turn;
  if (flow->next) flow->next->previous = flow;
  *turn = flow;
  flow->endpoint->users++;
  expect(worker, &flow->remote, flow);
  worker->gauges.flows++;
}

static void bury_endpoint(struct worker *worker, struct endpoint *endpoint) {
  if (endpoint->fd >= 0 || endpoint->users > 0) return;
  endpoint->next_dead = worker->dead;
  worker->dead = endpoint;
}

static void remove_flow(struct worker *worker, struct flow *flow, double now_s) {
  for (int n = 0; n < flow->line_count; n++)
    if (flow->tally.lines[n].packets) {
      flow_send_reports(flow, now_s, true);
      break;
    }
  for (int n = 0; n < flow->line_count; n++) {
    struct line *line = &flow->lines[n];
    worker_unpace(worker, line);
    struct flow *source = line->source == HEARS_FLOW ? worker_flow(worker, line->source_flow) : NULL;
    if (source) flow_unlisten(source, flow->id, line->number);
  }
  if (flow->previous)
    flow->previous->next = flow->next;
  else
    worker->turns[flow->id % REPORT_TURNS] = flow->next;
  if (flow->next) flow->next->previous = flow->previous;
  flow_record(flow, false, 0);
  flow_record(flow, true, 0);
  struct endpoint *endpoint = flow->endpoint;
  if (flow->agent) flow->agent->flow = NULL;
  table_forget(&worker->flows, flow);
  worker_lead_nowhere(worker, &endpoint->by_address, flow);
  worker_lead_nowhere(worker, &endpoint->by_ssrc, flow);
  worker->gauges.flows--;
  endpoint->users--;
  flow_free(flow);
  bury_endpoint(worker, endpoint);
}

static void add_endpoint(struct worker *worker, struct endpoint *endpoint) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = endpoint};
  epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, endpoint->fd, &event);
  worker->gauges.endpoints++;
}

static void close_endpoint(struct worker *worker, struct endpoint *endpoint) {
  outbox_flush(&worker->outbox);  // goodbyes
  close(endpoint->fd);            // epoll forgets it with this
  endpoint->fd = -1;
  bury_endpoint(worker, endpoint);
}


// ---- agents ---------------------------------------------------------------------------------------------------------

static void add_agent(struct worker *worker, struct agent *agent) {
  agent->next = worker->agents;
  if (agent->next) agent->next->previous = agent;
  worker->agents = agent;
  worker->gauges.agents++;
  agent->endpoint->users++;
  if (agent->lite) agent->endpoint->only_ours = true;
  worker_lead_to(worker, &agent->endpoint->by_ufrag, agent->ufrag, agent->ufrag_bytes, agent);
}

// The agent keeps this flow's path from now on. `path`: where a full agent was nominated; a lite one knows.
static void carry(struct worker *worker, struct agent *agent, struct flow *flow, const struct address *path,
                  double now_s) {
  agent->flow = flow;
  flow->agent = agent;
  if (!agent->lite) {
    agent->path = *path;
    agent->has_path = true;
    agent->heard_s = agent->ask_s = now_s;
  }
  if (agent->has_path) flow->remote = agent->path;
  for (int n = 0; n < agent->path_count; n++) expect(worker, &agent->paths[n], flow);
}

static void remove_agent(struct worker *worker, struct agent *agent) {
  if (agent->previous)
    agent->previous->next = agent->next;
  else
    worker->agents = agent->next;
  if (agent->next) agent->next->previous = agent->previous;
  if (agent->flow) agent->flow->agent = NULL;
  struct endpoint *endpoint = agent->endpoint;
  worker_lead_nowhere(worker, &endpoint->by_ufrag, agent);
  worker_lead_nowhere(worker, &endpoint->by_question, agent);
  worker_lead_nowhere(worker, &endpoint->by_checked, agent);
  worker->gauges.agents--;
  endpoint->users--;
  OPENSSL_cleanse(agent, sizeof *agent);
  free(agent);
  bury_endpoint(worker, endpoint);
}

static void run(struct worker *worker, struct command *command, double now_s) {
  struct flow *flow = command->flow;
  switch (command->kind) {
    case COMMAND_ADD_ENDPOINT: add_endpoint(worker, command->endpoint); break;
    case COMMAND_CLOSE_ENDPOINT: close_endpoint(worker, command->endpoint); break;
    case COMMAND_ADD_FLOW: add_flow(worker, flow, now_s); break;
    case COMMAND_REMOVE_FLOW: remove_flow(worker, flow, now_s); break;
    case COMMAND_SET_REMOTE:
      flow->remote = command->address;
      expect(worker, &command->address, flow);
      break;
    case COMMAND_EXPECT: expect(worker, &command->address, flow); break;
    case COMMAND_OPEN_GATE:
      flow->gate_open = true;
      for (int n = 0; n < flow->line_count; n++) worker_pace(worker, &flow->lines[n], now_s);
      break;
    case COMMAND_HEAR:
      line_hear(&flow->lines[command->line], command->source, command->other, command->other_worker, command->prompt,
                command->number);
      worker_pace(worker, &flow->lines[command->line], now_s);
      break;
    case COMMAND_LISTEN:
      flow_listen(flow, command->other_worker,
                  command->other_worker == worker ? worker_line(worker, command->other, command->line) : NULL,
                  command->other, command->line);
      break;
    case COMMAND_UNLISTEN: flow_unlisten(flow, command->other, command->line); break;
    case COMMAND_TAP: flow->tapped = command->on; break;
    case COMMAND_RECORD: flow_record(flow, command->on, command->number); break;
    case COMMAND_PUSH: flow_push(flow, &command->packet, now_s); break;
    case COMMAND_ADD_AGENT: add_agent(worker, command->agent); break;
    case COMMAND_NAME_PEER: agent_name_peer(command->agent, command->ufrag, command->pwd); break;
    case COMMAND_CARRY: carry(worker, command->agent, flow, &command->address, now_s); break;
    case COMMAND_REMOVE_AGENT: remove_agent(worker, command->agent); break;
    case COMMAND_STOP: worker->stopping = true; break;
  }
}

void command_free(struct command *command) {
  prompt_release(command->prompt);
  free(command->payload);
  free(command->ufrag);
  if (command->pwd) OPENSSL_cleanse(command->pwd, strlen(command->pwd));
  free(command->pwd);
  free(command);
}

void worker_run_commands(struct worker *worker, double now_s) {
  if (!atomic_load_explicit(&worker->commands, memory_order_acquire)) return;
  struct command *latest = atomic_exchange(&worker->commands, NULL), *first = NULL;
  while (latest) {  // the stack has the latest on top
    struct command *next = latest->next;
    latest->next = first;
    first = latest;
    latest = next;
  }
  while (first) {
    struct command *next = first->next;
    run(worker, first, now_s);
    command_free(first);
    first = next;
  }
}
