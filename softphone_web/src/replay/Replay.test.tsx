import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { CALL } from "../test/states";
import { Replay } from "./Replay";
import type { CallRecording } from "./replay";

const LOUD = btoa("\xce\x32".repeat(8)); // -50, 50
const RECORDED: CallRecording = {
  call_id: CALL,
  state: "recorded",
  why: null,
  reason: null,
  consent: "agreed",
  consent_at: "2026-11-25T12:00:00Z",
  agreement: "key",
  duration_s: 60,
  missing_s: 0,
  keep_until: null,
  legal_hold: false,
  progress: null,
  last_error: null,
  marks: [
    { at_s: 12, mark: "held", count: 0 },
    { at_s: 20, mark: "resumed", count: 0 },
    { at_s: 31, mark: "key", count: 0 },
  ],
  peaks: { customer: LOUD, agent: LOUD },
  may_replay_live: false,
  may_download: false,
  meta: null,
};
const BY_META = { state: "done", reason: null, arrived_at: "2026-11-25T12:03:00Z", size_bytes: 9_000 } as const;
const LINES = [
  { speaker: "customer", start_s: 1, end_s: 3, text: "Meu pedido não chegou." },
  { speaker: "agent", start_s: 4, end_s: 6, text: "Chega <b>amanhã</b>." },
];

let world: PhoneWorld;
let answers: Record<string, unknown>;
let asked: string[];
let played: { src: string; from_s: number }[];

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  asked = [];
  played = [];
  const at = `/api/v1/calls/${CALL}`;
  answers = {
    [`GET ${at}/recording`]: RECORDED,
    [`GET ${at}/transcript`]: { transcripts: [{ source: "ours", state: "done", failure: null, lines: LINES }] },
    [`GET ${at}/summary`]: {
      state: "done",
      kind: "model",
      reason: "Pedido atrasado",
      outcome: "Entrega amanhã",
      promises: [{ by: "agent", what: "entregar" }],
      next_steps: ["avisar a loja"],
      sentences: [],
      shortened: true,
      failure: null,
    },
    [`POST ${at}/recording/url`]: { url: `${at}/recording/audio?ticket=t1`, live: null },
    "GET /api/v1/session": { me: { role: "supervisor" } },
  };
  vi.stubGlobal("fetch", async (url: string, options: RequestInit = {}) => {
    const what = `${options.method ?? "GET"} ${url}`;
    asked.push(`${what} ${options.body ?? ""}`.trim());
    const answer = answers[what];
    return answer === undefined
      ? new Response('{"error":{"code":"not_found"}}', { status: 404 })
      : new Response(JSON.stringify(answer));
  });
  // jsdom plays nothing: this is what a browser tells.
  vi.spyOn(HTMLMediaElement.prototype, "canPlayType").mockReturnValue("probably");
  vi.spyOn(HTMLMediaElement.prototype, "play").mockImplementation(async function (this: HTMLMediaElement) {
    played.push({ src: this.getAttribute("src") ?? "", from_s: this.currentTime });
    Object.defineProperty(this, "paused", { value: false, configurable: true });
    fireEvent.play(this);
  });
  vi.spyOn(HTMLMediaElement.prototype, "pause").mockImplementation(function (this: HTMLMediaElement) {
    Object.defineProperty(this, "paused", { value: true, configurable: true });
    fireEvent.pause(this);
  });
});

afterEach(() => {
  world.phone.stop();
  vi.restoreAllMocks();
});

async function opens(recording: Partial<CallRecording> = {}): Promise<HTMLElement> {
  answers[`GET /api/v1/calls/${CALL}/recording`] = { ...RECORDED, ...recording };
  world = showWith(<Replay call={CALL} caller="Maria" onClose={() => undefined} />);
  await act(async () => world.says({}));
  await screen.findByTestId("replay-state");
  return screen.getByTestId("replay");
}

const slider = () => screen.getByRole("slider", { name: "Posição na gravação" });
const urlAsked = () => asked.filter((one) => one.includes("/url"));

