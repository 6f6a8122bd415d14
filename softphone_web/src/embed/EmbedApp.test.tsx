import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { DialPanel } from "../dial/DialPanel";
import { chooseLanguage, startTranslations } from "../i18n";
import { RingPanel } from "../phone/view/RingPanel";
import { showWith } from "../test/page_world";
import { ringingCall } from "../test/states";
import { EmbedApp } from "./EmbedApp";

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

/** As in a frame of another site, whose page has the focus. */
function inFrame(): void {
  vi.spyOn(window, "parent", "get").mockReturnValue({} as Window);
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
}

describe("signing in inside a frame", () => {
  it("asks for a session of frames, takes no focus, and says so when the browser keeps none", async () => {
    inFrame();
    const bodies: unknown[] = [];
    vi.stubGlobal("fetch", async (_: string, { method, body }: RequestInit) => {
      if (method !== "POST") return Response.json({ error: { code: "not_signed_in" } }, { status: 401 });
      bodies.push(JSON.parse(String(body)));
      return Response.json({ me: { agent_id: 1, name: "Bia", role: "agent" } });
    });
    render(<EmbedApp bridge={null} />);
    const name = await screen.findByTestId("login-name");
    expect(document.activeElement).toBe(document.body);
    await userEvent.type(name, "bia");
    await userEvent.type(screen.getByTestId("login-password"), "segredo");
    await userEvent.click(screen.getByTestId("login-submit"));
    expect((await screen.findByTestId("login-error")).textContent).toContain("em uma aba própria");
    expect(bodies).toEqual([{ login: "bia", password: "segredo", in_frame: true }]);
  });
});

describe("a panel in a frame", () => {
  it("lets the page around it keep the focus when it rings", () => {
    inFrame();
    showWith(<RingPanel ring={ringingCall()} first />).phone.stop();
    expect(document.activeElement).toBe(document.body);
  });

  it("shows a number that was typed for the agent where they would type it, and leaves it to them", async () => {
    const world = showWith(<DialPanel />);
    await act(async () => {
      world.says({ call_from: [{ number_id: 1, label: "Vendas", country: "BR" }] });
      world.store.dispatch({ type: "number_typed", typed: { phone: "+55 11 99999-0101", number_id: 1 } });
    });
    expect(screen.getByTestId<HTMLInputElement>("dial-callee").value).toBe("+55 11 99999-0101");
    expect(world.store.current().typed).toBeNull();
    expect(world.sent).not.toContain("call.place");
    world.phone.stop();
  });
});
