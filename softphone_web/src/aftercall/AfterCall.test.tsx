import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeskState } from "../contract/messages";
import { chooseLanguage, startTranslations } from "../i18n";
import { PhonePanel } from "../phone/view/PhonePanel";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { CALL, currentCall, party } from "../test/states";

let world: PhoneWorld;
/** What was saved, in this order. */
let saved: unknown[];
let stored: { agent_id: number; text: string; disposition: string | null }[];
let savingFails: boolean;

const wrapUp: Partial<DeskState> = {
  presence: "wrap_up",
  wrap_up: { call_id: CALL, party, until_unix_s: 1_030 },
};
const REASONS = {
  pause: [
    { code: "lunch", label: null },
    { code: "gym", label: "Academia" },
  ],
  disposition: [
    { code: "sale", label: null },
    { code: "demo", label: "Demonstração" },
  ],
};

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  saved = [];
  stored = [];
  savingFails = false;
  vi.stubGlobal("fetch", async (url: string, options: RequestInit) => {
    if (url.endsWith("/reasons")) return new Response(JSON.stringify(REASONS));
    if (url.endsWith("/caller")) return Response.json({ known: false });
    if (options.method !== "PUT") return new Response(JSON.stringify({ notes: stored }));
    if (savingFails) return new Response("{}", { status: 503 });
    saved.push(JSON.parse(String(options.body)));
    return new Response(JSON.stringify({ updated_at: "", finished_at: null }));
  });
  world = showWith(<PhonePanel />);
});

afterEach(() => world.phone.stop());

async function says(changes: Partial<DeskState>): Promise<void> {
  await act(async () => world.says(changes));
}

async function writes(text: string): Promise<void> {
  await waitFor(() => expect(screen.getByTestId<HTMLTextAreaElement>("note").disabled).toBe(false));
  await userEvent.type(screen.getByTestId("note"), text);
}

const last = () => saved.at(-1);

describe("the time after a call", () => {
  it("shows whose call it was, how long there is, and is ended by one button", async () => {
    await says(wrapUp);
    expect(screen.getByTestId("presence").textContent).toBe("Finalizando a chamada");
    expect(screen.getByTestId("wrap-up").textContent).toContain("Chamada com Ana Souza");
    expect(screen.queryByTestId("ready-button")).toBeNull();
    await userEvent.click(screen.getByTestId("wrap-up-done"));
    expect(world.messages.at(-1)).toEqual(["wrap_up.end", {}]);
  });

  it("keeps what is typed without being asked, and sends the last word when it is over", async () => {
    await says(wrapUp);
    await writes("Quer um orçamento");
    await waitFor(() => expect(last()).toEqual({ text: "Quer um orçamento", disposition: null, finished: false }));
    await userEvent.selectOptions(screen.getByTestId("disposition"), "sale");
    await says({ wrap_up: null });
    await waitFor(() => expect(last()).toEqual({ text: "Quer um orçamento", disposition: "sale", finished: true }));
    expect(screen.queryByTestId("wrap-up")).toBeNull();
  });

  it("says nothing for who wrote nothing", async () => {
    await says(wrapUp);
    await waitFor(() => expect(screen.getByTestId<HTMLTextAreaElement>("note").disabled).toBe(false));
    await says({ wrap_up: null });
    expect(saved).toEqual([]);
  });

  it("offers the company's own words", async () => {
    await says(wrapUp);
    await waitFor(() => expect(screen.getByTestId("disposition").textContent).toContain("Demonstração"));
  });
});

describe("a note in a call", () => {
  it("goes on after it", async () => {
    await says({ call: currentCall(), presence: "in_call" });
    await userEvent.click(screen.getByTestId("note-open"));
    await writes("mesa 4");
    await says(wrapUp);
    expect(screen.getByTestId<HTMLTextAreaElement>("note").value).toBe("mesa 4");
  });

  it("shows what was written before a reload", async () => {
    stored = [
      { agent_id: 2, text: "de outra pessoa", disposition: null },
      { agent_id: 1, text: "já escrito", disposition: "demo" },
    ];
    await says(wrapUp);
    await waitFor(() => expect(screen.getByTestId<HTMLTextAreaElement>("note").value).toBe("já escrito"));
  });

  it("says so while it cannot be saved, and saves it when it can", async () => {
    savingFails = true;
    await says(wrapUp);
    await writes("não perca isto");
    await waitFor(() => expect(screen.getByTestId("note-state").dataset.state).toBe("failing"), { timeout: 5_000 });
    savingFails = false;
    await waitFor(() => expect(last()).toMatchObject({ text: "não perca isto" }), { timeout: 10_000 });
  });
});

describe("a pause", () => {
  it("has a reason, by keyboard, too", async () => {
    await says({});
    screen.getByTestId("pause-button").focus();
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("pause-lunch")));
    expect(screen.getByTestId("pause-gym").textContent).toBe("Academia");
    await userEvent.keyboard("{Enter}");
    expect(world.messages.at(-1)).toEqual(["availability.set", { availability: "paused", reason: "lunch" }]);
  });

  it("says why and since when", async () => {
    vi.spyOn(Date, "now").mockReturnValue(1_064_000);
    await says({
      presence: "paused",
      availability: "paused",
      pause_reason: "lunch",
      paused_since_unix_s: 1_000,
      server_unix_s: 1_064,
    });
    expect(screen.getByText(/Almoço · há 1:0[45]/)).toBeTruthy();
  });
});
