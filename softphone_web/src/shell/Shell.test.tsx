import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { PAGES } from "./pages";
import { Shell } from "./Shell";

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

describe("a page that is not for the reader", () => {
  it.each(["/measures", "/numbers"])("says which role is missing and who gives it: %s", async (path) => {
    window.history.replaceState(null, "", path);
    new FakeApi({ "GET /session": { me: { agent_id: 1, name: "Ana", role: "agent" } } });
    showWith(<Shell me={{ agent_id: 1, name: "Ana", role: "agent" }} />);
    const missing = await screen.findByTestId("grant-missing");
    expect(missing.textContent).toContain("Esta página é para supervisores");
    expect(missing.textContent).toContain("Um administrador pode dar a você o papel");
    expect(window.location.pathname).toBe(path);
  });
});

describe("a page that breaks", () => {
  it("says so beside the phone, which goes on, and is tried again elsewhere", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const contacts = PAGES.find(({ name }) => name === "contacts");
    if (contacts === undefined) throw new Error("no such page");
    const whole = contacts.component;
    contacts.component = () => {
      throw new TypeError("Failed to fetch dynamically imported module");
    };
    window.history.replaceState(null, "", "/contacts");
    new FakeApi({ "GET /session": { me: { agent_id: 1, name: "Ana", role: "agent" } } });
    showWith(<Shell me={{ agent_id: 1, name: "Ana", role: "agent" }} />);
    const broken = await screen.findByTestId("broken-page");
    contacts.component = whole;
    expect(broken.textContent).toContain("uma chamada em curso não cai");
    expect(screen.getByTestId("broken-reload")).toBeTruthy();
    expect(screen.getByTestId("presence")).toBeTruthy();
    await userEvent.click(screen.getByTestId("nav-audio"));
    await waitFor(() => expect(screen.queryByTestId("broken-page")).toBeNull());
    vi.restoreAllMocks();
  });
});