describe("the player", () => {
  it("asks for an address when it is played, and not before", async () => {
    await opens();
    expect(urlAsked()).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Tocar" }));
    await waitFor(() => expect(played).toHaveLength(1));
    expect(urlAsked()).toEqual([`POST /api/v1/calls/${CALL}/recording/url {"purpose":"replay"}`]);
    expect(played[0]?.src).toBe(`/api/v1/calls/${CALL}/recording/audio?ticket=t1`);
    await userEvent.click(screen.getByRole("button", { name: "Pausar" }));
    expect(await screen.findByRole("button", { name: "Tocar" })).toBeTruthy();
  });

  it("is moved by arrows, and played by space, wherever the focus is but in a field", async () => {
    await opens();
    slider().focus();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowLeft}");
    expect(slider().getAttribute("aria-valuetext")).toBe("0:05 de 1:00");
    await userEvent.keyboard("{PageUp}");
    expect(slider().getAttribute("aria-valuenow")).toBe("35");
    await userEvent.keyboard(" ");
    await waitFor(() => expect(played).toHaveLength(1));
    expect(played[0]?.from_s, "from where it was moved to").toBe(35);
    await userEvent.type(await screen.findByLabelText("Procurar na transcrição"), "x {ArrowLeft}");
    expect(slider().getAttribute("aria-valuenow")).toBe("35");
  });

  it("asks for another address when the one it has is good no more, and goes on from there", async () => {
    await opens();
    slider().focus();
    await userEvent.keyboard("{ArrowRight} ");
    await waitFor(() => expect(played).toHaveLength(1));
    fireEvent.error(screen.getByTestId("replay-audio"));
    await waitFor(() => expect(played).toHaveLength(2));
    expect([urlAsked().length, played[1]?.from_s]).toEqual([2, 5]);
    for (let times = 0; times < 2; times++) {
      fireEvent.error(screen.getByTestId("replay-audio"));
      await act(async () => undefined);
    }
    expect(await screen.findByTestId("replay-trouble")).toBeTruthy();
  });

  it("is opened at a second, where one key plays it", async () => {
    world = showWith(<Replay call={CALL} caller="Maria" onClose={() => undefined} start={{ at_s: 42 }} />);
    await act(async () => world.says({}));
    await screen.findByTestId("replay-state");
    expect(slider().getAttribute("aria-valuenow")).toBe("42");
    await userEvent.keyboard(" ");
    await waitFor(() => expect(played.map((one) => one.from_s)).toEqual([42]));
  });

  it("shows what happened on the way there, in words that lead to it", async () => {
    await opens();
    const moments = within(screen.getByRole("list", { name: "Momentos da chamada" })).getAllByRole("button");
    expect(moments.map((one) => one.textContent)).toEqual(["0:12 Em espera 0:08", "0:31 1 tecla apertada"]);
    await userEvent.click(moments[1] as HTMLElement);
    expect(slider().getAttribute("aria-valuenow")).toBe("31");
  });

  it("offers the file to those alone who may have it", async () => {
    await opens();
    expect(screen.queryByTestId("replay-download")).toBeNull();
    world.phone.stop();
    document.body.replaceChildren();
    await opens({ may_download: true });
    await userEvent.click(screen.getByTestId("replay-download"));
    expect(urlAsked()).toEqual([`POST /api/v1/calls/${CALL}/recording/url {"purpose":"download"}`]);
  });
});

