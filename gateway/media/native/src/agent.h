// ICE towards one peer, once Python has nothing left to decide: answers to checks, and consent to send.
//
// A *lite* agent (RFC 8445 §2.5) is here from a leg's first moment: it answers checks, learns addresses from authentic
// ones only, sends on the nominated path, and asks an address that media suddenly comes from. It is the twin of
// ice_lite.py. A *full* agent's path was found by aioice; from then on its consent is kept here (RFC 7675).
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "stun.h"

enum { MOST_PATHS = 8, MOST_UFRAG_BYTES = 256, KEPT_UFRAG_BYTES = 20 };

struct worker;
struct endpoint;
struct flow;

struct question {
  bool open;
  uint8_t transaction[STUN_TRANSACTION_BYTES];
  struct address to;
};

struct agent {
  uint64_t id;
  struct endpoint *endpoint;
  struct worker *worker;
  bool lite, has_peer, has_path, consent_lost;
  char ufrag[MOST_UFRAG_BYTES], peer_ufrag[MOST_UFRAG_BYTES];
  size_t ufrag_bytes, peer_ufrag_bytes;
  struct hmac key, peer_key;
  uint64_t tie_breaker;
  struct address paths[MOST_PATHS], path;
  int path_count;
  struct question question;  // our own check that has no answer yet
  double ask_s, heard_s;     // when to ask for consent again; when it was last given
  _Atomic double check_s;    // when the last valid check came; negative: none did
  struct flow *flow;         // NULL: there is none yet, or any more
  struct agent *next, *previous;
};

// NULL when a name is too long or memory is out. `ufrag` of ours is at most KEPT_UFRAG_BYTES.
struct agent *agent_new(uint64_t id, bool lite, const char *ufrag, const char *pwd);
bool agent_name_peer(struct agent *agent, const char *ufrag, const char *pwd);
// A STUN message that this agent may be meant by. Whether it was: else it is somebody else's business.
bool agent_receive(struct agent *agent, const uint8_t *data, const struct stun *message, const struct address *from,
                   double now_s);
// Authentic media came from elsewhere: ask that address who it is, instead of waiting for its next check.
void agent_probe(struct agent *agent, const struct address *to);
bool agent_knows(const struct agent *agent, const struct address *address);
// For a full agent: asks for consent when it is time, and says when it has expired.
void agent_tick(struct agent *agent, double now_s);
