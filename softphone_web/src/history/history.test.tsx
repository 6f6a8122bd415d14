import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { type Filters, NO_FILTERS, openedCall, queryOf, readFilters, writeFilters } from "./filters";
import { HistoryPage } from "./HistoryPage";
import type { HistoryCall, Outline } from "./history";
import { whenOf, zoneName } from "./words";
import { beginningOf, dayIn, daysLater, isDay } from "./zone";

const SAO_PAULO = "America/Sao_Paulo";
const NOW = new Date("2026-11-26T01:30:00Z"); // still the 25th in São Paulo

describe("days of a zone", () => {
  it("begin where the zone is, whatever the browser's clock says", () => {
    expect(dayIn(SAO_PAULO, NOW)).toBe("2026-11-25");
    expect(beginningOf("2026-11-25", SAO_PAULO).toISOString()).toBe("2026-11-25T03:00:00.000Z");
    expect(beginningOf("2026-11-25", "Asia/Kathmandu").toISOString()).toBe("2026-11-24T18:15:00.000Z");
  });

  it.each([
    ["2026-03-29", "Europe/Lisbon", "2026-03-29T00:00:00.000Z"], // clocks go forward that night
    ["2026-10-26", "Europe/Lisbon", "2026-10-26T00:00:00.000Z"], // and went back the night before
    ["2018-11-04", SAO_PAULO, "2018-11-04T03:00:00.000Z"], // midnight was left out
    ["2019-02-17", SAO_PAULO, "2019-02-17T03:00:00.000Z"], // the hour before it came twice
  ])("%s begins in %s at %s", (day, zone, at) => {
    expect(beginningOf(day, zone).toISOString()).toBe(at);
  });

  it("follow each other over months, and are days that there are", () => {
    expect([daysLater("2026-02-28", 1), daysLater("2026-03-01", -1)]).toEqual(["2026-03-01", "2026-02-28"]);
    expect(["2026-02-29", "2026-13-01", "26-01-01", "2024-02-29"].map(isDay)).toEqual([false, false, false, true]);
  });
});

describe("filters", () => {
  const asked: Filters = {
    ...NO_FILTERS,
    span: "days",
    from: "2026-11-02",
    to: "2026-11-01",
    number: "3",
    agent: "7",
    outcome: "failed",
    reason: "meta",
    recorded: "false",
    words: "não & sim",
  };

  it("stand in the address and come back from it", () => {
    const told = writeFilters(asked, "a".repeat(32));
    expect(readFilters(`?${told}`)).toEqual(asked);
    expect(openedCall(`?${told}`)).toBe("a".repeat(32));
    expect(writeFilters(NO_FILTERS, null)).toBe("");
  });

  it("that make no sense are none", () => {
    const nonsense = "?span=9&from=2026-02-30&number=x&outcome=lost&reason=a.b&protocol=1&call=1&recorded=maybe";
    expect(readFilters(nonsense)).toEqual(NO_FILTERS);
    expect(openedCall(nonsense)).toBe(null);
  });

  it("are asked in the account's days, the last one whole, whichever stands first", () => {
    expect(Object.fromEntries(queryOf(asked, SAO_PAULO, NOW))).toEqual({
      since: "2026-11-01T03:00:00.000Z",
      until: "2026-11-03T03:00:00.000Z",
      number_id: "3",
      agent_id: "7",
      outcome: "failed",
      reason: "meta.",
      recorded: "false",
      words: "não & sim",
    });
    expect(queryOf({ ...NO_FILTERS, span: "1" }, SAO_PAULO, NOW).toString()).toBe("since=2026-11-25T03%3A00%3A00.000Z");
    expect(queryOf({ ...NO_FILTERS, span: "all", words: "…" }, SAO_PAULO, NOW).toString()).toBe("");
  });
});

describe("times", () => {
  it("are those of the account, with the year where it is another", () => {
    expect(whenOf("2026-11-26T01:05:00Z", SAO_PAULO, "en", NOW)).toEqual({ day: "Nov 25", time: "10:05 PM" });
    expect(whenOf("2025-01-01T01:05:00Z", SAO_PAULO, "en", NOW).day).toBe("Dec 31, 2024");
    expect(zoneName(SAO_PAULO, "en", NOW)).toBe("Brasilia Standard Time (GMT-3)");
  });
});

