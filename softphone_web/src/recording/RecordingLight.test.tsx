import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RecordingNow } from "../contract/messages";
import { chooseLanguage, startTranslations } from "../i18n";
import { PhonePanel } from "../phone/view/PhonePanel";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { CALL, currentCall } from "../test/states";

const ON: RecordingNow = { light: "on", mine: true, on_demand: false, asked: false, held_back: false, failure: null };

let world: PhoneWorld;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  world = showWith(<PhonePanel />);
});

afterEach(() => world.phone.stop());

async function says(recording: Partial<RecordingNow>): Promise<void> {
  const call = currentCall({ recording: { ...ON, ...recording } });
  await act(async () => world.says({ call, presence: "in_call" }));
}

const light = () => screen.getByTestId("recording-light");

describe("the recording of a call", () => {
  it("is always said, in a word", async () => {
    for (const [name, word] of [
      ["off", "Não gravada"],
      ["on", "Gravando"],
      ["paused", "Gravação pausada"],
      ["refused", "Gravação recusada"],
    ] as const) {
      await says({ light: name });
      expect(light().textContent).toContain(word);
      expect(screen.queryByTestId("record-button")).toBeNull();
    }
  });

  it("is paused for card data and goes on, whatever its policy", async () => {
    await says({});
    await userEvent.click(screen.getByTestId("hold-back-button"));
    expect(world.messages.at(-1)).toEqual(["recording.hold_back", { call_id: CALL, held_back: true }]);
    await says({ light: "paused", held_back: true });
    expect(screen.getByTestId("held-back-note").textContent).toContain("Nada é guardado");
    await userEvent.click(screen.getByTestId("hold-back-button"));
    expect(world.messages.at(-1)).toEqual(["recording.hold_back", { call_id: CALL, held_back: false }]);
  });

  it("is started and stopped by the agent where that is theirs", async () => {
    await says({ light: "off", on_demand: true });
    expect(screen.queryByTestId("hold-back-button")).toBeNull();
    await userEvent.click(screen.getByTestId("record-button"));
    expect(world.messages.at(-1)).toEqual(["recording.set", { call_id: CALL, on: true }]);
    await says({ on_demand: true, asked: true });
    await userEvent.click(screen.getByTestId("record-button"));
    expect(world.messages.at(-1)).toEqual(["recording.set", { call_id: CALL, on: false }]);
  });

  it("says why the customer is not heard while they are asked", async () => {
    await says({ light: "asking" });
    expect(screen.getByTestId("asking-note").textContent).toContain("aviso de gravação");
    expect(screen.queryByTestId("hold-back-button")).toBeNull();
  });

  it("says that it broke off, and that the call goes on", async () => {
    await says({ light: "failed", failure: "disk_full" });
    expect(screen.getByTestId("recording-failed").textContent).toContain("disco");
    await says({ light: "failed", failure: "disk_slow" });
    expect(screen.getByTestId("recording-failed").textContent).toContain("não consegue mais gravar");
  });

  it("is seen and not steered by a colleague in the call", async () => {
    await says({ mine: false, on_demand: true, asked: true });
    expect(light().textContent).toContain("Gravando");
    expect(screen.queryByTestId("record-button")).toBeNull();
    expect(screen.queryByTestId("hold-back-button")).toBeNull();
  });
});
