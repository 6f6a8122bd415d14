import type { DeepText } from "../pt-BR";
import type { searchPtBR } from "./pt-BR";

export const searchEn: DeepText<typeof searchPtBR> = {
  title: "Search conversations",
  words: "Words said in the call",
  placeholder: "for example: overdue invoice",
  go: "Search",
  noWord: "Type at least one word.",
  how: "All of the words, in any order; accents and capitals do not matter, and the last may be a beginning.",
  audited: "That you searched is noted; what you searched for is not.",
  reach: {
    every: "All calls are searched.",
    departments: "Searched are the calls of: {{names}}.",
    own: "Searched are the calls that you took or placed.",
    ownAnd: "Searched are your own calls and those of: {{names}}.",
    unreachable: "Which calls you may search could not be found out.",
  },
  noGrant: {
    title: "No department lets you replay recordings",
    body: "Only what may be heard can be searched. An administrator grants it under People, with “Hear recordings”.",
  },
  noEngine: {
    title: "Conversations are not written down at this server",
    body: "Whoever runs the server switches transcripts on with RAMAL_TRANSCRIPTION. From then on each recorded call is found by what was said in it.",
    before: "Transcripts are switched off: only calls that were written down before are found.",
  },
  nothingYet: {
    title: "No conversation was written down yet",
    body: "When the next recorded call is over, it is written down by itself and can be found here.",
  },
  start: {
    title: "Find a call by what was said in it",
    body: "Type words of the customer or the agent. A result opens the recording at the second at which they were said.",
  },
  loading: "Searching…",
  offline: "No connection. The search is made as soon as it is back.",
  unreachable: "The search was not made: the server did not answer.",
  limited: "Too many searches in a short time. Wait a minute and try again.",
  none: {
    title: "Nobody said that",
    body: "No call has all of these words: {{words}}. Try fewer, or only the beginning of the last.",
  },
  found_one: "{{count}} call, newest first",
  found_other: "{{count}} calls, newest first",
  foundMore: "Newest first: {{count}} so far, there are others",
  more: "Show more",
  moreFailed: "The next ones did not come.",
  openAt: "Open the recording at {{at}}",
  moreLines_one: "and in {{count}} more line",
  moreLines_other: "and in {{count}} more lines",
  customer: "Customer",
  agent: "Agent",
  noAgent: "no agent",
  talked: "{{length}} of talk",
  inbound: "Inbound",
  outbound: "Outbound",
};