// ---- the page --------------------------------------------------------------------------------------------------------

function call(n: number): HistoryCall {
  return {
    call_id: n.toString(16).padStart(32, "0"),
    number_id: 1,
    contact_id: n,
    direction: "inbound",
    number_label: "Vendas",
    department: "Comercial",
    customer_name: `Cliente ${n}`,
    customer_label: "+55 11 ••••• 0101",
    outcome: "failed",
    ended_by: "customer",
    offered_at: "2026-03-04T12:00:00Z",
    talk_s: null,
    agent_name: "Ana",
    failure_code: "meta.138021",
    reason: "meta.138021",
    wait_s: null,
    dispositions: ["sale"],
    protocol: "2026000123",
    recording: null,
    meta_recording: false,
  };
}

function outline(count: number, more = false): Outline {
  const marks = Array.from({ length: Math.max(0, Math.ceil(count / 100) - 1) }, (_, page) => `${page + 1}.1`);
  return { count, more, step: 100, marks, departments: 1 };
}

function gateway(answers: Record<string, object> = {}): FakeApi {
  return new FakeApi({
    "GET /session": { me: { agent_id: 1, name: "Sara", role: "supervisor" }, time_zone: "America/Manaus" },
    "GET /calls/outline": outline(3),
    "GET /calls": { calls: [call(3), call(2), call(1)], next: null },
    "GET /numbers": { numbers: [{ id: 1, label: "Vendas" }] },
    "GET /departments": { departments: [{ id: 3, name: "Comercial" }] },
    "GET /colleagues": { agents: [], departments: [] },
    "GET /reasons": { pause: [], disposition: [{ code: "sale", label: null }] },
    [`GET /calls/${call(2).call_id}`]: {
      ...call(2),
      timestamps: { offered_at: "2026-03-04T12:00:00Z" },
      back_filled: true,
    },
    [`GET /calls/${call(2).call_id}/notes`]: { notes: [{ agent_name: "Ana", text: "Liga amanhã", disposition: null }] },
    ...answers,
  });
}

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  window.history.replaceState(null, "", "/history");
  // jsdom lays nothing out: the list is as high as a few lines.
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(800);
});

