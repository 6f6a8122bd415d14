import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { AuditPage } from "./AuditPage";
import { actionText, dataText, queryOf, readWish, subjectText, writeWish } from "./audit";
import { EventsPage } from "./EventsPage";
import { kindText, resultText, type Subscription, stateOf } from "./events";
import { KeysPage } from "./KeysPage";
import { type ApiKey, EMPTY_KEY, problemsOf } from "./keys";

const CRM: ApiKey = {
  prefix: "abcd1234",
  actor: "key:3",
  name: "CRM",
  scopes: ["calls:read", "future:scope"],
  number_ids: null,
  department_ids: [5],
  per_minute: null,
  created_at: "2026-11-20T12:00:00Z",
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  works: true,
};

const RECEIVER: Subscription = {
  id: 4,
  url: "https://crm.example.com/events",
  description: "CRM",
  types: null,
  created_at: "2026-11-20T12:00:00Z",
  failures: 0,
  paused_until: null,
  held_at: null,
  waiting: 0,
  dead: 0,
};

const LINE = {
  position: 9,
  at: "2026-11-20T12:00:00Z",
  actor: "user:7",
  actor_name: "Rosa Dias",
  action: "user.granted",
  subject: "user:8",
  subject_name: "Ana",
  data: { department: 5, may_listen: true, nothing: null },
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  window.history.replaceState(null, "", "/system/audit");
  api = new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Rosa", role: "administrator" } },
    "GET /api-keys": { keys: [], scopes: ["calls:read", "calls:place"], usual_per_minute: 600 },
    "GET /numbers": { numbers: [{ id: 1, label: "Vendas", department_id: 5, inbound_enabled: true }] },
    "GET /departments": { departments: [{ id: 5, name: "Atendimento" }] },
    "GET /users": { users: [{ id: 7, name: "Rosa Dias" }] },
    "GET /event-subscriptions": { subscriptions: [], kinds: ["call.ended", "call.missed"] },
    "GET /audit": { lines: [LINE], next: null },
  });
});

function refuses(status: number, code: string, problems?: object[]): () => Response {
  return () => Response.json({ error: { code, message: "", problems } }, { status });
}

describe("keys", () => {
  it("that are none say what the first is good for", async () => {
    showWith(<KeysPage />);
    expect((await screen.findByTestId("keys-none")).textContent).toContain("CRM");
  });

  it("are made once everything will do, shown once, copied, and gone after that", async () => {
    const written = vi.fn(async () => {});
    const user = userEvent.setup();
    vi.spyOn(navigator.clipboard, "writeText").mockImplementation(written);
    api.answers["POST /api-keys"] = { key: CRM, token: "ramal_abcd1234_secret" };
    showWith(<KeysPage />);
    await user.click(await screen.findByTestId("key-add"));
    await user.click(screen.getByTestId("key-create"));
    const form = screen.getByTestId("key-form");
    expect(form.textContent).toContain("De 1 a 120 letras.");
    expect(form.textContent).toContain("Marque pelo menos um direito.");
    expect(api.bodiesOf("POST /api-keys")).toEqual([]);
    await user.type(screen.getByTestId("key-name"), " CRM ");
    await user.click(screen.getByTestId("tick-calls:place"));
    await user.click(screen.getByTestId("key-departments-only"));
    await user.click(within(screen.getByTestId("key-departments")).getByTestId("tick-5"));
    await user.click(screen.getByTestId("key-create"));
    expect((await screen.findByTestId("told-secret")).textContent).toBe("ramal_abcd1234_secret");
    expect(api.bodiesOf("POST /api-keys")).toEqual([
      {
        name: "CRM",
        scopes: ["calls:place"],
        number_ids: null,
        department_ids: [5],
        expires_at: null,
        per_minute: null,
      },
    ]);
    await user.click(screen.getByTestId("told-copy"));
    await waitFor(() => expect(screen.getByTestId("told-copied").textContent).toBe("Copiado."));
    expect(written).toHaveBeenCalledWith("ramal_abcd1234_secret");
    await user.click(screen.getByTestId("told-done"));
    expect(document.body.textContent).not.toContain("secret");
  });

  it("that the gateway refuses say so beside the field, or below, and keep what was typed", async () => {
    api.answers["POST /api-keys"] = refuses(422, "invalid", [{ field: "department_ids", code: "unknown" }]);
    showWith(<KeysPage />);
    await userEvent.click(await screen.findByTestId("key-add"));
    await userEvent.type(screen.getByTestId("key-name"), "CRM");
    await userEvent.click(screen.getByTestId("tick-calls:read"));
    await userEvent.click(screen.getByTestId("key-create"));
    const departments = screen.getByTestId("key-departments");
    expect((await within(departments).findByTestId("field-problem")).textContent).toContain("não existe mais");
    api.answers["POST /api-keys"] = () => {
      throw new TypeError("away");
    };
    await userEvent.click(screen.getByTestId("key-create"));
    expect((await screen.findByTestId("deed-trouble")).textContent).toContain("continua aqui");
    expect(screen.getByTestId<HTMLInputElement>("key-name").value).toBe("CRM");
  });

  it("are revoked after their effect was read", async () => {
    api.answers["GET /api-keys"] = { keys: [CRM], scopes: [], usual_per_minute: 600 };
    api.answers["POST /api-keys/abcd1234/revoke"] = { ...CRM, works: false };
    showWith(<KeysPage />);
    const row = await screen.findByTestId("key");
    expect(row.textContent).toContain("future:scope");
    await waitFor(() => expect(row.textContent).toContain("Departamentos: Atendimento"));
    await userEvent.click(screen.getByTestId("key-revoke"));
    expect(screen.getByRole("alertdialog", { name: "Revogar a chave CRM" }).textContent).toContain("CRM");
    expect(document.activeElement).toBe(screen.getByTestId("sure-no"));
    await userEvent.click(screen.getByTestId("sure-yes"));
    await waitFor(() => expect(api.asked).toContain("POST /api-keys/abcd1234/revoke"));
  });

  it.each([
    [{}, ["name", "scopes"]],
    [{ name: "CRM", scopes: ["calls:read"] }, []],
    [{ name: "CRM", scopes: ["calls:read"], number_ids: [] }, ["number_ids"]],
    [{ name: "CRM", scopes: ["calls:read"], per_minute: "0" }, ["per_minute"]],
    [{ name: "CRM", scopes: ["calls:read"], per_minute: "1e3" }, ["per_minute"]],
    [{ name: "CRM", scopes: ["calls:read"], expires: "2026-11-24" }, ["expires_at"]],
    [{ name: "CRM", scopes: ["calls:read"], expires: "2026-11-25", per_minute: "60" }, []],
  ])("%j is wrong in %j", (changes, fields) => {
    expect(Object.keys(problemsOf({ ...EMPTY_KEY, ...changes }, new Date("2026-11-25T12:00:00")))).toEqual(fields);
  });
});

