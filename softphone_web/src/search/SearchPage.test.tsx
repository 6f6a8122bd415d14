import { onlineManager } from "@tanstack/react-query";
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import type { PastCall } from "../calls/calls";
import { chooseLanguage, startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { CALL } from "../test/states";
import { SearchPage } from "./SearchPage";
import { type FoundCall, hasWord, type Reach, readWish, writeWish } from "./search";

const REACH: Reach = {
  engine: true,
  anything: true,
  every_call: false,
  own_calls: false,
  departments: ["Vendas", "SAC"],
};
const PAST = {
  call_id: CALL,
  number_id: 1,
  contact_id: 7,
  direction: "inbound",
  number_label: "Vendas São Paulo",
  customer_name: "Maria Exemplo",
  customer_label: "+55 11 ••••• 0101",
  department: "Vendas",
  outcome: "answered",
  ended_by: "agent",
  offered_at: "2026-03-04T12:30:00Z",
  talk_s: 75,
  agent_name: "Ana Souza",
  failure_code: null,
  recording: "recorded",
  meta_recording: false,
} satisfies PastCall & { department: string };
const FOUND: FoundCall = {
  call: PAST,
  lines: [
    {
      ...{ speaker: "customer", start_s: 12.4, end_s: 15, text: "Não <b>paguei</b> o boleto." },
      pieces: [
        { text: "Não <b>paguei</b> o ", found: false },
        { text: "boleto", found: true },
        { text: ".", found: false },
      ],
    },
  ],
  lines_in_all: 3,
};

let world: PhoneWorld | null = null;
let answers: Record<string, () => Response | Promise<Response>>;
let asked: string[];
let where: { history: string[] };

const told = (answer: object, status = 200) => new Response(JSON.stringify(answer), { status });
const searches = () => asked.filter((one) => one.startsWith("GET /transcripts?"));

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  asked = [];
  answers = {
    "GET /transcripts/reach": () => told(REACH),
    "GET /transcripts": () => told({ found: [FOUND], next: null }),
    [`GET /calls/${CALL}/recording`]: () =>
      told({
        call_id: CALL,
        state: "recorded",
        duration_s: 60,
        marks: [],
        peaks: null,
        consent: null,
        reason: null,
        meta: null,
      }),
  };
  vi.stubGlobal("fetch", async (url: string, options: RequestInit = {}) => {
    const what = `${options.method ?? "GET"} ${url.replace("/api/v1", "")}`;
    asked.push(what);
    const answer = answers[what.replace(/\?.*/, "")];
    return answer === undefined ? told({ error: { code: "not_found" } }, 404) : answer();
  });
});

afterEach(() => {
  world?.phone.stop();
  onlineManager.setOnline(true);
});

function shows(search = ""): void {
  const { hook, searchHook, history } = memoryLocation({ path: "/search", searchPath: search, record: true });
  where = { history };
  world = showWith(
    <Router hook={hook} searchHook={searchHook}>
      <SearchPage />
    </Router>,
  );
}

async function looksFor(words: string): Promise<void> {
  await userEvent.type(await screen.findByTestId("search-words"), `${words}{Enter}`);
}

describe("the address", () => {
  it("keeps what is looked for, and what is open where", () => {
    const wish = { words: "boleto & não", call: CALL, at_s: 12.4 };
    expect(readWish(writeWish(wish))).toEqual(wish);
    expect(readWish("words=%20a%20&call=../x&at=-3")).toEqual({ words: "a", call: null, at_s: 0 });
    expect(readWish(writeWish({ words: "a", call: null, at_s: 4 })).at_s).toBe(0);
    expect(["é", "7", "?! -", "  "].map(hasWord)).toEqual([true, true, false, false]);
  });

  it("is searched for when it is opened, and followed by each search", async () => {
    shows("words=boleto");
    expect(await screen.findByTestId("found-call")).toBeTruthy();
    expect(screen.getByTestId<HTMLInputElement>("search-words").value).toBe("boleto");
    await userEvent.clear(screen.getByTestId("search-words"));
    await looksFor("segunda via");
    expect(where.history.at(-1)).toBe("/search?words=segunda+via");
    expect(searches()).toEqual(["GET /transcripts?words=boleto", "GET /transcripts?words=segunda+via"]);
  });
});

