// Everything that comes from the wire, into one worker without a thread: bytes of the input say what comes next.
//
// Two flows hear each other; one has a lite agent, the other a full one's consent. Datagrams come as they are, or as an
// authenticated peer would send them: sealed with its keys, signed with the password. Time is the input's, too.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "worker.h"

enum { FLOWS = 2, MOST_BODY_BYTES = 1500 };

static struct worker *worker;
static const uint8_t KEY[46] = "a master key and a salt of some forty-six byte";
static const char UFRAG[] = "ourufrag", PWD[] = "our password of 24 chars", PEER_UFRAG[] = "peer",
                  PEER_PWD[] = "their password of 24 byte";

struct input {
  const uint8_t *at;
  size_t left;
};

static uint8_t take(struct input *input) {
  if (!input->left) return 0;
  input->left--;
  return *input->at++;
}

static size_t take_body(struct input *input, uint8_t *out) {
  size_t bytes = (size_t)(take(input) << 8 | take(input)) % (MOST_BODY_BYTES + 1);
  if (bytes > input->left) bytes = input->left;
  memcpy(out, input->at, bytes);
  input->at += bytes;
  input->left -= bytes;
  return bytes;
}

static struct address address_of(uint8_t number) {
  struct address address = {.port = (uint16_t)(1000 + number % 12), .family = number & 0x80 ? 6 : 4};
  memcpy(address.ip, "\x7f\0\0\1", 4);
  return address;
}

static void command(struct command what, double now_s) {
  struct command *copy = malloc(sizeof *copy);
  *copy = what;
  worker_command(worker, copy);
  worker_run_commands(worker, now_s);
}

// The input's bytes as the attributes of a message that is signed, so that what lies behind the signature is reached.
static size_t sign(uint8_t *out, size_t bytes, const char *pwd) {
  struct hmac key;
  uint8_t mac[HMAC_BYTES], head[20];
  hmac_key(&key, (const uint8_t *)pwd, strlen(pwd));
  bytes = bytes / 4 * 4;
  put16(out + 2, (uint16_t)(bytes + 24 - 20));
  put32(out + 4, 0x2112A442);
  memcpy(head, out, sizeof head);
  hmac_of(&key, head, sizeof head, out + 20, bytes - 20, mac);
  put16(out + bytes, 8);
  put16(out + bytes + 2, HMAC_BYTES);
  memcpy(out + bytes + 4, mac, HMAC_BYTES);
  return bytes + 24;
}

static void datagram(struct endpoint *endpoint, uint8_t from, const uint8_t *data, size_t bytes, double now_s) {
  uint8_t *exact = malloc(bytes + SRTP_MOST_OVERHEAD);  // so that a byte too far is seen; the tag's room is the wire's
  struct address address = address_of(from);
  memcpy(exact, data, bytes);
  exact = realloc(exact, bytes ? bytes : 1);
  worker_datagram(worker, endpoint, &address, exact, bytes, now_s);
  free(exact);
}