describe("the history", () => {
  it("lists calls with what became of them, in the account's zone, and opens one beside the list", async () => {
    gateway();
    showWith(<HistoryPage />);
    const rows = await screen.findAllByTestId("history-row");
    await waitFor(() => expect(screen.getByTestId("history-count").textContent).toBe("3 chamadas"));
    expect(rows).toHaveLength(3);
    expect(rows[1]?.textContent).toContain("Cliente 2");
    expect(rows[1]?.textContent).toContain("Falhou");
    expect(rows[1]?.getAttribute("aria-rowindex")).toBe("3");
    await waitFor(() => expect(rows[1]?.textContent).toContain("08:00"));
    await userEvent.click(within(rows[1] as HTMLElement).getByTestId("history-open"));
    const opened = await screen.findByRole("region", { name: "Chamada com Cliente 2" });
    await within(opened).findByText("Liga amanhã");
    expect(opened.textContent).toContain("2026000123");
    expect(within(opened).getByTestId("back-filled").textContent).toContain("o ramal não soube do começo");
    expect(opened.textContent).toContain("Venda");
    expect(window.location.search).toBe(`?call=${call(2).call_id}`);
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByTestId("history-call")).toBe(null);
  });

  it("moves along its lines by keys, of which the tab key leads to one", async () => {
    gateway();
    showWith(<HistoryPage />);
    const [first] = await screen.findAllByTestId("history-open");
    (first as HTMLElement).focus();
    await userEvent.keyboard("{ArrowDown}");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Cliente 2"));
    expect(screen.getAllByTestId("history-open").map((button) => button.tabIndex)).toEqual([-1, 0, -1]);
    await userEvent.keyboard("{End}");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Cliente 1"));
  });

  it("keeps what is chosen in the address, and asks the gateway for it", async () => {
    const asked: string[] = [];
    const api = gateway();
    const answer = globalThis.fetch;
    vi.stubGlobal("fetch", (url: string, options: RequestInit) => {
      asked.push(url);
      return answer(url, options);
    });
    showWith(<HistoryPage />);
    await screen.findAllByTestId("history-row");
    await userEvent.selectOptions(screen.getByTestId("history-outcome"), "missed");
    await waitFor(() => expect(asked.some((url) => /calls\?.*outcome=missed/.test(url))).toBe(true));
    await userEvent.click(screen.getByTestId("history-more"));
    await userEvent.type(screen.getByTestId("history-protocol"), "2026 000-123");
    await waitFor(() => expect(window.location.search).toBe("?outcome=missed&protocol=2026000123"));
    await userEvent.click(screen.getByTestId("history-clear"));
    expect(window.location.search).toBe("");
    expect(api.asked).toContain("GET /numbers");
  });

  it("says so when nothing fits, when one is in no department, and when nobody answers", async () => {
    gateway({ "GET /calls/outline": { ...outline(0), departments: 0 }, "GET /calls": { calls: [], next: null } });
    window.history.replaceState(null, "", "/history?span=all");
    showWith(<HistoryPage />);
    expect((await screen.findByTestId("history-no-grant")).textContent).toContain("Pessoas");
    expect((screen.getByTestId("history-export") as HTMLButtonElement).disabled).toBe(true);
    expect(screen.getByText("Não há o que exportar.")).toBeTruthy();
  });

  it("says so when it cannot be loaded, and asks again", async () => {
    const api = gateway({ "GET /calls": () => new Response("{}", { status: 503 }) });
    showWith(<HistoryPage />);
    await userEvent.click(await screen.findByTestId("history-trouble-retry"));
    await waitFor(() => expect(api.asked.filter((what) => what === "GET /calls").length).toBeGreaterThan(1));
  });

  it("says so without a network, and keeps what it has", async () => {
    gateway();
    showWith(<HistoryPage />);
    await screen.findAllByTestId("history-row");
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    window.dispatchEvent(new Event("offline"));
    expect((await screen.findByTestId("history-offline")).textContent).toContain("Sem rede");
    expect(screen.getAllByTestId("history-row")).toHaveLength(3);
    window.dispatchEvent(new Event("online"));
  });

  it("of more calls than a file takes says what would help", async () => {
    gateway({ "GET /calls/outline": outline(100_000, true) });
    showWith(<HistoryPage />);
    await screen.findByText("São chamadas demais para um arquivo. Escolha um período menor.");
    expect(screen.getByTestId("history-count").textContent).toBe("mais de 100.000 chamadas");
    expect(screen.getAllByTestId("history-row").length).toBeLessThan(40);
  });
});

describe("an export", () => {
  const made = { id: "e", rows: 0, of: 3, reason: null, file_name: "calls.csv", numbers: "some" };

  it("says how far it is, hands over its file, and whose numbers are in it", async () => {
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
    let looks = 0;
    gateway({
      "POST /calls/exports": { ...made, state: "making" },
      "GET /calls/exports/e": () => ({ ...made, rows: ++looks, state: looks < 2 ? "making" : "ready" }),
    });
    showWith(<HistoryPage />);
    await screen.findByText("3 chamadas");
    await userEvent.click(screen.getByTestId("history-export"));
    await userEvent.click(await screen.findByTestId("history-export-csv"));
    await screen.findByText("1 de 3 chamadas escritas");
    const ready = await screen.findByTestId("history-export-ready");
    expect(ready.textContent).toContain("só nos departamentos em que você pode exportar");
    expect(clicked).toHaveBeenCalledOnce();
  });

  it("that is refused says why", async () => {
    const busy = () => Response.json({ error: { code: "busy" } }, { status: 409 });
    gateway({ "POST /calls/exports": busy });
    showWith(<HistoryPage />);
    await screen.findByText("3 chamadas");
    await userEvent.click(screen.getByTestId("history-export"));
    await userEvent.click(await screen.findByTestId("history-export-parquet"));
    expect((await screen.findByTestId("history-export-failed")).textContent).toContain("Outro arquivo");
  });
});
