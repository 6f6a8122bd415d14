// Who is meant by an address, an SSRC, a name or a question.
#include "worker.h"

void worker_lead_to(struct worker *worker, struct table *table, const void *key, size_t bytes, void *value) {
  size_t before = table->entry_count;
  table_put(table, key, bytes, value);
  worker->gauges.keys += (int)(table->entry_count - before);
  worker->leads++;
}

void worker_lead_nowhere(struct worker *worker, struct table *table, const void *value) {
  size_t before = table->entry_count;
  table_forget(table, value);
  worker->gauges.keys -= (int)(before - table->entry_count);
  worker->leads++;
}

static void lead_from(struct worker *worker, struct table *table, const struct address *address, const void *value) {
  if (table_get(table, address, sizeof *address) != value) return;  // somebody else was checked there since
  table_drop(table, address, sizeof *address);
  worker->gauges.keys--;
  worker->leads++;
}

void worker_learn(struct worker *worker, struct agent *agent, const struct address *address) {
  worker_lead_to(worker, &agent->endpoint->by_checked, address, sizeof *address, agent);
  if (agent->flow) worker_lead_to(worker, &agent->endpoint->by_address, address, sizeof *address, agent->flow);
}

void worker_unlearn(struct worker *worker, struct agent *agent, const struct address *address) {
  lead_from(worker, &agent->endpoint->by_checked, address, agent);
  if (agent->flow) lead_from(worker, &agent->endpoint->by_address, address, agent->flow);
}

void worker_asked(struct worker *worker, struct agent *agent, bool asked) {
  struct table *table = &agent->endpoint->by_question;
  const uint8_t *transaction = agent->question.transaction;
  if (asked) {
    worker_lead_to(worker, table, transaction, STUN_TRANSACTION_BYTES, agent);
  } else if (table_get(table, transaction, STUN_TRANSACTION_BYTES) == agent) {
    table_drop(table, transaction, STUN_TRANSACTION_BYTES);
    worker->gauges.keys--;
  }
}

struct flow *worker_flow(const struct worker *worker, uint64_t id) {
  return table_get(&worker->flows, &id, sizeof id);
}

struct line *worker_line(const struct worker *worker, uint64_t flow_id, uint8_t number) {
  struct flow *flow = worker_flow(worker, flow_id);
  return flow && number < flow->line_count ? &flow->lines[number] : NULL;
}

struct flow *worker_sender(const struct worker *worker, struct endpoint *endpoint, const struct address *from) {
  if (endpoint->recent_leads == worker->leads && address_equal(&endpoint->recent_address, from))
    return endpoint->recent;
  endpoint->recent = table_get(&endpoint->by_address, from, sizeof *from);
  endpoint->recent_address = *from;
  endpoint->recent_leads = worker->leads;
  return endpoint->recent;
}
