import { act, fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeskState } from "../../contract/messages";
import { chooseLanguage, startTranslations } from "../../i18n";
import { showWith } from "../../test/page_world";
import type { PhoneWorld } from "../../test/phone_world";
import { CALL, currentCall, inLine, party, ringingCall, waitingCall } from "../../test/states";
import { PhonePanel } from "./PhonePanel";

let world: PhoneWorld;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  world = showWith(
    <>
      <input aria-label="notes" />
      <PhonePanel />
    </>,
  );
});

afterEach(() => world.phone.stop());

async function says(changes: Partial<DeskState>): Promise<void> {
  await act(async () => world.says(changes));
}

const ringing = { ringing: [ringingCall()] };

describe("the presence", () => {
  it("is a word and a machine-readable fact", async () => {
    await says({ presence: "paused", availability: "paused" });
    expect(screen.getByTestId("presence").textContent).toBe("Em pausa");
    expect(screen.getByTestId("presence").dataset.presence).toBe("paused");
  });

  it("says what is missing", async () => {
    await act(async () => world.store.dispatch({ type: "seat", seat: "connected" }));
    world.microphones.push({ ok: false, problem: "denied" });
    await says({ presence: "not_ready", missing: ["microphone"] });
    expect(screen.getByText("Falta: microfone.")).toBeTruthy();
    expect(screen.getByTestId("microphone-problem").textContent).toContain("permita o microfone");
  });

  it("offers what can be chosen, and one primary action", async () => {
    await says({ presence: "offline", availability: "offline", phone: "nowhere" });
    expect(screen.getByTestId("ready-button")).toBeTruthy();
    expect(screen.queryByTestId("pause-button")).toBeNull();
    await says({});
    expect(screen.queryByTestId("ready-button")).toBeNull();
    expect(screen.getByTestId("pause-button")).toBeTruthy();
    expect(screen.getByTestId("offline-button")).toBeTruthy();
  });

  it("is not believed while the link is lost", async () => {
    await says({});
    await act(async () => world.store.dispatch({ type: "link_down" }));
    expect(screen.getByTestId("presence").textContent).toBe("Sem conexão");
    expect(screen.getByTestId("connection-light").dataset.connected).toBe("false");
    expect(screen.getByTestId("link-problem").textContent).toContain("Nenhuma chamada toca");
  });
});

describe("a ring", () => {
  it("shows what the button or link that was pressed carried", async () => {
    const ring = ringingCall();
    await says({ ringing: [{ ...ring, party: { ...ring.party, button_payload: "Pedido 17" } }] });
    expect(screen.getByText("Assunto: Pedido 17")).toBeTruthy();
  });

  it("shows who calls, and for whom", async () => {
    await says(ringing);
    const panel = screen.getByTestId("ring-panel");
    expect(panel.dataset.callId).toBe(CALL);
    expect(within(panel).getByTestId("ring-caller").textContent).toBe("Ana Souza");
    expect(within(panel).getByTestId("ring-number").textContent).toBe("Para +55 11 4000-1000 · Vendas");
  });

  it("says who transferred the customer, and when it is one's own transfer that nobody took", async () => {
    await says(ringing);
    expect(screen.queryByTestId("ring-given-by")).toBeNull();
    await says({ ringing: [ringingCall({ given_by: { agent_id: 7, name: "Caio Lima" } })] });
    expect(screen.getByTestId("ring-given-by").textContent).toBe("Transferida por Caio Lima");
    await says({ ringing: [ringingCall({ given_by: { agent_id: 1, name: "Bia" } })] });
    expect(screen.getByTestId("ring-given-by").textContent).toContain("ninguém aceitou a transferência");
  });

  it("is announced to screen readers, with the key that answers it", async () => {
    await says(ringing);
    const announcement = screen.getByTestId("ring-announcement");
    expect(announcement.getAttribute("aria-live")).toBe("assertive");
    expect(announcement.textContent).toBe("Chamada de Ana Souza para +55 11 4000-1000. Pressione F8 para atender.");
  });

  it("takes the focus, unless the agent is writing", async () => {
    await says(ringing);
    expect(document.activeElement).toBe(screen.getByTestId("answer-button"));
    await says({});
    screen.getByLabelText("notes").focus();
    await says(ringing);
    expect(document.activeElement).toBe(screen.getByLabelText("notes"));
  });

  it("is answered by F8 from anywhere, even while writing, and once", async () => {
    await says(ringing);
    screen.getByLabelText("notes").focus();
    await userEvent.keyboard("{F8}");
    fireEvent.keyDown(window, { key: "F8", repeat: true });
    await act(async () => undefined);
    expect(world.messages.filter(([name]) => name === "call.answer")).toEqual([["call.answer", { call_id: CALL }]]);
  });

  it("is declined by Shift+F8", async () => {
    await says(ringing);
    await userEvent.keyboard("{Shift>}{F8}{/Shift}");
    expect(world.messages.at(-1)).toEqual(["call.decline", { call_id: CALL }]);
    expect(world.sent).not.toContain("call.answer");
  });

  it("leaves F8 alone when nothing rings", async () => {
    await says({});
    await userEvent.keyboard("{F8}");
    expect(world.sent).not.toContain("call.answer");
  });

  it("changes the tab's title, and gives it back", async () => {
    await says(ringing);
    expect(document.title).toBe("☎ Ana Souza chamando");
    await says({});
    expect(document.title).toBe("Ramal");
  });

  it("that somebody else took says who", async () => {
    await says(ringing);
    await act(async () => {
      world.store.dispatch({ type: "ring_stopped", message: { call_id: CALL, party, why: "taken", by: "Caio" } });
    });
    await says({});
    expect(screen.getByTestId("taken-note").textContent).toContain("Atendida por Caio");
  });

  it("says so when the answer came too late", async () => {
    world.answers.set("call.answer", { ok: false, why: "not_ringing" });
    await says(ringing);
    await userEvent.click(screen.getByTestId("answer-button"));
    expect(screen.getByTestId("refused-note").textContent).toBe("Esta chamada já não está tocando para você.");
  });
});

