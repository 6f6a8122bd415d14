import { screen } from "@testing-library/react";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
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