describe("a search", () => {
  it("says how it works and through which calls it looks, and asks nothing before somebody does", async () => {
    shows();
    expect((await screen.findByTestId("search-reach")).textContent).toContain("as chamadas de: Vendas e SAC.");
    expect(screen.getByTestId("search-start")).toBeTruthy();
    await looksFor("?!");
    expect(screen.getByText("Escreva ao menos uma palavra.")).toBeTruthy();
    expect(searches()).toEqual([]);
  });

  it("shows who, when, on which number, and the words where they were said, as text", async () => {
    shows();
    await looksFor("boleto");
    const card = within(await screen.findByTestId("found-call"));
    expect(card.getByRole("heading").textContent).toContain("Maria Exemplo");
    expect(card.getByText("+55 11 ••••• 0101 · Vendas São Paulo · Vendas · Ana Souza · 1:15 de conversa")).toBeTruthy();
    expect(card.getByText(/4 de mar/)).toBeTruthy();
    expect(card.getByTestId("found-line").textContent).toBe("0:12ClienteNão <b>paguei</b> o boleto.");
    expect(card.getByText("boleto").tagName).toBe("MARK");
    expect(card.getByText("e em mais 2 falas")).toBeTruthy();
    expect(screen.getByTestId("search-count").textContent).toBe("1 chamada, a mais nova primeiro");
  });

  it("opens the recording at that second, where the address says so", async () => {
    shows("words=boleto");
    await userEvent.click(await screen.findByTestId("found-line"));
    await act(async () => world?.says({}));
    const slider = await screen.findByRole("slider");
    expect(slider.getAttribute("aria-valuenow")).toBe("12");
    expect(where.history.at(-1)).toBe(`/search?words=boleto&call=${CALL}&at=12.4`);
    expect(document.activeElement?.getAttribute("data-testid")).toBe("replay-play");
    expect(
      asked.filter((one) => one.includes("/url")),
      "nothing is heard before somebody plays it",
    ).toEqual([]);
    await userEvent.click(screen.getByTestId("replay-close"));
    expect(screen.queryByTestId("replay")).toBeNull();
    expect(searches()).toHaveLength(1);
  });

  it("goes on page by page, newest first", async () => {
    const older: FoundCall = { ...FOUND, call: { ...PAST, call_id: "b".repeat(32) } };
    answers["GET /transcripts"] = () => told({ found: [FOUND], next: "41" });
    shows("words=boleto");
    expect((await screen.findByTestId("search-count")).textContent).toBe("Mais novas primeiro: 1 até aqui, há outras");
    answers["GET /transcripts"] = () => told({ error: { code: "down" } }, 503);
    await userEvent.click(screen.getByTestId("search-more"));
    expect((await screen.findByTestId("search-trouble")).textContent).toContain("As próximas não vieram.");
    answers["GET /transcripts"] = () => told({ found: [older], next: null });
    await userEvent.click(screen.getByTestId("search-trouble-retry"));
    await waitFor(() => expect(screen.getAllByTestId("found-call")).toHaveLength(2));
    expect(searches().at(-1)).toBe("GET /transcripts?words=boleto&before=41");
    expect(screen.queryByTestId("search-more")).toBeNull();
  });

  it("that finds nothing says for what, and what may help", async () => {
    answers["GET /transcripts"] = () => told({ found: [], next: null });
    shows("words=xyz");
    expect((await screen.findByTestId("search-none")).textContent).toContain("estas palavras: xyz.");
  });

  it("says that it is being made, that it failed, and is made again", async () => {
    let answer: (response: Response) => void = () => undefined;
    answers["GET /transcripts"] = () => new Promise((done) => (answer = done));
    shows("words=boleto");
    expect((await screen.findByTestId("search-loading")).textContent).toContain("Buscando…");
    answer(told({ error: { code: "store_unavailable" } }, 503));
    expect((await screen.findByTestId("search-trouble")).textContent).toContain("o servidor não respondeu");
    answers["GET /transcripts"] = () => told({ error: { code: "too_many" } }, 429);
    await userEvent.click(screen.getByTestId("search-trouble-retry"));
    await waitFor(() => expect(screen.getByTestId("search-trouble").textContent).toContain("buscas demais"));
    answers["GET /transcripts"] = () => told({ found: [FOUND], next: null });
    await userEvent.click(screen.getByTestId("search-trouble-retry"));
    expect(await screen.findByTestId("found-call")).toBeTruthy();
  });

  it("waits for the connection, and is made when it is back", async () => {
    shows();
    await screen.findByTestId("search-start");
    act(() => onlineManager.setOnline(false));
    await looksFor("boleto");
    expect((await screen.findByTestId("search-offline")).textContent).toContain("assim que ela voltar");
    expect(searches()).toEqual([]);
    act(() => onlineManager.setOnline(true));
    expect(await screen.findByTestId("found-call")).toBeTruthy();
  });
});

describe("whoever cannot search", () => {
  it.each<[string, Partial<Reach>, string]>([
    ["noGrant", { departments: [] }, "Um administrador libera isso em Pessoas"],
    ["noEngine", { engine: false, anything: false }, "RAMAL_TRANSCRIPTION"],
  ])("is told why: %s", async (what, reach, words) => {
    answers["GET /transcripts/reach"] = () => told({ ...REACH, ...reach });
    shows("words=boleto");
    expect((await screen.findByTestId(`search-${what}`)).textContent).toContain(words);
    expect([screen.queryByTestId("search-words"), searches()]).toEqual([null, []]);
  });

  it("is told that nothing was written down yet, or that nothing new will be", async () => {
    answers["GET /transcripts/reach"] = () => told({ ...REACH, anything: false });
    shows();
    expect(await screen.findByTestId("search-nothingYet")).toBeTruthy();
    world?.phone.stop();
    document.body.replaceChildren();
    answers["GET /transcripts/reach"] = () => told({ ...REACH, engine: false, every_call: true });
    shows();
    expect(await screen.findByText(/só se acham chamadas que já foram transcritas/)).toBeTruthy();
    expect(screen.getByTestId("search-reach").textContent).toContain("todas as chamadas");
  });

  it("may try all the same where the server does not say", async () => {
    answers["GET /transcripts/reach"] = () => told({}, 503);
    shows();
    await looksFor("boleto");
    expect(await screen.findByTestId("found-call")).toBeTruthy();
    expect(screen.getByTestId("search-reach").textContent).toContain("Não foi possível saber");
  });
});
