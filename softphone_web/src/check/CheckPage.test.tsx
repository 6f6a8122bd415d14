import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { CheckPage } from "./CheckPage";
import { FirstCheck } from "./FirstCheck";

let speak: (level: number) => void = () => undefined;

vi.mock("../settings/MicrophoneLevel", () => ({
  MicrophoneLevel: ({ onLevel }: { onLevel: (level: number) => void }) => {
    speak = onLevel;
    return null;
  },
}));

const OFFLINE = { availability: "offline", presence: "offline", phone: "nowhere" } as const;

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("RTCPeerConnection", class {});
  Object.defineProperty(navigator, "mediaDevices", { value: {}, configurable: true });
  startTranslations();
});

function page(children = <CheckPage />): PhoneWorld {
  const world = showWith(children);
  world.says(OFFLINE);
  return world;
}

const state = (name: string) => screen.getByTestId(`check-${name}`).getAttribute("data-state");

describe("the check of a computer", () => {
  it("hears the voice, asks for the tone, measures the path, and is remembered", async () => {
    const world = page();
    expect(["browser", "microphone", "speaker", "network"].map(state)).toEqual([
      "good",
      "waiting",
      "waiting",
      "waiting",
    ]);
    await userEvent.click(screen.getByTestId("check-start"));
    await waitFor(() => expect(world.connections).toHaveLength(1));
    expect(world.sends, "it speaks, to nobody").toBe("microphone 1");
    world.connection.become("connected");
    world.connection.stats = [
      { type: "outbound-rtp", mid: "0", packetsSent: 100 },
      { type: "remote-inbound-rtp", packetsLost: 5, jitter: 0.004, roundTripTime: 0.02 },
    ];
    speak(0.6);
    expect(state("microphone"), "a knock").toBe("running");
    speak(0.6);
    speak(0.6);
    await waitFor(() => expect(state("microphone")).toBe("good"));
    await userEvent.click(screen.getByTestId("tone-play"));
    expect(world.ringing).toBe(true);
    await userEvent.click(screen.getByTestId("tone-heard"));
    expect(world.ringing).toBe(false);
    await waitFor(() => expect(state("network")).toBe("poor"));
    expect(screen.getByTestId("check-network").textContent).toContain("5% of the sound is lost");
    expect(screen.getByTestId("check-done")).toBeTruthy();
    expect(world.store.current().seat, "given back").toBe("none");
    expect(localStorage.getItem("ramal.checked")).not.toBeNull();
  });

  it("says what to do about a microphone that is blocked, and does not blame the network", async () => {
    const world = page();
    world.microphones.push({ ok: false, problem: "denied" });
    await userEvent.click(screen.getByTestId("check-start"));
    await waitFor(() => expect(state("microphone")).toBe("bad"));
    expect(state("network")).toBe("waiting");
    expect(screen.getByTestId("check-network").textContent).toContain("once there is a microphone");
    expect(screen.getByTestId("check-microphone").textContent).toContain("allow the microphone");
    expect(localStorage.getItem("ramal.checked")).toBeNull();
  });

  it("is not offered where another tab is the phone", () => {
    const world = page();
    world.says({ phone: "elsewhere" });
    return waitFor(() => expect(screen.queryByTestId("check-start")).toBeNull());
  });
});

describe("the way to it", () => {
  it("is shown on a computer that was never checked, to who does not work yet, until it is sent away", async () => {
    const world = page(<FirstCheck />);
    await screen.findByTestId("first-check");
    world.says({ availability: "ready", presence: "free" });
    await waitFor(() => expect(screen.queryByTestId("first-check")).toBeNull());
    world.says(OFFLINE);
    await screen.findByTestId("first-check");
    await userEvent.click(screen.getByRole("button"));
    expect(screen.queryByTestId("first-check")).toBeNull();
    expect(localStorage.getItem("ramal.checked")).not.toBeNull();
  });
});