describe("receivers of events", () => {
  it("whose address leads into our network are refused beside it, and keep what was typed", async () => {
    api.answers["POST /event-subscriptions"] = refuses(422, "invalid", [{ field: "url", code: "private_address" }]);
    showWith(<EventsPage />);
    await userEvent.click(await screen.findByTestId("subscription-add"));
    const url = screen.getByTestId<HTMLInputElement>("subscription-url");
    await userEvent.type(url, "crm");
    await userEvent.click(screen.getByTestId("subscription-create"));
    expect(screen.getByTestId("subscription-form").textContent).toContain("não é um endereço completo");
    await userEvent.clear(url);
    await userEvent.type(url, "https://10.0.0.1/");
    await userEvent.click(screen.getByTestId("subscription-create"));
    await waitFor(() => expect(screen.getByTestId("subscription-form").textContent).toContain("rede interna"));
    expect(url.value).toBe("https://10.0.0.1/");
    expect(api.bodiesOf("POST /event-subscriptions")).toEqual([
      { url: "https://10.0.0.1/", description: "", types: null },
    ]);
  });

  it("are tested, paused, sent to again, and deleted after their effect was read", async () => {
    const one = { ...RECEIVER, waiting: 3, dead: 2 };
    api.answers["GET /event-subscriptions"] = { subscriptions: [one], kinds: [] };
    api.answers["POST /event-subscriptions/4/test"] = { event_id: "e", taken: false, result: "http.500", took_ms: 12 };
    api.answers["PUT /event-subscriptions/4/held"] = one;
    api.answers["POST /event-subscriptions/4/replay"] = { events: 2 };
    api.answers["DELETE /event-subscriptions/4"] = {};
    showWith(<EventsPage />);
    await userEvent.click(await screen.findByTestId("subscription-test"));
    expect((await screen.findByTestId("test-result")).textContent).toContain("respondeu 500");
    await userEvent.click(screen.getByTestId("subscription-hold"));
    await waitFor(() => expect(api.bodiesOf("PUT /event-subscriptions/4/held")).toEqual([{ held: true }]));
    await userEvent.click(screen.getByTestId("replay-all"));
    await waitFor(() => expect(screen.getByTestId("subscription-done").textContent).toContain("de novo: 2"));
    await userEvent.click(screen.getByTestId("subscription-remove"));
    expect(screen.getByTestId("sure").textContent).toContain("eventos: 3");
    await userEvent.click(screen.getByTestId("sure-yes"));
    await waitFor(() => expect(api.asked).toContain("DELETE /event-subscriptions/4"));
    expect(api.bodiesOf("POST /event-subscriptions/4/replay")).toEqual([{}]);
  });

  it("show what became of each event, and send one again", async () => {
    const delivery = {
      event_id: "e-1",
      type: "call.ended",
      subject: "call:1",
      sequence: 3,
      happened_at: "2026-11-20T12:00:00Z",
      state: "dead",
      attempts: 9,
      last_at: "2026-11-23T12:00:00Z",
      last_result: "network.timeout",
      last_took_ms: 10_000,
      next_at: null,
    };
    api.answers["GET /event-subscriptions"] = { subscriptions: [RECEIVER], kinds: [] };
    api.answers["GET /event-subscriptions/4/deliveries"] = { deliveries: [delivery], next: null };
    api.answers["POST /event-subscriptions/4/replay"] = { events: 1 };
    showWith(<EventsPage />);
    await userEvent.click(await screen.findByTestId("subscription-log"));
    const row = await screen.findByTestId("delivery");
    expect(row.textContent).toContain("sem resposta a tempo em 10000 ms");
    await userEvent.click(within(row).getByTestId("replay-one"));
    await waitFor(() => expect(api.bodiesOf("POST /event-subscriptions/4/replay")).toEqual([{ event_id: "e-1" }]));
  });

  it.each([
    [{}, "fine"],
    [{ failures: 3 }, "failing"],
    [{ failures: 3, held_at: "2026-11-20T12:00:00Z" }, "held"],
  ])("with %j are %s", (changes, state) => {
    expect(stateOf({ ...RECEIVER, ...changes })).toBe(state);
  });

  it("answer in words", () => {
    expect(resultText(i18next.t, "http.404")).toBe("respondeu 404");
    expect(resultText(i18next.t, "forbidden.private_address")).toContain("não é pública");
    expect(resultText(i18next.t, "network.odd")).toBe("network.odd");
    expect(kindText(i18next.t, "toString")).toBe("toString");
  });
});

