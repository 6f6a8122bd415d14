import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { zoneName } from "../history/words";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { MeasuresPage } from "./MeasuresPage";
import { asCsv, complete, type MeasuredLine, type Measures, NOBODY_CALLED, readWish, writeWish } from "./measures";
import { FREE, money, NOBODY_ASKED, NOTHING_HEARD } from "./others";

// It draws with sizes that jsdom does not have; Chromium shows it (tests/browser/test_measures.py).
vi.mock("./SeriesChart", () => ({ SeriesChart: () => null }));

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => window.history.replaceState(null, "", "/measures"));

function line(key: string | null, name: string | null = null): MeasuredLine {
  return {
    key,
    name,
    inbound: {
      offered: 1200,
      answered: 900,
      answered_in_time: 800,
      missed: 200,
      abandoned: 100,
      refused: 0,
      failed: 0,
      answer_rate: 0.75,
      service_level: 0.667,
      abandonment_rate: 0.25,
      pickup_rate: 0.9,
      mean_answer_s: 12.4,
      longest_answer_s: 60,
      talked: 900,
      mean_talk_s: 185,
      talk_s: 166_500,
    },
    outbound: {
      placed: 40,
      answered: 10,
      unanswered: 20,
      declined: 10,
      failed: 0,
      answer_rate: 0.25,
      mean_pickup_s: 9,
      talked: 10,
      mean_talk_s: 60,
      talk_s: 600,
    },
    work: {
      held_calls: 30,
      holds: 40,
      held_s: 1200,
      mean_held_s: 40,
      wrap_ups: 900,
      wrap_up_s: 27_000,
      mean_wrap_up_s: 30,
    },
  };
}

const ZONE = "America/Manaus";

function measured(lines: MeasuredLine[]): Measures {
  return { since: "2026-03-01T04:00:00Z", zone: ZONE, level_s: 20, lines, total: line(null) };
}

function answers(more: Record<string, object>): FakeApi {
  return new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Rosa", role: "administrator" }, time_zone: ZONE },
    "GET /numbers": { numbers: [{ id: 3, label: "Vendas São Paulo" }] },
    "GET /departments": { departments: [{ id: 5, name: "Vendas" }] },
    "GET /measures/agents": { agents: [{ id: 7, name: "Ana Souza", works: true }] },
    ...more,
  });
}

describe("the metrics", () => {
  it("are told as figures and as a table, in the reader's way of writing", async () => {
    answers({ "GET /measures": measured([line("7", "Vendas"), line(null)]) });
    window.history.replaceState(null, "", "/measures?days=30&by=department");
    showWith(<MeasuresPage />);
    expect((await screen.findByTestId("tile-offered")).textContent).toBe("Recebidas1.200");
    expect(screen.getByTestId("tile-serviceLevel").textContent).toContain("66,7%");
    expect(screen.getByTestId("tile-serviceLevel").textContent).toContain("em até 20 s");
    expect(screen.getByTestId("tile-meanTalk").textContent).toBe("Conversa média3:05");
    expect(screen.getByTestId("tile-meanHold").textContent).toBe("Tempo médio em espera0:40chamadas: 30; total: 20:00");
    expect(screen.getByTestId("tile-meanWrapUp").textContent).toBe("Pós-atendimento médio0:30total: 7:30:00");
    const rows = screen.getAllByTestId("measured");
    expect(within(rows[0] as HTMLElement).getByRole("rowheader").textContent).toBe("Vendas");
    expect(within(rows[1] as HTMLElement).getByRole("rowheader").textContent).toBe("Sem departamento");
  });

  it("keep what is looked at in the address, and ask in the account's time zone", async () => {
    answers({ "GET /measures": measured([line("7", "Vendas")]) });
    const asked: string[] = [];
    const fetched = globalThis.fetch;
    vi.stubGlobal("fetch", (url: string, options: RequestInit) => {
      asked.push(url);
      return fetched(url, options);
    });
    showWith(<MeasuresPage />);
    await screen.findByTestId("tile-offered");
    await userEvent.selectOptions(screen.getByTestId("measures-by"), "agent");
    await waitFor(() => expect(asked.at(-1)).toContain("by=agent"));
    await userEvent.selectOptions(screen.getByTestId("measures-number"), "3");
    await waitFor(() => expect(asked.at(-1)).toContain("number_id=3"));
    const last = new URL(asked.at(-1) ?? "", "http://here");
    expect(last.searchParams.get("zone")).toBe(ZONE);
    expect(last.searchParams.get("since")).toMatch(/T04:00:00.000Z$/);
    expect(window.location.search).toBe("?days=7&by=agent&number=3");
    expect(screen.getByTestId("measures-own").textContent).toContain("Cada chamada conta uma vez");
    await userEvent.selectOptions(screen.getByTestId("measures-by"), "day");
    await waitFor(() => expect(screen.queryByTestId("measures-own")).toBeNull());
    await userEvent.selectOptions(screen.getByTestId("measures-agent"), "Ana Souza");
    await waitFor(() => expect(asked.at(-1)).toContain("by=day"));
    expect(asked.at(-1)).toContain("agent_id=7");
    expect(window.location.search).toBe("?days=7&by=day&number=3&agent=7");
    expect(screen.getByTestId("measures-own")).toBeTruthy();
    expect(screen.getByText(`Dias e horas de: ${zoneName(ZONE, "pt-BR", new Date())}`)).toBeTruthy();
  });

  it("say so when there is nothing, and when nobody answers", async () => {
    const empty = { ...measured([]), total: { key: null, name: null, ...NOBODY_CALLED } };
    answers({ "GET /measures": empty });
    showWith(<MeasuresPage />);
    expect(await screen.findByText("Nenhuma chamada neste período")).toBeTruthy();
    answers({ "GET /measures": new Response("{}", { status: 503 }) });
    showWith(<MeasuresPage />);
    expect((await screen.findByTestId("measures-trouble")).textContent).toContain("Não foi possível");
  });
});

