#include "agent.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "worker.h"

static const double CONSENT_EVERY_S = 5;  // times 0.8 to 1.2 (RFC 7675 §5.1)
static const double CONSENT_HOLDS_S = 30;

static bool keep_text(char *out, size_t *bytes, const char *text) {
  *bytes = strlen(text);
  if (*bytes == 0 || *bytes > MOST_UFRAG_BYTES) return false;
  memcpy(out, text, *bytes);
  return true;
}

struct agent *agent_new(uint64_t id, bool lite, const char *ufrag, const char *pwd) {
  struct agent *agent = calloc(1, sizeof *agent);
  if (!agent) return NULL;
  agent->id = id;
  agent->lite = lite;
  atomic_init(&agent->check_s, -1);
  hmac_key(&agent->key, (const uint8_t *)pwd, strlen(pwd));
  if (keep_text(agent->ufrag, &agent->ufrag_bytes, ufrag) && agent->ufrag_bytes <= KEPT_UFRAG_BYTES) return agent;
  free(agent);
  return NULL;
}

bool agent_name_peer(struct agent *agent, const char *ufrag, const char *pwd) {
  hmac_key(&agent->peer_key, (const uint8_t *)pwd, strlen(pwd));
  return agent->has_peer = keep_text(agent->peer_ufrag, &agent->peer_ufrag_bytes, ufrag);
}

bool agent_knows(const struct agent *agent, const struct address *address) {
  for (int n = 0; n < agent->path_count; n++)
    if (address_equal(&agent->paths[n], address)) return true;
  return false;
}

// ---- paths ----------------------------------------------------------------------------------------------------------

static void forget_oldest(struct agent *agent) {
  int oldest = address_equal(&agent->paths[0], &agent->path) ? 1 : 0;
  worker_unlearn(agent->worker, agent, &agent->paths[oldest]);
  memmove(agent->paths + oldest, agent->paths + oldest + 1,
          (size_t)(agent->path_count - oldest - 1) * sizeof *agent->paths);
  agent->path_count--;
}

static void checked(struct agent *agent, const struct address *from, bool nominated, double now_s) {
  atomic_store_explicit(&agent->check_s, now_s, memory_order_relaxed);
  bool learnt = !agent_knows(agent, from);
  bool moved = !agent->has_path || (nominated && !address_equal(&agent->path, from));
  if (learnt) {
    if (agent->path_count == MOST_PATHS) forget_oldest(agent);
    agent->paths[agent->path_count++] = *from;
    worker_learn(agent->worker, agent, from);
  }
  if (moved) {
    agent->path = *from;
    agent->has_path = true;
    if (agent->flow) agent->flow->remote = *from;
  }
  if (learnt || moved) news_tell_address(&agent->worker->news, NEWS_PATH, agent->id, moved, from);
}

// ---- messages -------------------------------------------------------------------------------------------------------

static bool is_called(const struct agent *agent, const struct stun *message) {
  size_t ours = agent->ufrag_bytes, theirs = agent->peer_ufrag_bytes;
  if (!message->username || message->username_bytes < ours + 1 || message->username[ours] != ':') return false;
  if (memcmp(message->username, agent->ufrag, ours) != 0) return false;
  if (!agent->has_peer) return true;
  return message->username_bytes == ours + 1 + theirs &&
         memcmp(message->username + ours + 1, agent->peer_ufrag, theirs) == 0;
}

static bool on_request(struct agent *agent, const uint8_t *data, const struct stun *message,
                       const struct address *from, double now_s) {
  if (!is_called(agent, message) || !stun_authentic(data, message, &agent->key)) return agent->lite;
  bool conflict = agent->lite ? message->controlled : message->controlling;
  if (conflict && !agent->lite) return false;  // aioice knows the tie-breaker's rules
  uint8_t *out = outbox_next(&agent->worker->outbox);
  size_t bytes = conflict ? stun_role_conflict(out, message->transaction, &agent->key)
                          : stun_success(out, message->transaction, from, &agent->key);
  worker_send(agent->worker, agent->endpoint, from, bytes);
  if (agent->lite && !conflict) checked(agent, from, message->use_candidate, now_s);
  return true;
}

static bool on_answer(struct agent *agent, const uint8_t *data, const struct stun *message, const struct address *from,
                      double now_s) {
  struct question *question = &agent->question;
  if (!question->open || memcmp(question->transaction, message->transaction, STUN_TRANSACTION_BYTES) != 0 ||
      !address_equal(&question->to, from) || !stun_authentic(data, message, &agent->peer_key))
    return false;
  question->open = false;
  worker_asked(agent->worker, agent, false);
  agent->heard_s = now_s;
  if (agent->lite) checked(agent, from, true, now_s);
  return true;
}

bool agent_receive(struct agent *agent, const uint8_t *data, const struct stun *message, const struct address *from,
                   double now_s) {
  if (message->type == STUN_REQUEST) return on_request(agent, data, message, from, now_s);
  return message->type == STUN_RESPONSE && on_answer(agent, data, message, from, now_s);
}

static void ask(struct agent *agent, const struct address *to) {
  struct question *question = &agent->question;
  char username[2 * MOST_UFRAG_BYTES + 1];
  size_t bytes = agent->peer_ufrag_bytes;
  worker_asked(agent->worker, agent, false);
  if (getrandom(question->transaction, sizeof question->transaction, 0) != sizeof question->transaction) return;
  worker_asked(agent->worker, agent, true);
  memcpy(username, agent->peer_ufrag, bytes);
  username[bytes++] = ':';
  memcpy(username + bytes, agent->ufrag, agent->ufrag_bytes);
  bytes += agent->ufrag_bytes;
  question->open = true;
  question->to = *to;
  uint8_t *out = outbox_next(&agent->worker->outbox);
  size_t size =
      stun_check(out, question->transaction, username, bytes, !agent->lite, agent->tie_breaker, &agent->peer_key);
  worker_send(agent->worker, agent->endpoint, to, size);
}

void agent_probe(struct agent *agent, const struct address *to) {
  if (agent->lite && agent->has_peer) ask(agent, to);
}

void agent_tick(struct agent *agent, double now_s) {
  if (agent->lite || agent->consent_lost || now_s < agent->ask_s) return;
  if (now_s - agent->heard_s > CONSENT_HOLDS_S) {
    agent->consent_lost = true;
    news_tell(&agent->worker->news, NEWS_CONSENT_LOST, agent->id, 0, 0);
    return;
  }
  ask(agent, &agent->path);
  uint8_t random = agent->question.transaction[0];
  agent->ask_s = now_s + CONSENT_EVERY_S * (0.8 + 0.4 * random / 255);
}
