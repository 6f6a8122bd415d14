import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { AddNumberPage } from "./AddNumberPage";
import { NumberSettingsPage } from "./NumberSettingsPage";
import { changesOf, draftOf, formOf, gapsOf, type NumberSettings } from "./settings";

const place = (name: "calling" | "icon" | "callback" | "countries", metas: string) => ({
  place: name,
  ours: null,
  metas,
  differs: false,
  failure: null,
  said: "",
});

const STORED: NumberSettings = {
  id: 7,
  version: 3,
  changed_at: null,
  changed_by: null,
  phone_number_id: "306540000000002",
  waba_id: "204857600000001",
  phone: "551133330000",
  country: "BR",
  disabled_at: null,
  own_token: false,
  label: "Vendas",
  slug: "vendas",
  department_id: 1,
  operators: null,
  inbound: true,
  outbound: true,
  limits: [
    { name: "concurrent_inbound", value: 5000, metas: 1000, since: null, source: "4.5, C16" },
    { name: "connected_calls_per_24h", value: 100, metas: 100, since: "2025-12-19", source: "4.3, C6" },
    { name: "countries_without_outbound", value: ["US", "CA"], metas: ["US", "CA"], since: null, source: "4.6" },
  ],
  rules: [{ name: "wrap_up_s", value: 30, usual: 0, least: 0, most: 3600 }],
  template: null,
  wanted: { calling: null, icon: "shown", callback: null, countries: null },
  at_meta: {
    state: "different",
    at: "2026-11-25T12:00:00Z",
    failure: null,
    places: [
      place("calling", "on"),
      { ...place("icon", "hidden"), ours: "shown", differs: true },
      place("callback", "off"),
      place("countries", "BR PT"),
    ],
  },
  live: {
    at: "2026-11-25T12:00:00Z",
    failure: null,
    calling: true,
    sip: false,
    coexistence: null,
    verified_name: "Loja Exemplo",
    quality: "GREEN",
    tier: "TIER_10K",
    messaging_limit: 10000,
    can_send: "AVAILABLE",
    health: [],
    restrictions: [],
  },
  warnings: [],
  alerts: [],
  people: { take: 12, call: 4, free: 2 },
};

const ROOT = "/numbers/7";
let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 1, name: "Rosa", role: "administrator" } },
    "GET /numbers": { numbers: [{ id: 7, label: "Vendas", department_id: 1, inbound_enabled: true }] },
    "GET /departments": { departments: [{ id: 1, name: "Atendimento" }] },
    [`GET ${ROOT}/recording`]: { rules: [] },
    [`GET ${ROOT}/settings`]: STORED,
  });
});

async function opens(path = `${ROOT}/settings`): Promise<ReturnType<typeof memoryLocation>> {
  const location = memoryLocation({ path, record: true });
  showWith(
    <Router hook={location.hook}>
      <Route path="/numbers/new" component={AddNumberPage} />
      <Route path="/numbers/:id/settings" component={NumberSettingsPage} />
    </Router>,
  );
  await screen.findByTestId(path.endsWith("new") ? "add-number-page" : "save-bar");
  return location;
}

describe("what is typed", () => {
  it("is what is stored, with Meta's values left empty", () => {
    const draft = draftOf(STORED);
    expect(draft.limits).toEqual({
      concurrent_inbound: "5000",
      connected_calls_per_24h: "",
      countries_without_outbound: "",
    });
    expect(draft).toMatchObject({ calling: "", icon: "shown", countries: null, rules: { wrap_up_s: "30" } });
    expect(formOf(draft, STORED, 3)).toMatchObject({
      version: 3,
      department_id: 1,
      limits: { concurrent_inbound: 5000 },
      rules: { wrap_up_s: 30 },
      template: null,
      at_meta: { calling: null, icon: "shown", callback: null, countries: null },
    });
  });

  it("names what changed and what cannot be sent", () => {
    const draft = draftOf(STORED);
    const typing = {
      ...draft,
      label: " ",
      countries: "br, pt",
      limits: { ...draft.limits, concurrent_inbound: "many" },
      rules: { wrap_up_s: "9999" },
    };
    expect(changesOf(draft, typing)).toEqual(["label", "countries", "limits", "rules"]);
    expect(gapsOf(typing, STORED)).toEqual({
      label: "missing",
      "limits.concurrent_inbound": "wrong_type",
      "rules.wrap_up_s": "out_of_range",
    });
    expect(formOf(typing, STORED, 3)).toMatchObject({ at_meta: { countries: ["BR", "PT"] } });
  });
});

