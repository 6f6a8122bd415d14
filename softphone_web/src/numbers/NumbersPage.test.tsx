import { screen, waitFor, within } from "@testing-library/react";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import { shareOf, strainOf } from "./capacity";
import { NumbersPage } from "./NumbersPage";

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

const SALES = {
  number_id: 1,
  label: "Vendas",
  department: "Atendimento",
  inbound: { limit: 1000, used: 1000 },
  outbound: { limit: 1000, used: 800 },
  initiations: { limit: 10_000, used: 12 },
};

function answers(body: object, status = 200): void {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ devices: [], ...body }), { status }));
}

describe("the numbers", () => {
  it("show their load, and in words when it is tight or full", async () => {
    answers({ at: "", numbers: [SALES], process: null });
    showWith(<NumbersPage />);
    const number = await screen.findByTestId("number");
    expect(within(number).getByTestId("meter-inbound").textContent).toBe(
      "Chamadas recebidas agora1.000 de 1.000No limite: a próxima é recusada.",
    );
    expect(within(number).getByTestId("meter-outbound").dataset.strain).toBe("tight");
    expect(within(number).getByTestId("meter-initiations").textContent).toContain("12 de 10.000");
    expect(screen.queryByTestId("process")).toBeNull();
  });

  it("show administrators the server, too", async () => {
    answers({ at: "", numbers: [], process: { cpu: { limit: 85, used: 20 }, calls: { limit: null, used: 3 } } });
    showWith(<NumbersPage />);
    const process = await screen.findByTestId("process");
    expect(within(process).getByTestId("meter-cpu").textContent).toBe("Processador20 % de 85 %");
    expect(within(process).getByTestId("meter-calls").textContent).toContain("3, sem limite");
    expect(screen.getByText("Nenhum número dos seus departamentos.")).toBeTruthy();
  });

  it("say so when nobody answers", async () => {
    answers({}, 503);
    showWith(<NumbersPage />);
    await waitFor(() => expect(screen.getByTestId("numbers-trouble").textContent).toContain("Não foi possível"));
  });
});

describe("a budget", () => {
  it.each([
    [{ limit: 10, used: 7 }, "fine", 0.7],
    [{ limit: 10, used: 8 }, "tight", 0.8],
    [{ limit: 10, used: 10 }, "full", 1],
    [{ limit: 10, used: 12 }, "full", 1],
    [{ limit: 0, used: 0 }, "full", 0],
    [{ limit: null, used: 99 }, "fine", 0],
  ])("%o is %s", (budget, strain, share) => {
    expect(strainOf(budget)).toBe(strain);
    expect(shareOf(budget)).toBe(share);
  });
});