describe("the audit", () => {
  it("reads in words, and narrows to who and what by a press; the address keeps it", async () => {
    showWith(<AuditPage />);
    const line = await screen.findByTestId("audit-line");
    expect(line.textContent).toContain("Deu direitos em um departamento");
    expect(line.textContent).toContain("department: 5 · may_listen: true");
    await userEvent.click(within(line).getByRole("button", { name: "Só o que Rosa Dias fez" }));
    expect(window.location.search).toBe("?actor=user%3A7");
    await waitFor(() => expect(screen.getByTestId<HTMLSelectElement>("audit-who").value).toBe("user:7"));
    await userEvent.type(screen.getByTestId("audit-about"), "call 1");
    expect(screen.getByTestId("audit-about").getAttribute("aria-invalid")).toBe("true");
    await userEvent.click(screen.getByTestId("audit-clear"));
    expect(window.location.search).toBe("");
  });

  it("in which nothing fits says so", async () => {
    window.history.replaceState(null, "", "/system/audit?area=user&since=2026-11-01");
    api.answers["GET /audit"] = { lines: [], next: null };
    showWith(<AuditPage />);
    expect((await screen.findByTestId("audit-none")).textContent).toContain("Mude os filtros");
  });

  it("that cannot be read says so, and is asked again", async () => {
    const answer = api.answers["GET /audit"] as object;
    api.answers["GET /audit"] = refuses(503, "unavailable");
    showWith(<AuditPage />);
    await screen.findByTestId("page-trouble");
    api.answers["GET /audit"] = answer;
    await userEvent.click(screen.getByTestId("page-trouble-retry"));
    await screen.findByTestId("audit-line");
  });

  it("is looked for from the address, without what cannot be", () => {
    const wish = readWish("?actor=user:7&area=user&since=2026-13-45&until=2026-11-25&subject=%3Cscript%3E&odd=1");
    expect(wish).toEqual({ actor: "user:7", area: "user", subject: "", since: "", until: "2026-11-25" });
    expect(readWish(writeWish(wish))).toEqual(wish);
    const query = new URLSearchParams(queryOf(wish, "40"));
    expect(query.get("until")).toBe(new Date("2026-11-26T00:00:00").toISOString());
    expect([query.get("before"), query.get("since"), query.get("actor")]).toEqual(["40", null, "user:7"]);
  });

  it("says by their own words what it does not know", () => {
    expect(actionText(i18next.t, "moon.landed")).toBe("moon.landed");
    expect(subjectText(i18next.t, "call:c1", null)).toBe("Chamada c1");
    expect(subjectText(i18next.t, "listCalls", null)).toBe("listCalls");
    expect(dataText({ a: 0, b: false, c: null, d: "" })).toBe("a: 0 · b: false");
  });
});

describe.each([
  ["keys", KeysPage, "GET /api-keys"],
  ["events", EventsPage, "GET /event-subscriptions"],
  ["the audit", AuditPage, "GET /audit"],
])("what a supervisor sees of %s", (_, Page, never) => {
  it("is which role is missing, and who can give it", async () => {
    api.answers["GET /session"] = { me: { agent_id: 9, name: "Sara", role: "supervisor" } };
    showWith(<Page />);
    const missing = await screen.findByTestId("grant-missing");
    expect(missing.textContent).toContain("Falta o papel de administrador");
    expect(missing.textContent).toContain("Peça a um administrador");
    expect(api.asked).not.toContain(never);
  });
});