describe("the settings of a number", () => {
  it("say first what is open, and lead to where it is explained without leaving what is typed", async () => {
    api.answers[`GET ${ROOT}/settings`] = {
      ...STORED,
      alerts: [
        { code: "token_refused", place: "access", kind: null, until: null },
        { code: "low_pickup", place: "guard", kind: null, until: null },
      ],
    };
    const shown = vi.fn();
    Element.prototype.scrollIntoView = shown; // jsdom has no layout
    const location = await opens();
    const alerts = screen.getAllByTestId("number-alert");
    expect(alerts.map((alert) => alert.textContent?.trim())).toEqual([
      "A Meta recusa o token deste número",
      "Poucas chamadas atendidas",
    ]);
    await userEvent.type(screen.getByTestId("number-label"), "!");
    await userEvent.click(within(alerts[0] as HTMLElement).getByRole("link"));
    expect(document.activeElement?.id).toBe("number-access");
    expect(shown).toHaveBeenCalledOnce();
    expect(location.history).toHaveLength(1);
    expect(screen.getByTestId<HTMLInputElement>("number-label").value).toBe("Vendas!");
  });

  it("show what Meta has, what differs, and send ours when asked", async () => {
    api.answers[`POST ${ROOT}/settings/sync`] = {
      ...STORED,
      at_meta: { ...STORED.at_meta, state: "same", places: [{ ...place("icon", "shown"), ours: "shown" }] },
    };
    await opens();
    expect(screen.getByTestId("metas-icon").textContent).toBe("Na Meta: escondidoDiferente daqui (à vista).");
    expect(screen.getByTestId("metas-countries").textContent).toBe("Na Meta: Brasil, Portugal");
    expect(screen.getByTestId("number-tier").textContent).toBe("10.000 clientes em 24 h");
    await userEvent.click(screen.getByTestId("tell-meta"));
    await waitFor(() => expect(screen.getByTestId("number-at-meta").dataset.state).toBe("same"));
  });

  it("are saved whole, with an error of Meta's beside its field in the reader's language", async () => {
    const refused = { ...place("calling", "off"), ours: "on", differs: true, failure: "meta.138015", said: "too low" };
    api.answers[`PUT ${ROOT}/settings`] = {
      ...STORED,
      version: 4,
      wanted: { ...STORED.wanted, calling: true },
      at_meta: { ...STORED.at_meta, state: "failed", places: [refused] },
    };
    await opens();
    await userEvent.selectOptions(screen.getByTestId("wanted-calling"), "on");
    expect(screen.getByTestId("save-state").textContent).toContain("chamadas na Meta");
    await userEvent.click(screen.getByTestId("save"));
    await waitFor(() =>
      expect(screen.getByTestId("refused-calling").textContent).toContain("O limite de mensagens do número é baixo"),
    );
    expect(screen.getByTestId("refused-calling").textContent).toContain("meta.138015");
    expect(api.bodiesOf(`PUT ${ROOT}/settings`)).toMatchObject([{ version: 3, at_meta: { calling: true } }]);
  });

  it("name what is wrong beside its field and keep what was typed", async () => {
    api.answers[`PUT ${ROOT}/settings`] = () =>
      Response.json({ error: { code: "invalid", problems: [{ field: "slug", code: "taken" }] } }, { status: 422 });
    await opens();
    await userEvent.clear(screen.getByTestId("number-slug"));
    await userEvent.type(screen.getByTestId("number-slug"), "suporte");
    await userEvent.click(screen.getByTestId("save"));
    await screen.findByText("Outro número já tem este.");
    expect((screen.getByTestId("number-slug") as HTMLInputElement).value).toBe("suporte");
  });

  it("do not leave the save button silent: what is wrong gets the focus, and the bar says that there is something", async () => {
    await opens();
    await userEvent.clear(screen.getByTestId("number-label"));
    await userEvent.clear(screen.getByTestId("number-slug"));
    await userEvent.type(screen.getByTestId("number-slug"), "Loja Exemplo!!");
    expect(screen.getByText("Só letras minúsculas, números e hífens entre eles.")).toBeTruthy();
    expect(screen.getByTestId("settings-problems").textContent).toContain("Há problemas marcados acima");
    await userEvent.click(screen.getByTestId("save"));
    expect(document.activeElement).toBe(screen.getByTestId("number-label"));
    expect(api.bodiesOf(`PUT ${ROOT}/settings`)).toEqual([]);
  });

  it("name departments and single people as operators, and say so while nobody is named", async () => {
    api.answers["GET /departments"] = {
      departments: [
        { id: 1, name: "Vendas" },
        { id: 2, name: "Suporte" },
      ],
    };
    api.answers["GET /presence"] = {
      agents: [
        { agent_id: 4, name: "Ana" },
        { agent_id: 5, name: "Caio" },
      ],
    };
    api.answers[`PUT ${ROOT}/settings`] = { ...STORED, version: 4 };
    await opens();
    await userEvent.click(screen.getByTestId("operators-these"));
    expect(screen.getByTestId("field-problem").textContent).toBe("Escolha pelo menos um departamento ou uma pessoa.");
    await userEvent.click(screen.getByTestId("save"));
    expect(api.bodiesOf(`PUT ${ROOT}/settings`)).toEqual([]);
    await userEvent.click(within(screen.getByTestId("operators-departments")).getByLabelText("Suporte"));
    await userEvent.click(within(screen.getByTestId("operators-people")).getByLabelText("Caio"));
    expect(screen.getByTestId("save-state").textContent).toContain("quem opera");
    await userEvent.click(screen.getByTestId("save"));
    await waitFor(() =>
      expect(api.bodiesOf(`PUT ${ROOT}/settings`)).toMatchObject([
        { operators: { department_ids: [2], agent_ids: [5] } },
      ]),
    );
  });

  it("say in numbers what switching calls off means, and follow what a colleague saved meanwhile", async () => {
    await opens();
    await userEvent.click(screen.getByTestId("number-inbound"));
    expect(screen.getByTestId("inbound-effect").textContent).toContain("12");
    const theirs = { ...STORED, version: 4, label: "Loja", changed_by: "Ana", changed_at: "2026-11-25T12:00:00Z" };
    api.answers[`GET ${ROOT}/settings`] = theirs;
    api.answers[`PUT ${ROOT}/settings`] = () =>
      Response.json({ error: { code: "changed_meanwhile", version: 4 } }, { status: 409 });
    await userEvent.click(screen.getByTestId("save"));
    const notice = await screen.findByTestId("meanwhile");
    expect(notice.textContent).toContain("Ana salvou outra versão");
    expect(within(notice).getByTestId("meanwhile-differences").textContent).toContain("nome, receber chamadas");
    await userEvent.click(screen.getByTestId("meanwhile-theirs"));
    expect((screen.getByTestId("number-label") as HTMLInputElement).value).toBe("Loja");
  });

  it("ask Meta about token and webhook, and subscribe the app", async () => {
    const finding = (code: string, state: string, why: string | null = null) => ({
      code,
      state,
      why,
      field: null,
      stops: false,
      said: "",
    });
    api.answers[`POST ${ROOT}/check`] = { findings: [finding("token", "fine"), finding("subscribed", "missing")] };
    api.answers[`POST ${ROOT}/subscribe`] = { findings: [finding("subscribed", "fine")] };
    await opens();
    await userEvent.click(screen.getByTestId("check-number"));
    await screen.findByText(/Nenhum aplicativo recebe os webhooks/);
    await userEvent.click(screen.getByTestId("subscribe"));
    await waitFor(() => expect(screen.getByTestId("finding").dataset.state).toBe("fine"));
  });

  it("say why a token is not kept, and never show one", async () => {
    api.answers[`PUT ${ROOT}/token`] = () =>
      Response.json(
        { error: { code: "invalid", problems: [{ field: "token", code: "token_refused" }] } },
        { status: 422 },
      );
    await opens();
    await userEvent.type(screen.getByTestId("token"), "EAAwrong");
    await userEvent.click(screen.getByTestId("save-token"));
    await screen.findByText(/A Meta recusou o token/);
    expect((screen.getByTestId("token") as HTMLInputElement).type).toBe("password");
  });

  it("disable the number on the second press, and explain why one with calls stays", async () => {
    api.answers[`POST ${ROOT}/disable`] = { ...STORED, disabled_at: "2026-11-25T12:00:00Z" };
    api.answers[`DELETE ${ROOT}`] = () => Response.json({ error: { code: "in_use" } }, { status: 409 });
    await opens();
    await userEvent.click(screen.getByTestId("disable-number"));
    expect(screen.getByTestId("number-effect").textContent).toContain("12");
    expect(api.asked).not.toContain(`POST ${ROOT}/disable`);
    await userEvent.click(screen.getByTestId("number-sure"));
    await waitFor(() => expect(screen.getByTestId("number-end").dataset.disabled).toBe("true"));
    await userEvent.click(screen.getByTestId("remove-number"));
    await userEvent.click(screen.getByTestId("number-sure"));
    expect((await screen.findByTestId("number-end-trouble")).textContent).toContain("pode ser desativado");
  });
});

