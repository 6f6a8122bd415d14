import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DeskState } from "../contract/messages";
import { chooseLanguage, startTranslations } from "../i18n";
import { PhonePanel } from "../phone/view/PhonePanel";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { CALL, currentCall, party } from "../test/states";
import { fitting } from "./colleagues";

let world: PhoneWorld;

const COLLEAGUES = {
  agents: [
    { agent_id: 7, name: "Ana", presence: "paused" as const, departments: [1] },
    { agent_id: 8, name: "José Conceição", presence: "free" as const, departments: [1] },
  ],
  departments: [
    { id: 1, name: "Atendimento", free: 2, signed_in: 3 },
    { id: 2, name: "Fechado", free: 0, signed_in: 0 },
  ],
};

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  new FakeApi({ "GET /colleagues": COLLEAGUES });
  world = showWith(<PhonePanel />);
});

afterEach(() => world.phone.stop());

async function says(changes: Partial<DeskState>): Promise<void> {
  await act(async () => world.says(changes));
}

async function opens(): Promise<void> {
  await says({ call: currentCall(), presence: "in_call" });
  await userEvent.click(screen.getByTestId("transfer-open"));
  await screen.findAllByTestId("colleague");
}

describe("the list of colleagues", () => {
  it("has the focus in its search, and those who are free first", async () => {
    await opens();
    expect(document.activeElement).toBe(screen.getByTestId("transfer-search"));
    const names = screen.getAllByTestId("colleague").map((line) => line.textContent);
    expect(names[0]).toContain("José Conceição");
    expect(names[1]).toBe("AnaEm pausa");
  });

  it("is searched without accents and capitals", async () => {
    await opens();
    await userEvent.type(screen.getByTestId("transfer-search"), "CONCEICAO");
    expect(screen.getAllByTestId("colleague")).toHaveLength(1);
    await userEvent.type(screen.getByTestId("transfer-search"), "x");
    expect(screen.getByText("Ninguém com esse nome.")).toBeTruthy();
  });

  it("gives the customer to a colleague, asks one first, or gives them to a department", async () => {
    await opens();
    const [jose] = screen.getAllByTestId("colleague");
    if (jose === undefined) throw new Error("nobody");
    await userEvent.click(within(jose).getByRole("button", { name: "Transferir para José Conceição" }));
    expect(world.messages.at(-1)).toEqual(["call.transfer", { call_id: CALL, to_agent: 8 }]);
    await userEvent.click(within(jose).getByRole("button", { name: "Consultar José Conceição antes" }));
    expect(world.messages.at(-1)).toEqual(["consult.ask", { call_id: CALL, agent_id: 8 }]);
    await userEvent.click(screen.getByRole("button", { name: "Transferir para Atendimento" }));
    expect(world.messages.at(-1)).toEqual(["call.transfer", { call_id: CALL, to_department: 1 }]);
    expect(screen.queryByRole("button", { name: "Transferir para Fechado" })).toBeNull();
  });

  it("closes by Escape, and is not there while the customer's phone rings", async () => {
    await opens();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByTestId("transfer-picker")).toBeNull();
    expect(document.activeElement).toBe(screen.getByTestId("transfer-open"));
    await says({ call: currentCall({ phase: "ringing", direction: "outbound" }), presence: "in_call" });
    expect(screen.queryByTestId("transfer-open")).toBeNull();
  });
});

describe("a consultation", () => {
  it("shows whoever asked what may be done, once the colleague is there", async () => {
    const consult = { name: "José", asker: true, ringing: true, joined: false };
    await says({ call: currentCall({ held: true, consult }), presence: "in_call" });
    expect(screen.getByTestId("consult").textContent).toContain("Consulta com José");
    expect(screen.queryByTestId("consult-hand-over")).toBeNull();
    expect(screen.queryByTestId("hold-button")).toBeNull();
    await says({ call: currentCall({ held: true, consult: { ...consult, ringing: false } }), presence: "in_call" });
    await userEvent.click(screen.getByTestId("consult-hand-over"));
    expect(world.messages.at(-1)).toEqual(["consult.hand_over", { call_id: CALL }]);
    await userEvent.click(screen.getByTestId("consult-leave"));
    expect(world.messages.at(-1)).toEqual(["consult.leave", { call_id: CALL }]);
  });

  it("lets the asker bring the customer in, and then says that all three hear each other", async () => {
    const consult = { name: "José", asker: true, ringing: false, joined: false };
    await says({ call: currentCall({ held: true, consult }), presence: "in_call" });
    await userEvent.click(screen.getByTestId("consult-join"));
    expect(world.messages.at(-1)).toEqual(["consult.join", { call_id: CALL }]);
    await says({ call: currentCall({ consult: { ...consult, joined: true } }), presence: "in_call" });
    expect(screen.queryByTestId("consult-join")).toBeNull();
    expect(screen.getByTestId("consult").textContent).toContain("Os três se ouvem.");
    expect(screen.getByTestId("consult-leave").textContent).toContain("Continuar sem essa pessoa");
    await says({ call: currentCall({ consult: { ...consult, asker: false } }), presence: "in_call" });
    expect(screen.queryByTestId("consult-join")).toBeNull();
  });

  it("rings for whoever is asked, who talks or declines", async () => {
    await says({ asked: { call_id: CALL, by: "Ana", party }, presence: "in_call" });
    expect(world.ringing).toBe(true);
    const panel = screen.getByTestId("asked");
    expect(panel.getAttribute("role")).toBe("alert");
    expect(panel.textContent).toContain("Ana quer consultar você");
    expect(document.activeElement).toBe(screen.getByTestId("consult-answer"));
    await userEvent.click(screen.getByTestId("consult-answer"));
    expect(world.messages.at(-1)).toEqual(["consult.answer", { call_id: CALL }]);
    await userEvent.click(screen.getByTestId("consult-decline"));
    expect(world.messages.at(-1)).toEqual(["consult.leave", { call_id: CALL }]);
    await says({});
    expect(world.ringing).toBe(false);
  });

  it("is answered and declined by the keys of a ring, and is all there is to do meanwhile", async () => {
    await says({ asked: { call_id: CALL, by: "Ana", party }, presence: "in_call" });
    expect(screen.getByTestId("presence").textContent).toBe("Consulta");
    for (const other of ["ready-button", "pause-button", "offline-button", "dial-panel"])
      expect(screen.queryByTestId(other)).toBeNull();
    expect(document.title).toContain("Ana quer consultar você");
    await userEvent.keyboard("{F8}");
    expect(world.messages.at(-1)).toEqual(["consult.answer", { call_id: CALL }]);
    await userEvent.keyboard("{Shift>}{F8}{/Shift}");
    expect(world.messages.at(-1)).toEqual(["consult.leave", { call_id: CALL }]);
  });

  it("lets whoever was asked leave, and decide nothing else", async () => {
    const consult = { name: "Ana", asker: false, ringing: false };
    await says({ call: currentCall({ held: true, consult }), presence: "in_call" });
    expect(screen.getByTestId("consult").textContent).toContain("Ana está consultando você");
    expect(screen.queryByTestId("consult-hand-over")).toBeNull();
    expect(screen.queryByTestId("transfer-open")).toBeNull();
  });
});

it("colleagues are found by a part of their name", () => {
  expect(fitting(COLLEAGUES, " an ").agents.map((agent) => agent.name)).toEqual(["Ana"]);
  expect(fitting(COLLEAGUES, "").agents).toHaveLength(2);
});