describe("permissions", () => {
  it("are told by who asked: an agent, a key, the gateway by itself, or nobody", async () => {
    const one = { ...NOBODY_ASKED, asked: 1 };
    answers({
      "GET /measures/permissions": {
        ...{ since: "2026-03-01T04:00:00Z", zone: ZONE },
        lines: [
          { key: "7", name: "Ana Souza", funnel: one },
          { key: "key:3", name: "CRM", funnel: one },
          { key: "system", name: null, funnel: one },
          { key: null, name: null, funnel: { ...NOBODY_ASKED, unasked: 2 } },
        ],
        total: { ...one, asked: 3 },
      },
    });
    window.history.replaceState(null, "", "/measures?view=permissions&by=agent");
    showWith(<MeasuresPage />);
    const rows = await screen.findAllByTestId("funnel");
    expect(rows.map((row) => within(row).getByRole("rowheader").textContent)).toEqual([
      ...["Ana Souza", "Chave de API: CRM", "O Ramal, sozinho", "Sem pedido, ou não se sabe de quem"],
    ]);
    expect(screen.getByTestId("measures-agent")).toBeTruthy();
  });

  it("are followed from the request to the pick-up", async () => {
    const funnel = { ...NOBODY_ASKED, asked: 10, delivered: 8, temporary: 3, permanent: 1, called: 2, reached: 1 };
    answers({
      "GET /measures/permissions": {
        ...{ since: "2026-03-01T04:00:00Z", zone: ZONE },
        lines: [{ key: "3", name: "Vendas", funnel }],
        total: funnel,
      },
    });
    window.history.replaceState(null, "", "/measures?view=permissions&by=number");
    showWith(<MeasuresPage />);
    expect((await screen.findByTestId("tile-granted")).textContent).toBe("Concedidas450% do passo anterior");
    expect(screen.getByTestId("tile-reached").textContent).toBe("E atenderam150% do passo anterior");
    expect(within(screen.getByTestId("funnel")).getAllByRole("cell")[0]?.textContent).toBe("10");
  });
});

describe("quality", () => {
  it("is told of each side, and as a dash where nothing is known", async () => {
    const customer = { good: 6, fair: 3, poor: 1, mos: 4.05, loss_percent: 1.25, jitter_ms: 12.4, round_trip_ms: 180 };
    const heard = { key: null, name: null, ...NOTHING_HEARD, calls: 10, customer };
    answers({
      "GET /measures/quality": {
        ...{ since: "2026-03-01T04:00:00Z", zone: ZONE },
        lines: [{ ...heard, key: "7", name: "Ana" }],
        total: heard,
      },
    });
    window.history.replaceState(null, "", "/measures?view=quality&by=agent");
    showWith(<MeasuresPage />);
    expect((await screen.findByTestId("tile-customer-good")).textContent).toBe("Soaram bem60%chamadas medidas: 10");
    expect(screen.getByTestId("tile-customer-mos").textContent).toBe("MOS médio4,05");
    expect(screen.getByTestId("tile-customer-loss_percent").textContent).toBe("Perda média1,3%");
    expect(screen.getByTestId("tile-agent-mos").textContent).toBe("MOS médio–");
    expect(within(screen.getByTestId("quality")).getByRole("rowheader").textContent).toBe("Ana");
  });
});