describe("a call", () => {
  it("shows phase and time, and moves the focus to a harmless button", async () => {
    vi.spyOn(Date, "now").mockReturnValue(1_064_000);
    await says(ringing);
    await says({ call: currentCall(), presence: "in_call", server_unix_s: 1_064 });
    expect(screen.getByTestId("call-card").dataset.phase).toBe("talking");
    expect(screen.getByTestId("call-caller").textContent).toBe("Ana Souza");
    expect(screen.getByText("+55 11 ••••• 0101 · +55 11 4000-1000")).toBeTruthy();
    expect(screen.getByTestId("call-timer").textContent).toBe("1:05");
    expect(document.activeElement).toBe(screen.getByTestId("mute-button"));
  });

  it("mutes at once, without waiting for the gateway", async () => {
    await says({ call: currentCall(), presence: "in_call" });
    const mute = screen.getByTestId("mute-button");
    expect(mute.getAttribute("aria-pressed")).toBe("false");
    await userEvent.click(mute);
    expect(mute.getAttribute("aria-pressed")).toBe("true");
    expect(screen.getByText("Seu microfone está silenciado")).toBeTruthy();
  });

  it("is held and taken back by one button, and says that the customer hears music", async () => {
    await says({ call: currentCall(), presence: "in_call" });
    expect(screen.queryByTestId("held-note")).toBeNull();
    await userEvent.click(screen.getByTestId("hold-button"));
    expect(world.messages.at(-1)).toEqual(["call.hold", { call_id: CALL, held: true }]);
    await says({ call: currentCall({ held: true }), presence: "in_call" });
    expect(screen.getByTestId("held-note").textContent).toContain("ouve música");
    await userEvent.click(screen.getByTestId("hold-button"));
    expect(world.messages.at(-1)).toEqual(["call.hold", { call_id: CALL, held: false }]);
  });

  it("keeps its buttons in their place, whatever is known of the sound", async () => {
    await says({ call: currentCall(), presence: "in_call" });
    const above = () => screen.getByTestId("mute-button").parentElement?.previousElementSibling;
    const lights = () => screen.getByTestId("quality-lights");
    expect(above()).toBe(lights());
    expect(lights().textContent).toBe("Microfone—Sua rede—Cliente—");
    const quality = { call_id: CALL, microphone: "good", network: "fair", customer: "good" } as const;
    await act(async () => world.store.dispatch({ type: "call_quality", message: quality }));
    expect(lights().textContent).toBe("MicrofoneokSua rederegularClienteok");
    await says({ call: currentCall({ held: true }), presence: "in_call" });
    expect(above()).toBe(lights());
    expect(lights().textContent).toBe("Microfone—Sua rede—Cliente—");
  });

  it("shows the keys that the customer pressed", async () => {
    await says({ call: currentCall({ keys: "12#" }), presence: "in_call" });
    expect(screen.getByTestId("call-keys").textContent).toContain("12#");
  });

  it("is hung up by its button", async () => {
    await says({ call: currentCall(), presence: "in_call" });
    await userEvent.click(screen.getByTestId("hangup-button"));
    expect(world.messages.at(-1)).toEqual(["call.hang_up", { call_id: CALL }]);
  });

  it("that broke says what happened, and the code in small print", async () => {
    const ended = {
      outcome: "failed",
      ended_by: "gateway",
      failure_code: "meta.138021",
      talk_s: 20,
      ended_unix_s: 1_000,
    };
    await says({ last_call: { call_id: CALL, party, ...ended } });
    const note = screen.getByTestId("last-call-note").textContent;
    expect(note).toContain("A chamada com Ana Souza caiu.");
    expect(note).toContain("O celular do cliente ficou sem receber o nosso áudio.");
    expect(note).toContain("Código para o suporte: meta.138021");
  });

  it("that somebody ended says who", async () => {
    const ended = { outcome: "answered", failure_code: null, talk_s: 151, ended_unix_s: 1_000 };
    await says({ last_call: { call_id: CALL, party, ...ended, ended_by: "customer" } });
    expect(screen.getByTestId("last-call-note").textContent).toContain("Ana Souza desligou · 2:31");
    await says({ last_call: { call_id: CALL, party, ...ended, ended_by: "agent" } });
    expect(screen.getByTestId("last-call-note").textContent).toContain("Você desligou a chamada com Ana Souza · 2:31");
  });
});