describe("an administrator", () => {
  it("reads until when it stays, holds it, and erases it after being asked; nobody else does", async () => {
    await opens({ keep_until: "2099-01-02T12:00:00Z" });
    expect(screen.queryByTestId("keeping")).toBeNull();
    await act(async () => world.says({ me: { agent_id: 1, name: "Rosa", role: "administrator" } }));
    expect(screen.getByTestId("keeping").textContent).toContain("2099");
    answers[`PUT /api/v1/recordings/${CALL}/hold`] = {};
    answers[`GET /api/v1/calls/${CALL}/recording`] = { ...RECORDED, legal_hold: true };
    await userEvent.click(screen.getByTestId("hold"));
    await waitFor(() => expect(screen.getByTestId("keeping").textContent).toContain("Retido por ordem legal"));
    expect(screen.queryByTestId("erase")).toBeNull();
    answers[`GET /api/v1/calls/${CALL}/recording`] = RECORDED;
    await userEvent.click(screen.getByTestId("hold"));
    await userEvent.click(await screen.findByTestId("erase"));
    answers[`DELETE /api/v1/recordings/${CALL}`] = {};
    answers[`GET /api/v1/calls/${CALL}/recording`] = { ...RECORDED, state: "deleted" };
    await userEvent.click(screen.getByTestId("sure-yes"));
    await waitFor(() => expect(screen.queryByTestId("keeping")).toBeNull());
    expect(asked.filter((one) => one.startsWith("PUT") || one.startsWith("DELETE"))).toEqual([
      `PUT /api/v1/recordings/${CALL}/hold {"on":true}`,
      `PUT /api/v1/recordings/${CALL}/hold {"on":false}`,
      `DELETE /api/v1/recordings/${CALL}`,
    ]);
  });
});

describe("what was said", () => {
  it("leads to its place, is searched, and stays text", async () => {
    await opens();
    const lines = await screen.findAllByTestId("transcript-line");
    expect(lines.map((one) => one.textContent)).toEqual([
      "0:01ClienteMeu pedido não chegou.",
      "0:04AtendenteChega <b>amanhã</b>.",
    ]);
    await userEvent.click(lines[1] as HTMLElement);
    expect(slider().getAttribute("aria-valuenow")).toBe("4");
    expect(lines[1]?.getAttribute("aria-current")).toBe("true");
    await userEvent.type(screen.getByLabelText("Procurar na transcrição"), "NAO");
    expect(screen.getAllByTestId("transcript-line")).toHaveLength(1);
    expect(screen.getByText("não").tagName).toBe("MARK");
    expect(screen.getByText("1 de 2 falas")).toBeTruthy();
    const summary = within(screen.getByTestId("summary"));
    const terms = screen.getByTestId("summary").querySelectorAll("dt, dd");
    expect([...terms].map((one) => one.textContent)).toEqual([
      ...["Motivo", "Pedido atrasado", "Resultado", "Entrega amanhã"],
      ...["Promessas", "Atendente entregar", "Próximos passos", "avisar a loja"],
    ]);
    expect(summary.getByText(/Escrito por uma máquina.*não leu o meio/)).toBeTruthy();
    expect(
      asked.filter((one) => one.endsWith("/texts")),
      "all of it is there",
    ).toEqual([]);
  });

  it("shows how far it is, and is read again when it is there", async () => {
    const at = `/api/v1/calls/${CALL}`;
    const [done, nothing] = [answers[`GET ${at}/transcript`], { state: null, failure: null, kind: null }];
    const making = { state: "running", failure: null, progress: 0.4, next_try_at: null };
    const none = { state: null, failure: null, progress: null, next_try_at: null };
    const summary = answers[`GET ${at}/summary`];
    answers[`GET ${at}/transcript`] = { transcripts: [{ source: "ours", state: "running", failure: null, lines: [] }] };
    answers[`GET ${at}/summary`] = nothing;
    answers[`GET ${at}/texts`] = { transcript: making, summary: none };
    await opens();
    const state = await screen.findByTestId("transcript-state");
    await waitFor(() => expect(state.textContent).toBe("A transcrição está sendo feita. 40% transcrito."));
    const read = () => asked.filter((one) => one.endsWith("/transcript")).length;
    expect(read(), "how far it is costs no reading").toBe(1);
    answers[`GET ${at}/transcript`] = done;
    answers[`GET ${at}/summary`] = summary;
    answers[`GET ${at}/texts`] = { transcript: { ...making, state: "done" }, summary: { ...none, state: "done" } };
    expect(await screen.findAllByTestId("transcript-line", {}, { timeout: 5_000 })).toHaveLength(2);
    expect([read(), screen.queryByTestId("transcript-state")]).toEqual([2, null]);
  });

  it("says whose fault a failure is, and lets a supervisor ask again", async () => {
    const at = `/api/v1/calls/${CALL}`;
    const failure = { code: "engine.nonsense", asking_again_can_help: false };
    answers[`GET ${at}/summary`] = { state: "failed", failure, kind: null };
    await opens();
    const state = await screen.findByTestId("summary-state");
    expect(state.textContent).toContain("Motivo: o motor respondeu algo que não é uma resposta.");
    expect(state.textContent).toContain("Pedir de novo só adianta depois que isso for corrigido.");
    expect(state.textContent).toContain("engine.nonsense");
    answers[`POST ${at}/summary`] = { state: "waiting" };
    answers[`GET ${at}/summary`] = { state: "waiting", failure: null, kind: null };
    await userEvent.click(await screen.findByTestId("summary-ask"));
    expect(await screen.findByText("O resumo está na fila.")).toBeTruthy();
    expect(asked.filter((one) => one.startsWith("POST"))).toEqual([`POST ${at}/summary`]);
  });

  it("that is tried again says when and why", async () => {
    const at = `/api/v1/calls/${CALL}`;
    const failure = { code: "engine.down", asking_again_can_help: true };
    answers[`GET ${at}/transcript`] = { transcripts: [{ source: "ours", state: "waiting", failure, lines: [] }] };
    const next_try_at = new Date(2026, 10, 25, 14, 3).toISOString();
    const waiting = { state: "waiting", failure, progress: null, next_try_at };
    answers[`GET ${at}/texts`] = { transcript: waiting, summary: answers[`GET ${at}/summary`] };
    await opens();
    const state = await screen.findByTestId("transcript-state");
    expect(state.textContent).toContain("A última tentativa não deu certo: o motor está fora do ar.");
    await waitFor(() => expect(state.textContent).toMatch(/Nova tentativa às .*14:03\./));
    expect(screen.queryByTestId("transcript-ask")).toBeNull();
  });

  it("is a state that is explained where there is no engine", async () => {
    answers[`GET /api/v1/calls/${CALL}/transcript`] = {
      transcripts: [{ source: "ours", state: "not_configured", failure: null, lines: [] }],
    };
    answers[`GET /api/v1/calls/${CALL}/summary`] = { state: null, kind: null };
    await opens();
    expect(await screen.findByText("As transcrições não estão ligadas neste servidor.")).toBeTruthy();
    expect(screen.queryByTestId("summary")).toBeNull();
  });
});

