import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { ApiError } from "../session/api";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { PeoplePage } from "./PeoplePage";
import { found, refusedFields, type User, usualGrants } from "./people";

const ANA: User = {
  id: 1,
  login: "ana",
  name: "Ana Araújo",
  role: "agent",
  language: "pt-BR",
  disabled_at: null,
  first_password: false,
  number_ids: null,
  departments: [{ department_id: 5, name: "Vendas", ...usualGrants("agent") }],
};
const BIA: User = { ...ANA, id: 2, login: "bia", name: "Bia", disabled_at: "2026-11-25T12:00:00Z", departments: [] };

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Rosa", role: "administrator" } },
    "GET /users": { users: [BIA, ANA] },
    "GET /office/departments": { departments: [{ id: 5, name: "Vendas", outbound_enabled: true }] },
    "GET /numbers": { numbers: [{ id: 3, label: "Loja", department_id: 5, inbound_enabled: true }] },
  });
});

function refuses(status: number, code: string, problems?: object[]): () => Response {
  return () => Response.json({ error: { code, message: "", problems } }, { status });
}

async function typesSomebodyNew(): Promise<void> {
  showWith(<PeoplePage />);
  await userEvent.click(await screen.findByTestId("person-add"));
  await userEvent.type(screen.getByTestId("person-name"), "Caio");
  await userEvent.type(screen.getByTestId("person-login"), "caio");
  await userEvent.click(screen.getByTestId("works-here"));
}

describe("a new person", () => {
  it("has every field named that will not do, at once, and nothing is asked for", async () => {
    showWith(<PeoplePage />);
    await userEvent.click(await screen.findByTestId("person-add"));
    await userEvent.type(screen.getByTestId("person-login"), "josé silva");
    await userEvent.click(screen.getByTestId("person-save"));
    expect(screen.getByTestId("person-name").getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByTestId("person-login").getAttribute("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(screen.getByTestId("person-name"));
    expect(api.bodiesOf("POST /users")).toEqual([]);
  });

  it("gets the usual grants of their role, and a password that is shown until it is noted", async () => {
    api.answers["POST /users"] = { user: { ...ANA, name: "Caio" }, first_password: "abcd-efgh-jkmn" };
    await typesSomebodyNew();
    await userEvent.click(screen.getByTestId("may-call"));
    await userEvent.click(screen.getByTestId("person-save"));
    expect((await screen.findByTestId("first-password-text")).textContent).toBe("abcd-efgh-jkmn");
    expect(api.bodiesOf("POST /users")).toEqual([
      {
        login: "caio",
        name: "Caio",
        role: "agent",
        language: "pt-BR",
        departments: [{ department_id: 5, take: true, call: false, listen: false, replay: false, export: false }],
        number_ids: null,
      },
    ]);
    expect(screen.queryByTestId("person-form")).toBeNull();
    await userEvent.click(screen.getByTestId("first-password-done"));
    expect(screen.queryByTestId("first-password")).toBeNull();
  });

  it("whose login is taken is told so beside the field, and keeps what was typed", async () => {
    api.answers["POST /users"] = refuses(409, "exists", [{ field: "login", code: "exists" }]);
    await typesSomebodyNew();
    await userEvent.click(screen.getByTestId("person-save"));
    await waitFor(() => expect(screen.getByTestId("person-login").getAttribute("aria-invalid")).toBe("true"));
    expect(screen.getByTestId("person-form").textContent).toContain("Já existe alguém com este usuário.");
    expect(screen.getByTestId<HTMLInputElement>("person-name").value).toBe("Caio");
    expect(screen.getByTestId<HTMLInputElement>("may-take").checked).toBe(true);
  });
});

describe("the last administrator", () => {
  it("cannot be disabled, and the page says why", async () => {
    api.answers["PUT /users/1/disabled"] = refuses(409, "last_administrator");
    showWith(<PeoplePage />);
    const [ana] = await screen.findAllByTestId("person");
    await userEvent.click(within(ana as HTMLElement).getByTestId("person-open"));
    await userEvent.click(screen.getByTestId("disable-person"));
    expect((await screen.findByTestId("act-trouble")).textContent).toContain("último administrador");
  });
});

describe("departments", () => {
  it("are renamed and kept from calling, each as a whole", async () => {
    api.answers["PUT /office/departments/5"] = (wish: object) => ({ id: 5, ...wish });
    showWith(<PeoplePage />);
    await userEvent.click(await screen.findByTestId("department-outbound"));
    await waitFor(() => expect(screen.getByTestId<HTMLInputElement>("department-outbound").disabled).toBe(false));
    await userEvent.type(screen.getByTestId("department-name"), " SP");
    await userEvent.click(screen.getByTestId("department-rename"));
    await waitFor(() =>
      expect(api.bodiesOf("PUT /office/departments/5")).toEqual([
        { name: "Vendas", outbound_enabled: false },
        { name: "Vendas SP", outbound_enabled: true },
      ]),
    );
  });
});

describe("what a supervisor sees", () => {
  it("is which role is missing", async () => {
    api.answers["GET /session"] = { me: { agent_id: 9, name: "Sara", role: "supervisor" } };
    showWith(<PeoplePage />);
    expect((await screen.findByTestId("grant-missing")).textContent).toContain("Falta o papel de administrador");
    expect(api.asked).not.toContain("GET /users");
  });
});

describe("looking for people", () => {
  it.each([
    ["araujo", ["ana"]],
    ["B", ["bia"]],
    ["", ["ana", "bia"]],
    ["zz", []],
  ])("%j finds %j", (wanted, logins) => {
    expect(found([BIA, ANA], wanted).map(({ login }) => login)).toEqual(logins);
  });
});

describe("a refusal", () => {
  it.each([
    [null, {}],
    [new TypeError("away"), { "": "other" }],
    [new ApiError(409, "last_administrator", null), { role: "last" }],
    [new ApiError(422, "invalid", null, { problems: [{ field: "name", code: "invalid" }] }), { name: "name_invalid" }],
  ])("%o names its fields", (error, fields) => {
    expect(refusedFields(error)).toEqual(fields);
  });
});

describe("the numbers of a person", () => {
  it("are all, or those that are ticked", async () => {
    api.answers["PUT /users/1"] = ANA;
    showWith(<PeoplePage />);
    await userEvent.click(await screen.findByText("Ana Araújo"));
    await userEvent.click(await screen.findByTestId("person-numbers-only"));
    await userEvent.click(within(screen.getByTestId("person-numbers")).getByLabelText("Loja"));
    await userEvent.click(screen.getByTestId("person-save"));
    await waitFor(() => expect(api.bodiesOf("PUT /users/1")).toMatchObject([{ number_ids: [3] }]));
  });
});