describe("a new number", () => {
  it("is checked before it is saved, and what is wrong stands beside its field", async () => {
    api.answers["POST /numbers/check"] = {
      findings: [{ code: "coexistence", state: "missing", why: null, field: "phone_number_id", stops: true, said: "" }],
    };
    const location = await opens("/numbers/new");
    await userEvent.type(screen.getByTestId("add-label"), "Filial");
    await userEvent.type(screen.getByTestId("add-phone"), "+55 11 3333-0000");
    await userEvent.click(screen.getByTestId("add-check"));
    expect((await screen.findByTestId("add-verdict")).textContent).toBe("Isto impede adicionar o número.");
    const away = { error: { code: "invalid", problems: [{ field: "token", code: "meta_away" }] } };
    api.answers["POST /numbers"] = () => Response.json(away, { status: 422 });
    await userEvent.click(screen.getByTestId("add-save"));
    await screen.findByText(/A Meta não respondeu\. Tente de novo/);
    expect((screen.getByTestId("add-label") as HTMLInputElement).value).toBe("Filial");
    api.answers["POST /numbers"] = { id: 7 };
    await userEvent.click(screen.getByTestId("add-unchecked"));
    await waitFor(() => expect(location.history?.at(-1)).toBe("/numbers/7/settings"));
    expect(api.bodiesOf("POST /numbers")).toMatchObject([{ unchecked: false }, { unchecked: true, token: null }]);
  });
});
