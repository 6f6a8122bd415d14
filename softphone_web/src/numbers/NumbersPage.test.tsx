import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import { deskState } from "../test/states";
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

/** All is well; much is not, and nobody has heard of the last. */
function standings(seen: object) {
  const calling = { at_meta: "enabled", ours: null, state: "left_alone", differing: [], at: null };
  const health = { state: "fresh", can_send: "AVAILABLE", quality: "GREEN", ...seen };
  const alert = (code: string, place: string, kind: string | null = null) => ({ code, place, kind, until: null });
  return [
    { id: 1, disabled: false, calling, health, alerts: [] },
    {
      id: 2,
      disabled: false,
      calling: { ...calling, at_meta: "disabled", ours: true, state: "different", differing: ["calling", "icon"] },
      health: { ...health, state: "stale", can_send: "LIMITED", failure: "network.unreachable" },
      alerts: [
        alert("webhook_never", "readiness"),
        alert("icon_hidden", "guard"),
        alert("meta_warned", "standing", "USER_INITIATED_CALLS_LOW_PICKUP_RATE"),
        alert("of_tomorrow", "standing"),
      ],
    },
    {
      id: 3,
      disabled: false,
      calling: { ...calling, at_meta: "unknown" },
      health: { state: "unknown", can_send: "", quality: "", at: null, failure: null },
      alerts: [],
    },
  ];
}

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
    expect(screen.getByTestId("numbers-none").textContent).toContain("Nenhum número por aqui");
  });

  it("are a row each that tells administrators calling, health and what is open, with the ways there", async () => {
    answers({ at: "", numbers: [SALES, { ...SALES, number_id: 2 }, { ...SALES, number_id: 3 }], process: null });
    const capacity = fetch;
    const seen = { at: "2026-11-25T12:00:00Z", failure: null };
    vi.stubGlobal("fetch", async (url: string, options: RequestInit) =>
      url.endsWith("/numbers/standing") ? Response.json({ numbers: standings(seen) }) : capacity(url, options),
    );
    const world = showWith(<NumbersPage />);
    const me = deskState({}).me;
    act(() => world.says({ me: { ...me, role: "administrator" } }));
    const [fine, troubled, unheard] = (await screen.findAllByTestId("number-line")) as HTMLElement[];
    if (fine === undefined || troubled === undefined || unheard === undefined) throw new Error("three lines");
    expect(within(fine).getByTestId("line-calling").textContent).toBe("Chamadas na Meta Ativadas");
    expect(within(fine).getByTestId("line-health").textContent).toMatch(/tudo disponível, qualidade boaVista /);
    expect(fine.textContent).toContain("Nenhum aviso aberto.");

    expect(within(troubled).getByTestId("line-calling").dataset.tone).toBe("bad");
    const differs = within(troubled).getByTestId("line-differs");
    expect(differs.textContent).toBe("Aqui estão ativadas. A Meta tem outra coisa em: botão de ligar");
    expect(differs.getAttribute("href")).toBe("/numbers/2/settings#number-at-meta");
    const health = within(troubled).getByTestId("line-health");
    expect([health.dataset.state, health.dataset.tone]).toEqual(["stale", "warn"]);
    expect(health.textContent).toContain("a Meta não responde desde então.");
    expect(troubled.textContent).toContain("Avisos abertos: 4");
    const ways = within(troubled).getAllByTestId("number-alert");
    expect(ways.map((way) => within(way).getByRole("link").getAttribute("href"))).toEqual([
      "/numbers/2/readiness",
      "/numbers/2/settings#number-guard",
      "/numbers/2/settings#number-standing",
      "/numbers/2/settings#number-standing",
    ]);
    expect(ways.map((way) => within(way).getByRole("link").textContent)).toEqual([
      "Nenhum webhook da Meta chegou até agora",
      "Botão de ligar escondido pela proteção do atendimento",
      "Aviso: poucas chamadas de clientes são atendidas.",
      "Aviso of_tomorrow.",
    ]);

    expect(within(unheard).getByTestId("line-calling").textContent).toContain("Não se sabe");
    expect(within(unheard).getByTestId("line-health").textContent).toContain("A Meta ainda não respondeu.");
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
