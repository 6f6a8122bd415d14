import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import { MeasuresPage } from "./MeasuresPage";
import { asCsv, complete, type MeasuredLine, type Measures, readWish, writeWish } from "./measures";

// It draws with sizes that jsdom does not have; Chromium shows it (tests/browser/test_measures.py).
vi.mock("./CallsChart", () => ({ CallsChart: () => null }));

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
      mean_talk_s: 60,
      talk_s: 600,
    },
  };
}

function measured(lines: MeasuredLine[]): Measures {
  return { since: "2026-03-01T00:00:00Z", until: "2026-03-04T15:00:00Z", level_s: 20, lines, total: line(null) };
}

function answers(body: object, status = 200): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return new Response(JSON.stringify(body), { status });
  });
  return asked;
}

describe("the metrics", () => {
  it("are told as figures and as a table, in the reader's way of writing", async () => {
    answers(measured([line("7", "Vendas"), line(null)]));
    window.history.replaceState(null, "", "/measures?days=30&by=department");
    showWith(<MeasuresPage />);
    expect((await screen.findByTestId("tile-offered")).textContent).toBe("Recebidas1.200");
    expect(screen.getByTestId("tile-serviceLevel").textContent).toContain("66,7%");
    expect(screen.getByTestId("tile-serviceLevel").textContent).toContain("em até 20 s");
    expect(screen.getByTestId("tile-meanTalk").textContent).toBe("Conversa média3:05");
    const rows = screen.getAllByTestId("measured");
    expect(within(rows[0] as HTMLElement).getByRole("rowheader").textContent).toBe("Vendas");
    expect(within(rows[1] as HTMLElement).getByRole("rowheader").textContent).toBe("Sem departamento");
  });

  it("keep what is looked at in the address", async () => {
    const asked = answers(measured([line("7", "Vendas")]));
    showWith(<MeasuresPage />);
    await screen.findByTestId("tile-offered");
    await userEvent.selectOptions(screen.getByTestId("measures-by"), "agent");
    await waitFor(() => expect(asked.at(-1)).toContain("by=agent"));
    expect(window.location.search).toBe("?days=7&by=agent");
  });

  it("say so when there is nothing, and when nobody answers", async () => {
    const nobody = line(null);
    const empty = measured([]);
    answers({
      ...empty,
      total: { ...nobody, inbound: { ...nobody.inbound, offered: 0 }, outbound: { ...nobody.outbound, placed: 0 } },
    });
    showWith(<MeasuresPage />);
    expect(await screen.findByText("Nenhuma chamada neste período.")).toBeTruthy();
    answers({}, 503);
    showWith(<MeasuresPage />);
    expect((await screen.findByTestId("measures-trouble")).textContent).toContain("Não foi possível");
  });
});

describe("days and hours", () => {
  it("are complete, also where nobody called", () => {
    const now = new Date(2026, 2, 4, 12);
    const since = new Date(2026, 2, 1).toISOString();
    const days = complete({ ...measured([line("2026-03-03")]), since }, "day", now);
    expect(days.map(({ key, inbound }) => [key, inbound.offered])).toEqual([
      ["2026-03-01", 0],
      ["2026-03-02", 0],
      ["2026-03-03", 1200],
      ["2026-03-04", 0],
    ]);
    expect(complete(measured([line("9")]), "hour", now)).toHaveLength(24);
    expect(complete(measured([line("7", "Vendas")]), "number", now)).toHaveLength(1);
  });
});

describe("an address", () => {
  it.each([
    ["", { days: 7, by: "day" }],
    ["days=30&by=agent", { days: 30, by: "agent" }],
    ["days=31&by=moon", { days: 7, by: "day" }],
  ])("%s is %o", (search, wish) => {
    expect(readWish(search)).toEqual(wish);
  });

  it("is read as it was written", () => {
    expect(readWish(writeWish({ days: 90, by: "hour" }))).toEqual({ days: 90, by: "hour" });
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