describe("the rest of the phone", () => {
  it("lists who waits, and why not here", async () => {
    await says({ call: currentCall(), presence: "in_call", waiting: [waitingCall()] });
    const waiting = screen.getByTestId("waiting-list").textContent;
    expect(waiting).toContain("Ana Souza");
    expect(waiting).toContain("não toca aqui: você está em ligação");
  });

  it("shows the line: who has waited longest first, how long, where they stand, and why not here", async () => {
    const now_s = Date.now() / 1000;
    const waits = (call_id: string, for_s: number, position: number | null) =>
      waitingCall({ call_id, line: inLine({ waiting_since_unix_s: now_s - for_s, position }) });
    await says({
      server_unix_s: now_s,
      waiting: [
        { ...waits("a", 75.5, 1), why: "others_turn" },
        { ...waits("b", 10.5, 2), why: "declined" },
        { ...waits("c", 5.5, null), why: "paused" },
      ],
    });
    const rows = screen.getAllByTestId("waiting-call");
    expect(rows.map((row) => within(row).getByTestId("waiting-time").textContent)).toEqual(["1:15", "0:10", "0:05"]);
    expect(rows.map((row) => within(row).getByTestId("waiting-where").textContent)).toEqual([
      "1º da fila · Vendas",
      "2º da fila · Vendas",
      "para uma só pessoa · Vendas",
    ]);
    expect(rows[0]?.textContent).toContain("é a vez de um colega");
  });

  it("says that my turn went to somebody else", async () => {
    await act(async () =>
      world.store.dispatch({ type: "ring_stopped", message: { call_id: CALL, party, why: "passed_on" } }),
    );
    expect(screen.getByTestId("ring-stopped-note").textContent).toContain("A vez passou");
  });

  it("says that the phone is in another tab, and takes it over on demand", async () => {
    await says({ phone: "elsewhere", ringing: [ringingCall()] });
    expect(screen.getByTestId("phone-elsewhere").textContent).toContain("Seu telefone está em outra aba");
    expect(screen.queryByTestId("ring-panel")).toBeNull();
    expect(screen.queryByTestId("ready-button")).toBeNull();
    await userEvent.click(screen.getByTestId("takeover-button"));
    expect(world.sent).toContain("seat.take_over");
  });

  it("offers to turn sound on when the browser keeps it locked", async () => {
    world.soundUnlocks = false;
    await says({ missing: ["seat"], presence: "not_ready" });
    expect(screen.getByTestId("sound-problem")).toBeTruthy();
    world.soundUnlocks = true;
    await userEvent.click(screen.getByTestId("sound-unlock"));
    expect(screen.queryByTestId("sound-problem")).toBeNull();
  });

  it("opens by itself on a narrow screen, and folds once the outcome has been read", async () => {
    const panel = screen.getByLabelText("Telefone");
    expect(panel.dataset.open).toBe("false");
    await says(ringing);
    expect(panel.dataset.open).toBe("true");
    vi.useFakeTimers();
    await says({});
    expect(panel.dataset.open).toBe("true");
    await act(async () => vi.advanceTimersByTime(10_000));
    vi.useRealTimers();
    expect(panel.dataset.open).toBe("false");
  });

  it("speaks English when asked", async () => {
    await says({});
    await act(async () => chooseLanguage("en"));
    expect(screen.getByTestId("presence").textContent).toBe("Ready");
    await act(async () => chooseLanguage("pt-BR"));
  });
});