describe("the state of a recording", () => {
  it.each<[Partial<CallRecording>, string]>([
    [{ state: "none", why: "not_started" }, "Quem atendeu podia gravar e não começou."],
    [{ state: "recording" }, "A chamada está em andamento. O áudio fica aqui quando ela terminar."],
    [{ state: "finishing", progress: 0.4 }, "Isso aparece aqui sozinho. 40%"],
    [{ state: "finishing", last_error: "vault_unreachable" }, "(vault_unreachable); nova tentativa em breve"],
    [{ state: "partial", missing_s: 2.5 }, "Faltam 2,5 s desta gravação."],
    [{ state: "partial", missing_s: 2.5, reason: "disk_full" }, "o disco do servidor encheu"],
    [{ state: "failed", reason: "journal_damaged" }, "o registro da chamada está danificado"],
    [{ state: "failed", reason: "media.leg_lost" }, "erro do servidor (media.leg_lost)"],
    [{ state: "refused" }, "Nada foi guardado."],
    [{ state: "deleted" }, "O áudio foi apagado"],
  ])("%o is said in words", async (recording, words) => {
    const shown = await opens(recording);
    expect(shown.textContent).toContain(words);
    expect(screen.queryByTestId("replay-play") === null).toBe(recording.state !== "partial");
  });

  it("says that a call is of a department that shares nothing with the reader", async () => {
    world = showWith(<Replay call={"f".repeat(32)} caller="Maria" onClose={() => undefined} />);
    expect(await screen.findByTestId("replay-not-yours")).toBeTruthy();
  });

  it("lets a supervisor hear a call that is up, and fetch what came since", async () => {
    const live = { until: "2026-11-25T12:01:05Z", duration_s: 30, marks: [], peaks: RECORDED.peaks };
    answers[`POST /api/v1/calls/${CALL}/recording/url`] = { url: "/live?ticket=1", live };
    await opens({ state: "recording", may_replay_live: true });
    expect(screen.getByText("Ao vivo")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Ouvir o que já foi dito" }));
    expect((await screen.findByTestId("live-until")).textContent).toMatch(/^Até .*:05; a chamada continua\.$/);
    await userEvent.click(screen.getByRole("button", { name: "Tocar" }));
    await waitFor(() => expect(played.map((one) => one.src)).toEqual(["/live?ticket=1"]));
    expect(screen.getByRole("button", { name: "Buscar o mais recente" })).toBeTruthy();
    expect(screen.queryByTestId("replay-download")).toBeNull();
    slider().focus();
    await userEvent.keyboard("{End}");
    answers[`POST /api/v1/calls/${CALL}/recording/url`] = { url: "/live?ticket=2", live: { ...live, duration_s: 45 } };
    await userEvent.click(screen.getByRole("button", { name: "Buscar o mais recente" }));
    await waitFor(() => expect(slider().getAttribute("aria-valuetext")).toBe("0:30 de 0:45"));
    await userEvent.click(screen.getByRole("button", { name: "Tocar" }));
    await waitFor(() => expect(played.at(-1)).toEqual({ src: "/live?ticket=2", from_s: 30 }));
  });
});

describe("what Meta recorded", () => {
  it("plays beside ours, by an address that is asked for when somebody wants to hear it", async () => {
    await opens({ meta: BY_META });
    const own = await screen.findByTestId("metas-own");
    expect(within(own).getByRole("heading").textContent).toBe("Gravação da Meta");
    expect(screen.getByTestId("player")).toBeTruthy();
    expect(asked.filter((one) => one.startsWith("POST"))).toEqual([]);
    await userEvent.click(screen.getByTestId("meta-hear"));
    const sound = await screen.findByTestId("meta-audio");
    expect(sound.getAttribute("src")).toBe(`/api/v1/calls/${CALL}/recording/audio?ticket=t1`);
    expect(asked).toContain(`POST /api/v1/calls/${CALL}/recording/url {"purpose":"meta"}`);
    fireEvent.error(sound);
    expect((await screen.findByTestId("meta-trouble")).textContent).toContain("Tente de novo");
    await userEvent.click(screen.getByTestId("meta-hear"));
    expect(await screen.findByTestId("meta-audio")).toBeTruthy();
  });

  it("is the replay where there is none of ours, with what was said beside it", async () => {
    await opens({ state: "none", why: "policy_never", consent: null, peaks: null, marks: [], meta: BY_META });
    await screen.findByTestId("metas-own");
    expect(screen.queryByTestId("player")).toBeNull();
    await userEvent.click(screen.getByTestId("meta-hear"));
    const sound = await screen.findByTestId<HTMLAudioElement>("meta-audio");
    const [, second] = await screen.findAllByTestId("transcript-line");
    if (second === undefined) throw new Error("two lines");
    await userEvent.click(second);
    expect(sound.currentTime).toBe(4);
  });

  it.each([
    ["waiting", null, "está sendo buscada"],
    ["failed", "expired", "(expired)"],
    ["erased", null, "Foi apagada"],
  ] as const)("says in words that it is %s", async (state, reason, words) => {
    await opens({ meta: { ...BY_META, state, reason } });
    expect((await screen.findByTestId("meta-said")).textContent).toContain(words);
    expect(screen.queryByTestId("meta-hear")).toBeNull();
  });
});
