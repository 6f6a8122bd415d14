import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { PhonePanel } from "../phone/view/PhonePanel";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { CALL, currentCall, OTHER_CALL, ringingCall } from "../test/states";
import type { Caller, EarlierCall } from "./caller";

const ASK = `GET /calls/${CALL}/caller`;
const NOBODY: Caller = { known: true, calls: [], protocol: null, sticky_agent: null };

let world: PhoneWorld;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

afterEach(() => world.phone.stop());

function earlier(changes: Partial<EarlierCall> = {}): EarlierCall {
  return {
    call_id: OTHER_CALL,
    at: "2025-11-20T12:00:00Z",
    direction: "inbound",
    outcome: "answered",
    talk_s: 192,
    agent_name: "Bia",
    ...changes,
  };
}

function answering(answer: object | (() => object)): FakeApi {
  const api = new FakeApi({ [ASK]: answer });
  world = showWith(<PhonePanel />);
  return api;
}

async function rings(...calls: string[]): Promise<void> {
  await act(async () => world.says({ ringing: calls.map((call_id) => ringingCall({ call_id })) }));
}

describe("beside a ring", () => {
  it("stand the last calls, the open protocol, and who looks after the customer", async () => {
    answering({
      known: true,
      calls: [
        earlier(),
        earlier({ call_id: "2".repeat(32), outcome: "missed", talk_s: null, agent_name: null }),
        earlier({ call_id: "3".repeat(32), direction: "outbound", outcome: "missed", talk_s: null }),
      ],
      protocol: { code: "2026000123", opened_at: "2025-11-19T12:00:00Z", department: "Vendas" },
      sticky_agent: { name: "Carla", was_free: false },
    } satisfies Caller);
    await rings(CALL);
    const facts = within(screen.getByTestId("ring-panel")).getByTestId("caller-facts");
    await waitFor(() => expect(within(facts).getAllByRole("listitem")).toHaveLength(3));
    expect(
      within(facts)
        .getAllByRole("listitem")
        .map((line) => line.textContent),
    ).toEqual([
      expect.stringMatching(/^O cliente ligou Atendida · Bia · 3:12.*2025/),
      expect.stringMatching(/^O cliente ligou Perdida.*2025/),
      expect.stringMatching(/^Nós ligamos Não atendida · Bia.*2025/),
    ]);
    expect(within(facts).getByTestId("caller-protocol").textContent).toMatch(
      /^Protocolo 2026000123 aberto desde 19\/11\/2025.* · Vendas$/,
    );
    expect(within(facts).getByTestId("caller-keeper").textContent).toBe(
      "Quem cuida do cliente: Carla (não estava livre)",
    );
  });

  it("is said that there was no call before", async () => {
    answering(NOBODY);
    await rings(CALL);
    expect((await screen.findByTestId("caller-first")).textContent).toContain("Nenhuma chamada anterior");
  });

  it("nothing turns while they are looked up, and the call can be answered", async () => {
    vi.stubGlobal("fetch", () => new Promise(() => undefined));
    world = showWith(<PhonePanel />);
    await rings(CALL);
    expect(screen.getByTestId("caller-loading").textContent).toBe("Procurando as últimas chamadas…");
    expect(screen.getByTestId("caller-facts").getAttribute("aria-busy")).toBe("true");
    expect(within(screen.getByTestId("caller-facts")).queryByRole("status")).toBeNull();
    expect((screen.getByTestId("answer-button") as HTMLButtonElement).disabled).toBe(false);
  });

  it("is said when they cannot be looked up, quietly, and another try helps", async () => {
    let fails = true;
    const api = answering(() =>
      fails ? Response.json({ error: { code: "unavailable" } }, { status: 503 }) : { ...NOBODY, calls: [earlier()] },
    );
    await rings(CALL);
    const said = await screen.findByTestId("caller-unreachable", undefined, { timeout: 3_000 });
    expect(said.closest("[role=alert]")).toBeNull();
    fails = false;
    await userEvent.click(screen.getByTestId("caller-retry"));
    await screen.findByTestId("caller-calls");
    expect(api.asked.filter((what) => what === ASK)).toHaveLength(3);
  });

  it("stands nothing when somebody else took the call meanwhile", async () => {
    answering({ ...NOBODY, known: false });
    await rings(CALL);
    await waitFor(() => expect(screen.queryByTestId("caller-facts")).toBeNull());
    expect(screen.getByTestId("ring-panel")).toBeTruthy();
  });

  it("they are looked up for the first three calls alone", async () => {
    const api = answering(NOBODY);
    await rings(CALL, ...["a", "b", "c"].map((each) => each.repeat(32)));
    expect(screen.getAllByTestId("ring-panel")).toHaveLength(4);
    await waitFor(() => expect(api.asked.filter((what) => what.endsWith("/caller"))).toHaveLength(3));
  });

  it("they are given up when the ring stops", async () => {
    const signals: AbortSignal[] = [];
    vi.stubGlobal("fetch", (_url: string, { signal }: RequestInit) => {
      if (signal) signals.push(signal);
      return new Promise(() => undefined);
    });
    world = showWith(<PhonePanel />);
    await rings(CALL);
    expect(signals.map((signal) => signal.aborted)).toEqual([false]);
    await rings();
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });
});

it("in the call they stand on its card, and are not asked for again", async () => {
  const api = answering({ ...NOBODY, calls: [earlier()] });
  await rings(CALL);
  await screen.findByTestId("caller-calls");
  await act(async () => world.says({ call: currentCall() }));
  expect(within(screen.getByTestId("call-card")).getByTestId("caller-calls")).toBeTruthy();
  expect(api.asked.filter((what) => what === ASK)).toHaveLength(1);
});
