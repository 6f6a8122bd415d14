import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { ReadinessPage } from "./ReadinessPage";
import { byArea, type Check, mendedAt, shownAs } from "./readiness";

const FINE: Check = { code: "sip", area: "meta", needed: "calls", state: "fine", why: null, data: {} };
const TOKEN: Check = {
  ...FINE,
  code: "token",
  state: "missing",
  why: "refused",
  data: { failure: "meta.190" },
};
const TAKERS: Check = { ...FINE, code: "takers", area: "people", needed: "in", state: "missing", data: { count: 0 } };
const WAITS: Check = { ...FINE, code: "plan_waits", area: "plan", needed: "advice", state: "missing", why: "usual" };
const NEWER: Check = { ...FINE, code: "of_a_newer_gateway", area: "server", state: "unknown" };

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 1, name: "Rosa", role: "administrator" } },
    "GET /numbers": { numbers: [{ id: 7, label: "Vendas", department_id: 1, inbound_enabled: true }] },
    "GET /numbers/7/readiness": {
      checks: [FINE, TOKEN, TAKERS, WAITS, NEWER],
      calls_in: "missing",
      calls_out: "missing",
      meta_at: null,
    },
  });
});

function show(): void {
  const { hook } = memoryLocation({ path: "/numbers/7/readiness" });
  showWith(
    <Router hook={hook}>
      <Route path="/numbers/:id/readiness" component={ReadinessPage} />
    </Router>,
  );
}

describe("the list", () => {
  it("has what is missing first in each area, and advice after what is not known", () => {
    const [meta] = byArea([FINE, { ...FINE, state: "unknown" }, { ...WAITS, area: "meta" }, TOKEN]);
    expect(meta?.[1].map(shownAs)).toEqual(["missing", "unknown", "advice", "fine"]);
    expect(byArea([WAITS, TAKERS]).map(([area]) => area)).toEqual(["people", "plan"]);
  });

  it.each([
    ["hours", "/numbers/7/hours"],
    ["plan_waits", "/numbers/7/plan"],
    ["takers", "/people"],
  ])("leads to where %s is mended", (code, path) => {
    expect(mendedAt(7, code)?.path).toBe(path);
    expect(mendedAt(7, "storage")).toBeNull();
  });
});

describe("the page", () => {
  it("says of each what was found, why it matters and how to fix it; and how much is missing", async () => {
    show();
    expect((await screen.findByTestId("readiness-count")).textContent).toBe("Em falta: 2.");
    const rows = new Map(screen.getAllByTestId("check").map((row) => [row.dataset.code, row]));
    const token = rows.get("token") as HTMLElement;
    expect(token.textContent).toContain("A Meta recusou o token");
    expect(token.textContent).toContain("Código: meta.190");
    expect(token.textContent).toContain("guarde em “Acesso e webhook”");
    expect(rows.get("sip")?.textContent).not.toContain("Desligue");
    expect(rows.get("plan_waits")?.dataset.state).toBe("advice");
    expect(
      within(rows.get("takers") as HTMLElement)
        .getByRole("link")
        .getAttribute("href"),
    ).toBe("/people");
    expect(rows.get("of_a_newer_gateway")?.textContent).toContain("of_a_newer_gateway");
    expect(screen.getByTestId("calls-in").dataset.state).toBe("missing");
  });

  it("asks Meta anew when somebody wants it", async () => {
    show();
    await userEvent.click(await screen.findByTestId("check-again"));
    expect(api.asked.filter((what) => what === "GET /numbers/7/readiness").length).toBeGreaterThan(1);
  });
});