describe("costs", () => {
  it("are an estimate with every digit, and what has no rate is told apart", async () => {
    const cost = {
      calls: 3,
      minutes: "12.5",
      amounts: [{ currency: "BRL", amount: "12345678901234.1234" }],
      unpriced_calls: 1,
      unpriced_minutes: "0.2",
    };
    answers({
      "GET /measures/costs": {
        ...{ since: "2026-03-01T04:00:00Z", zone: ZONE, rates: 4 },
        lines: [{ key: "7", name: "Ana", cost }],
        destinations: [
          { key: "AR", name: null, cost },
          { key: "", name: null, ...FREE },
        ],
        total: cost,
      },
    });
    window.history.replaceState(null, "", "/measures?view=costs&by=agent");
    showWith(<MeasuresPage />);
    expect((await screen.findByTestId("tile-cost-BRL")).textContent).toContain("R$\u00a012.345.678.901.234,1234");
    expect(screen.getByTestId("costs-estimate").textContent).toContain("Estimativa");
    expect(screen.getByTestId("tile-cost-unpriced").textContent).toContain("chamadas sem tarifa: 1");
    const places = screen.getAllByTestId("costs-country").map((row) => within(row).getByRole("rowheader").textContent);
    expect(places).toEqual(["Argentina", "País desconhecido"]);
  });

  it("without rates say where those are written", async () => {
    const nothing = {
      since: "2026-03-01T04:00:00Z",
      zone: ZONE,
      rates: 0,
      lines: [],
      destinations: [],
      total: FREE.cost,
    };
    answers({ "GET /measures/costs": nothing });
    window.history.replaceState(null, "", "/measures?view=costs");
    showWith(<MeasuresPage />);
    expect((await screen.findByTestId("costs-estimate")).textContent).toContain("Ainda não há tarifas");
    await waitFor(() => expect(screen.getByText("Ver as tarifas").getAttribute("href")).toBe("/system/rates"));
  });

  it("are written by locale, digit by digit", () => {
    expect(money("0.0108", "USD", "en")).toBe("$0.0108");
    expect(money("9007199254740993.01", "USD", "en")).toBe("$9,007,199,254,740,993.01");
  });
});

describe("days and hours", () => {
  it("are complete in the zone, also where nobody called", () => {
    const now = new Date("2026-03-05T03:59:00Z"); // the 4th still, in Manaus
    const days = complete(measured([line("2026-03-03")]), "day", now, NOBODY_CALLED);
    expect(days.map(({ key, inbound }) => [key, inbound.offered])).toEqual([
      ["2026-03-01", 0],
      ["2026-03-02", 0],
      ["2026-03-03", 1200],
      ["2026-03-04", 0],
    ]);
    expect(complete(measured([line("9")]), "hour", now, NOBODY_CALLED)).toHaveLength(24);
    expect(complete(measured([line("7", "Vendas")]), "number", now, NOBODY_CALLED)).toHaveLength(1);
  });
});

describe("an address", () => {
  const all = { view: "calls", number: "", department: "", agent: "" };
  it.each([
    ["", { ...all, days: 7, by: "day" }],
    ["days=30&by=agent", { ...all, days: 30, by: "agent" }],
    ["days=31&by=moon&view=stars&number=x", { ...all, days: 7, by: "day" }],
    ["view=permissions&by=agent&agent=7", { ...all, view: "permissions", days: 7, by: "agent", agent: "7" }],
  ])("%s is %o", (search, wish) => {
    expect(readWish(search)).toEqual(wish);
  });

  it("is read as it was written", () => {
    const wish = { view: "costs", days: 90, by: "hour", number: "3", department: "5", agent: "7" } as const;
    expect(readWish(writeWish(wish))).toEqual(wish);
  });
});

describe("a table for spreadsheets", () => {
  it("quotes what must be, and runs no formula", () => {
    expect(
      asCsv(
        ["Nome", "n"],
        [
          ['Ana "A", SP', 1],
          ["=1+1", null],
          ["-", -2],
        ],
      ),
    ).toBe('Nome,n\r\n"Ana ""A"", SP",1\r\n\'=1+1,\r\n\'-,-2');
  });
});
