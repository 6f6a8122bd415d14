import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { PhonePanel } from "../phone/view/PhonePanel";
import { showWith } from "../test/page_world";
import { CALL, currentCall, deskState, party } from "../test/states";
import { ListenIn } from "./Supervise";

beforeAll(() => {
  startTranslations();
  chooseLanguage("en");
});

const supervising = {
  call_id: CALL,
  party,
  agent: "Bia",
  way: "listen",
  since_unix_s: 999,
  talking_since_unix_s: 990,
} as const;
const me = { ...deskState().me, role: "supervisor" as const };

describe("a supervisor", () => {
  it("comes into a call by one button, which agents do not have", async () => {
    const world = showWith(<ListenIn call_id={CALL} caller="Ana" />);
    act(() => world.says({}));
    expect(screen.queryByTestId("listen-in")).toBeNull();
    act(() => world.says({ me }));
    await userEvent.click(screen.getByTestId("listen-in"));
    expect(world.messages).toContainEqual(["supervise.listen", { call_id: CALL }]);
  });

  it("who was not the first to come is told who was", () => {
    const world = showWith(<PhonePanel />);
    act(() => world.says({ me }));
    const refused = { type: "command_answered", command: "supervise.listen", why: "supervised" } as const;
    act(() => world.store.dispatch({ ...refused, who: "Sue" }));
    expect(screen.getByTestId("refused-note").textContent).toContain("Sue is in this call already.");
    act(() => world.store.dispatch(refused));
    expect(screen.getByTestId("refused-note").textContent).toContain("Another supervisor");
    act(() => world.store.dispatch({ ...refused, command: "consult.ask", why: "nobody_there", who: "Bia" }));
    expect(screen.getByTestId("refused-note").textContent).toContain("Bia is already asking this colleague.");
  });

  it("is told who hears them, and changes that only by another button", async () => {
    const world = showWith(<PhonePanel />);
    act(() => world.says({ me, presence: "in_call", supervising }));
    expect(screen.getByTestId("supervising").textContent).toContain("Nobody hears you");
    expect(screen.queryByTestId("supervise-listen")).toBeNull();
    await userEvent.click(screen.getByTestId("supervise-whisper"));
    await userEvent.click(screen.getByTestId("supervise-barge_in"));
    await userEvent.click(screen.getByTestId("supervise-take-over"));
    await userEvent.click(screen.getByTestId("supervise-leave"));
    expect(world.sent.filter((name) => name.startsWith("supervise."))).toEqual([
      "supervise.whisper",
      "supervise.barge_in",
      "supervise.take_over",
      "supervise.leave",
    ]);
  });
});

describe("an agent", () => {
  it.each([
    ["listen", "Sue is listening"],
    ["whisper", "The customer does not hear it"],
    ["barge_in", "The customer hears them, too"],
  ] as const)("sees a supervisor who is there to %s", (way, words) => {
    const world = showWith(<PhonePanel />);
    act(() => world.says({ call: currentCall({ supervisor: { name: "Sue", way, since_unix_s: 999 } }) }));
    expect(screen.getByTestId("supervisor-seen").textContent).toContain(words);
  });

  it("is told who took their call", () => {
    const world = showWith(<PhonePanel />);
    act(() => world.says({}));
    act(() => world.store.dispatch({ type: "call_taken_over", message: { call_id: CALL, by: "Sue" } }));
    expect(screen.getByTestId("call-taken-over").textContent).toContain("Sue has taken your call over.");
  });
});
