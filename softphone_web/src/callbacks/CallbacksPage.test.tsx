import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { CALL } from "../test/states";
import { CallbacksPage } from "./CallbacksPage";
import type { Callback } from "./callbacks";

let world: PhoneWorld;
let cards: Callback[];
let asked: string[];
let deedAnswer: { status: number; body: object };

const MARIA: Callback = {
  id: 3,
  number_id: 1,
  number_label: "Vendas",
  department: "Atendimento",
  contact_id: 7,
  customer_name: "Maria",
  customer_label: "+55 11 ••••• 0101",
  call_id: CALL,
  reason: "abandoned",
  times: 2,
  first_at: "2026-11-25T12:00:00Z",
  last_at: "2026-11-25T12:30:00Z",
  taken_by: null,
  taken_by_name: null,
  permission: "none",
  messages: [],
};
const MAY_CALL = { call_from: [{ number_id: 1, label: "Vendas", country: "BR" }] };

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  asked = [];
  deedAnswer = { status: 200, body: {} };
  vi.stubGlobal("fetch", async (url: string, options: RequestInit) => {
    const method = options.method ?? "GET";
    if (method === "GET") return new Response(JSON.stringify({ callbacks: cards, more: false }));
    asked.push(`${method} ${url} ${options.body ?? ""}`.trim());
    return new Response(JSON.stringify(deedAnswer.body), { status: deedAnswer.status });
  });
});

afterEach(() => world.phone.stop());

async function opens(open: Callback[]): Promise<void> {
  cards = open;
  world = showWith(<CallbacksPage />);
  await act(async () => world.says(MAY_CALL));
}

async function shown(): Promise<HTMLElement> {
  await opens([MARIA]);
  return screen.findByTestId("callback");
}

const MESSAGE = { call_id: CALL, seconds: 65.4, legal_hold: false, with_recording: false };

describe("a card", () => {
  it("says who, why, how often, and whether they may be called", async () => {
    const card = await shown();
    expect(within(card).getByRole("heading").textContent).toBe("Maria");
    expect(card.textContent).toContain("Esperou na fila e desistiu");
    expect(card.textContent).toContain("2 vezes");
    expect(within(card).getByTestId("callback-permission").textContent).toContain("não permitiu");
  });

  it("says at once that the customer has allowed calls", async () => {
    const card = await shown();
    cards = [{ ...MARIA, permission: "temporary" }];
    const message = { number_id: 1, contact_id: 7, status: "temporary", until_unix_s: null };
    await act(async () => world.store.dispatch({ type: "permission_changed", message }));
    await waitFor(() =>
      expect(within(card).getByTestId("callback-permission").textContent).toBe("Permitiu chamadas por um tempo"),
    );
  });

  it("plays what they said after the beep", async () => {
    await opens([{ ...MARIA, messages: [MESSAGE] }]);
    const message = await screen.findByTestId("callback-message");
    expect(message.getAttribute("src")).toBe(`/api/v1/calls/${CALL}/message/audio`);
    expect(message.getAttribute("aria-label")).toBe("Mensagem de voz, 1:05");
  });

  it("has its messages erased by administrators alone, who are asked first", async () => {
    const card = { ...MARIA, messages: [MESSAGE] };
    await opens([card]);
    await screen.findByTestId("callback-message");
    expect(screen.queryByTestId("erase")).toBeNull();
    await act(async () => world.says({ me: { agent_id: 1, name: "Rosa", role: "administrator" } }));
    await userEvent.click(screen.getByRole("button", { name: "Apagar o recado de voz" }));
    expect(asked).toEqual([]);
    cards = [MARIA];
    await userEvent.click(screen.getByTestId("sure-yes"));
    await waitFor(() => expect(screen.queryByTestId("callback-message")).toBeNull());
    expect(asked).toEqual([`DELETE /api/v1/calls/${CALL}/message`]);
  });

  it("has its messages held, and let go again, by administrators alone", async () => {
    await opens([{ ...MARIA, messages: [MESSAGE] }]);
    await screen.findByTestId("callback-message");
    expect(screen.queryByTestId("hold")).toBeNull();
    await act(async () => world.says({ me: { agent_id: 1, name: "Rosa", role: "administrator" } }));
    cards = [{ ...MARIA, messages: [{ ...MESSAGE, legal_hold: true }] }];
    await userEvent.click(screen.getByTestId("hold"));
    expect((await screen.findByTestId("callback-message-held")).textContent).toBe("Retido por ordem legal");
    expect(screen.queryByTestId("erase"), "what is held is not erased").toBeNull();
    cards = [{ ...MARIA, messages: [MESSAGE] }];
    await userEvent.click(screen.getByTestId("hold"));
    await waitFor(() => expect(screen.queryByTestId("callback-message-held")).toBeNull());
    expect(asked).toEqual([
      `PUT /api/v1/calls/${CALL}/message/hold {"on":true}`,
      `PUT /api/v1/calls/${CALL}/message/hold {"on":false}`,
    ]);
  });

  it("says to everybody that a message is held, and leaves it to its call's recording where that holds it", async () => {
    await opens([{ ...MARIA, messages: [{ ...MESSAGE, legal_hold: true, with_recording: true }] }]);
    expect(await screen.findByTestId("callback-message-held")).toBeTruthy();
    await act(async () => world.says({ me: { agent_id: 1, name: "Rosa", role: "administrator" } }));
    expect(screen.getByTestId<HTMLButtonElement>("hold").disabled).toBe(true);
  });

  it("is taken by calling, and the customer is chosen", async () => {
    await shown();
    await userEvent.click(screen.getByTestId("callback-call"));
    expect(asked).toEqual(["POST /api/v1/callbacks/3/take"]);
    await waitFor(() => expect(world.store.current().chosen?.contact_id).toBe(7));
  });

  it("that somebody else took first says who", async () => {
    await shown();
    deedAnswer = { status: 409, body: { error: { code: "taken", by: "Bia Lima" } } };
    await userEvent.click(screen.getByTestId("callback-call"));
    expect((await screen.findByRole("alert")).textContent).toBe("Bia Lima pegou este retorno antes.");
    expect(world.store.current().chosen).toBeNull();
  });

  it("is settled or dismissed", async () => {
    await shown();
    await userEvent.click(screen.getByTestId("callback-done"));
    await userEvent.click(screen.getByTestId("callback-dismiss"));
    expect(asked).toEqual([
      'POST /api/v1/callbacks/3/close {"closed_as":"done"}',
      'POST /api/v1/callbacks/3/close {"closed_as":"dismissed"}',
    ]);
  });

  it("of somebody else cannot be called from, and mine can be given back", async () => {
    await opens([
      { ...MARIA, taken_by: 99, taken_by_name: "Bia Lima" },
      { ...MARIA, id: 4, taken_by: 1, taken_by_name: "Bia" },
    ]);
    const [theirs, mine] = await screen.findAllByTestId("callback");
    if (theirs === undefined || mine === undefined) throw new Error("two cards");
    expect(within(theirs).getByTestId<HTMLButtonElement>("callback-call").disabled).toBe(true);
    expect(within(theirs).getByTestId("callback-taken").textContent).toBe("Com Bia Lima");
    await userEvent.click(within(mine).getByTestId("callback-give-back"));
    expect(asked).toEqual(["POST /api/v1/callbacks/4/give-back"]);
  });
});

it("nobody waiting is said, too", async () => {
  await opens([]);
  expect(await screen.findByText("Ninguém espera retorno")).toBeTruthy();
});