static void drain(void) {
  static uint8_t news[1 << 16];
  size_t bytes = news_read(&worker->news, news, sizeof news);
  for (size_t at = 0; at < bytes;) {
    struct news_head head;
    memcpy(&head, news + at, sizeof head);
    at += sizeof head + head.bytes;
    assert(at <= bytes && head.kind >= NEWS_CONTROL && head.kind <= NEWS_TAPE);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (!worker) {
    worker = calloc(1, sizeof *worker);
    assert(worker_open(worker, worker, 0, 1, 2));
    worker->news.event_fd = -1;  // nobody is woken
  }
  struct input input = {data, bytes};
  static const int PROFILES[] = {AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM, AEAD_AES_256_GCM};
  static const size_t KEY_BYTES_OF[] = {30, 28, 44};
  uint8_t choice = take(&input) % 3;
  int profile = PROFILES[choice];
  size_t key_bytes = KEY_BYTES_OF[choice];
  double now_s = 1000;

  struct endpoint *endpoint = calloc(1, sizeof *endpoint);
  endpoint->fd = -1;
  endpoint->worker = worker;
  endpoint->users = 1;  // ours, until the end
  worker->gauges.endpoints++;
  struct flow *flows[FLOWS];
  srtp *peers[FLOWS];
  static const uint8_t TONE[] = {0xF8, 1, 0xF8, 2};
  static const uint32_t LENGTHS[] = {2, 2}, SSRCS[] = {7000, 7001};
  prompt *tone = prompt_new(TONE, LENGTHS, 2, take(&input) & 1, -1);
  for (uint8_t n = 0; n < FLOWS; n++) {
    flows[n] = flow_new(n + 1u, profile, KEY, KEY, key_bytes, SSRCS, 2);
    assert(flows[n]);
    flows[n]->endpoint = endpoint;
    flows[n]->worker = worker;
    flows[n]->remote = address_of(n);
    flows[n]->opus = 111;
    flows[n]->telephone_event = 126;
    flows[n]->level_extension = 1;
    flows[n]->continuous = n == 0;
    peers[n] = srtp_new(profile, KEY, key_bytes);
    command((struct command){.kind = COMMAND_ADD_FLOW, .flow = flows[n]}, now_s);
    command((struct command){.kind = COMMAND_OPEN_GATE, .flow = flows[n]}, now_s);
    command((struct command){.kind = COMMAND_TAP, .flow = flows[n], .on = true}, now_s);
    command((struct command){.kind = COMMAND_RECORD, .flow = flows[n], .number = n + 1u}, now_s);
  }
  for (int n = 0; n < FLOWS; n++) {
    struct flow *other = flows[1 - n];
    command((struct command){.kind = COMMAND_HEAR, .flow = flows[n], .source = HEARS_FLOW, .other = other->id,
                             .other_worker = worker},
            now_s);
    command((struct command){.kind = COMMAND_LISTEN, .flow = other, .other = flows[n]->id, .other_worker = worker}, now_s);
  }
  struct agent *agents[2] = {agent_new(1, true, UFRAG, PWD), agent_new(2, false, "fullfrag", PWD)};
  for (int n = 0; n < 2; n++) {
    agents[n]->endpoint = endpoint;
    agents[n]->worker = worker;
    command((struct command){.kind = COMMAND_ADD_AGENT, .agent = agents[n]}, now_s);
    command((struct command){.kind = COMMAND_NAME_PEER, .agent = agents[n], .ufrag = strdup(PEER_UFRAG),
                             .pwd = strdup(PEER_PWD)},
            now_s);
    command((struct command){.kind = COMMAND_CARRY, .agent = agents[n], .flow = flows[n], .address = address_of(n)}, now_s);
  }
  endpoint->only_ours = take(&input) & 1;

  uint8_t body[MOST_BODY_BYTES + 64];
  while (input.left) {
    uint8_t what = take(&input), from = take(&input);
    size_t size;
    int sealed;
    now_s += take(&input) * 0.001;
    switch (what % 9) {
      case 0:
        size = take_body(&input, body);
        datagram(endpoint, from, body, size, now_s);
        break;
      case 1:
        size = take_body(&input, body);
        sealed = srtp_protect(peers[from & 1], body, size, sizeof body);
        if (sealed > 0) datagram(endpoint, from, body, (size_t)sealed, now_s);
        break;
      case 2:
        size = take_body(&input, body);
        sealed = srtp_protect_rtcp(peers[from & 1], body, size, sizeof body);
        if (sealed > 0) datagram(endpoint, from, body, (size_t)sealed, now_s);
        break;
      case 3:
      case 4:
        size = take_body(&input, body);
        if (size >= 20) datagram(endpoint, from, body, sign(body, size, what % 9 == 3 ? PWD : PEER_PWD), now_s);
        break;
      case 5:  // the right answer to our own question
        size = stun_success(body, agents[from & 1]->question.transaction, &agents[from & 1]->question.to,
                            &agents[from & 1]->peer_key);
        datagram(endpoint, from, body, size, now_s);
        break;
      case 6:
        now_s += take(&input) * 0.1;
        worker_timers(worker, now_s);
        break;
      case 7:
        command((struct command){.kind = COMMAND_HEAR, .flow = flows[from & 1], .line = from >> 1 & 1,
                                 .source = from >> 2 & 2 ? HEARS_PROMPT : HEARS_SILENCE,
                                 .prompt = from >> 2 & 2 ? prompt_hold(tone) : NULL},
                now_s);
        break;
      default:
        command((struct command){.kind = from & 2 ? COMMAND_SET_REMOTE : COMMAND_EXPECT, .flow = flows[from & 1],
                                 .endpoint = endpoint, .address = address_of(take(&input))},
                now_s);
    }
    assert(worker->outbox.count == 0);  // its socket is closed
    drain();
  }
  for (int n = 0; n < FLOWS; n++) {
    struct tally tally;
    flow_tally(flows[n], &tally);
    assert(statistics_lost(&tally.statistics) >= 0 && tally.statistics.jitter_ticks >= 0);
    if (n) command((struct command){.kind = COMMAND_REMOVE_AGENT, .agent = agents[n]}, now_s);
    command((struct command){.kind = COMMAND_REMOVE_FLOW, .flow = flows[n]}, now_s);
    if (!n) command((struct command){.kind = COMMAND_REMOVE_AGENT, .agent = agents[n]}, now_s);
    srtp_free(peers[n]);
  }
  endpoint->users = 0;
  endpoint->next_dead = worker->dead;
  worker->dead = endpoint;
  worker_bury(worker);
  prompt_release(tone);
  assert(!worker->gauges.endpoints && !worker->gauges.flows && !worker->gauges.agents && !worker->gauges.paced);
  assert(!worker->gauges.keys);
  return 0;
}
