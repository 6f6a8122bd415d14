/** How sound gets to the gateway and back, as a check of this computer says it. */
import type { PathFigures, Seat } from "../phone/seat";

export type Verdict = "good" | "poor" | "bad";

/** What is to be said of a path; the first one is the worst. */
export type Finding = "no_path" | "loss" | "delay" | "jitter" | "not_reported" | "relayed";

export interface NetworkFound {
  verdict: Verdict;
  findings: readonly Finding[];
  figures: PathFigures | null;
}

/** From here on listeners notice (ITU-T G.114: 150 ms one way), and from there on they complain. */
const POOR = { rtt_s: 0.3, loss: 0.02, jitter_s: 0.03 };
const BAD = { rtt_s: 0.8, loss: 0.08, jitter_s: 0.1 };

const LOOK_EVERY_MS = 250;
/** The gateway reports every few seconds what it has received. */
const LISTENS_AT_LEAST_MS = 4_000;
const LISTENS_AT_MOST_MS = 15_000;

export function judge(figures: PathFigures | null): NetworkFound {
  if (figures === null || !figures.connected) return { verdict: "bad", findings: ["no_path"], figures: null };
  const over = (limits: typeof POOR): Finding[] => [
    ...((figures.loss ?? 0) > limits.loss ? (["loss"] as const) : []),
    ...((figures.rtt_s ?? 0) > limits.rtt_s ? (["delay"] as const) : []),
    ...((figures.jitter_s ?? 0) > limits.jitter_s ? (["jitter"] as const) : []),
  ];
  const findings = over(POOR);
  if (figures.loss === null) findings.push("not_reported");
  const verdict = over(BAD).length > 0 ? "bad" : findings.length > 0 ? "poor" : "good";
  return { verdict, findings: figures.relayed ? [...findings, "relayed"] : findings, figures };
}

interface LendsSeats {
  lendSeat(): Promise<Pick<Seat, "path"> | null>;
  returnSeat(): void;
}

/** Speaks to nobody for some seconds, until the gateway has told what it heard. */
export async function checkNetwork(
  phone: LendsSeats,
  pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
): Promise<NetworkFound> {
  try {
    const seat = await phone.lendSeat();
    let figures: PathFigures | null = null;
    for (let listened_ms = 0; seat !== null && listened_ms < LISTENS_AT_MOST_MS; listened_ms += LOOK_EVERY_MS) {
      figures = await seat.path();
      if (figures.loss !== null && listened_ms >= LISTENS_AT_LEAST_MS) break;
      await pause(LOOK_EVERY_MS);
    }
    return judge(figures);
  } finally {
    phone.returnSeat();
  }
}
