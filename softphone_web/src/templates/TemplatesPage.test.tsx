import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { TemplatesPage } from "./TemplatesPage";
import { type Asking, choose, draftOf, gapsOf, type KnownTemplate, leave, makeUsual } from "./templates";

const PATH = "/numbers/7/permission-templates";

function template(name: string, language: string, changes: Partial<KnownTemplate> = {}): KnownTemplate {
  const usual = { status: "APPROVED", reason: null, category: "UTILITY", text: `Oi de ${name}`, chosen: null } as const;
  return { name, language, use: "fine", ...usual, ...changes };
}

const STORED: Asking = {
  version: 4,
  changed_at: "2026-11-25T12:00:00Z",
  changed_by: "Ana",
  text: "",
  templates: [
    template("pedido_v1", "pt_BR", { chosen: 0 }),
    template("pedido_v2", "pt_BR"),
    template("podemos", "es", { use: "paused", status: "PAUSED" }),
    template("may_we", "en_US", { use: "rejected", status: "REJECTED", reason: "PROMOTIONAL" }),
  ],
  can_ask: true,
  asked_at: "2026-11-25T12:00:00Z",
  answered_at: "2026-11-25T12:00:00Z",
  failure: null,
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 1, name: "Rosa", role: "administrator" } },
    "GET /numbers": { numbers: [{ id: 7, label: "Vendas", department_id: 1, inbound_enabled: true }] },
    [`GET ${PATH}`]: STORED,
  });
});

async function opens(): Promise<void> {
  const location = memoryLocation({ path: "/numbers/7/templates" });
  showWith(
    <Router hook={location.hook}>
      <Route path="/numbers/:id/templates" component={TemplatesPage} />
    </Router>,
  );
  await screen.findByTestId("asking-outside");
}

const row = (name: string) =>
  screen.getAllByTestId("template").find(({ dataset }) => dataset.name === name) as HTMLElement;

describe("what is chosen", () => {
  it("has one of each language, the usual one first, and keeps its place", () => {
    const draft = draftOf(STORED);
    const both = choose(draft, { name: "podemos", language: "es" });
    expect(makeUsual(both, { name: "podemos", language: "es" }).chosen.map(({ language }) => language)).toEqual([
      "es",
      "pt_BR",
    ]);
    expect(choose(both, { name: "pedido_v2", language: "pt_BR" }).chosen).toEqual([
      { name: "pedido_v2", language: "pt_BR" },
      { name: "podemos", language: "es" },
    ]);
    expect(leave(draft, { name: "pedido_v1", language: "pt_BR" }).chosen).toEqual([]);
  });

  it("is handed in only as Meta would read it", () => {
    const fine = { name: "ask", language: "es", category: "UTILITY", text: "¿Podemos llamar?" } as const;
    expect(gapsOf(fine)).toEqual({});
    expect(gapsOf({ ...fine, name: "Ask me", language: "Spanish", text: "" })).toEqual({
      name: "name",
      language: "language",
      text: "text",
    });
    expect(gapsOf({ ...fine, text: "Hola {{1}}" })).toEqual({ text: "variables" });
  });
});

describe("the page of templates", () => {
  it("says of each whether Meta sends it, why not, and in which language it asks", async () => {
    await opens();
    expect(row("pedido_v1").textContent).toContain("português (Brasil)");
    expect(row("pedido_v1").textContent).toContain("aprovado");
    expect(within(row("podemos")).getByTestId("template-why").textContent).toContain("3 horas na primeira vez");
    expect(within(row("may_we")).getByTestId("template-why").textContent).toContain("Motivo: o texto é de propaganda.");
    expect(row("may_we").textContent).toContain("Na Meta: REJECTED, PROMOTIONAL");
    expect(screen.getByTestId("tab-templates").getAttribute("aria-current")).toBe("page");
  });

  it("saves words and choice as a whole, with what is refused beside its template", async () => {
    const problems = [{ field: "templates.1", code: "rejected" }];
    api.answers[`PUT ${PATH}`] = () => Response.json({ error: { code: "invalid", problems } }, { status: 422 });
    await opens();
    await userEvent.type(screen.getByTestId("asking-text"), "Podemos ligar?");
    await userEvent.click(within(row("pedido_v2")).getByTestId("template-choose"));
    await userEvent.click(within(row("may_we")).getByTestId("template-choose"));
    expect(screen.getByTestId("save-state").textContent).toContain("texto livre, modelos");
    await userEvent.click(screen.getByTestId("save"));
    await within(row("may_we")).findByText("A Meta recusou este modelo.");
    expect(api.bodiesOf(`PUT ${PATH}`)).toEqual([
      {
        version: 4,
        text: "Podemos ligar?",
        templates: [
          { name: "pedido_v2", language: "pt_BR" },
          { name: "may_we", language: "en_US" },
        ],
      },
    ]);
    expect((screen.getByTestId("asking-text") as HTMLTextAreaElement).value).toBe("Podemos ligar?");
  });

  it("warns when nobody can be asked any more, and asks Meta when told to", async () => {
    const paused = {
      ...STORED,
      can_ask: false,
      templates: [template("pedido_v1", "pt_BR", { chosen: 0, use: "paused" })],
    };
    api.answers[`POST ${PATH}/sync`] = paused;
    await opens();
    expect(screen.queryByTestId("cannot-ask")).toBeNull();
    await userEvent.click(screen.getByTestId("templates-sync"));
    expect((await screen.findByTestId("cannot-ask")).textContent).toContain("não envia nenhum dos modelos");
  });

  it("hands a new one in to Meta, and keeps what was typed when Meta does not take it", async () => {
    api.answers["POST /permission-templates"] = () =>
      Response.json({ error: { code: "meta.100", meta_code: 100 } }, { status: 409 });
    await opens();
    await userEvent.type(screen.getByTestId("new-name"), "Pode Ligar");
    await userEvent.type(screen.getByTestId("new-text"), "Podemos ligar?");
    await userEvent.click(screen.getByTestId("new-send"));
    await screen.findByText("Só letras minúsculas, números e _.");
    const name = screen.getByTestId("new-name") as HTMLInputElement;
    await userEvent.clear(name);
    await userEvent.type(name, "pode_ligar");
    await userEvent.click(screen.getByTestId("new-send"));
    expect((await screen.findByTestId("new-trouble")).textContent).toContain("código 100");
    expect(name.value).toBe("pode_ligar");
    api.answers["POST /permission-templates"] = { name: "pode_ligar", language: "pt_BR", status: "PENDING" };
    await userEvent.click(screen.getByTestId("new-send"));
    await waitFor(() => expect(name.value).toBe(""));
    expect(api.bodiesOf("POST /permission-templates").at(-1)).toEqual({
      number_id: 7,
      name: "pode_ligar",
      language: "pt_BR",
      category: "UTILITY",
      text: "Podemos ligar?",
    });
  });
});

describe("deleting a template", () => {
  const remove = async (name: string) => {
    await userEvent.click(within(row(name)).getByTestId("template-delete"));
    await userEvent.click(within(row(name)).getByTestId("sure-yes"));
  };

  it("is asked about first, and never offered of one that the number asks with", async () => {
    api.answers["DELETE /permission-templates"] = {};
    await opens();
    expect(within(row("pedido_v1")).queryByTestId("template-delete")).toBeNull();
    await userEvent.click(within(row("may_we")).getByRole("button", { name: "Apagar may_we na Meta" }));
    expect(within(row("may_we")).getByTestId("sure").textContent).toContain("30 dias");
    await userEvent.click(within(row("may_we")).getByTestId("sure-no"));
    expect(api.asked).not.toContain("DELETE /permission-templates");
    await remove("may_we");
    await waitFor(() => expect(api.asked).toContain("DELETE /permission-templates"));
  });

  it.each([
    [409, { code: "in_use", numbers: ["Cobrança"] }, "Cobrança pede com ele"],
    [409, { code: "in_use", numbers: [] }, "outro número da conta"],
    [409, { code: "refused", meta_code: 100 }, "(código 100)"],
    [404, { code: "not_found" }, "já não tem este modelo"],
    [403, { code: "forbidden" }, "só administradores"],
    [503, { code: "unavailable" }, "o servidor não respondeu"],
  ])("says of a refusal (%s) what it is", async (status, error, words) => {
    api.answers["DELETE /permission-templates"] = () => Response.json({ error }, { status });
    await opens();
    await remove("may_we");
    expect((await within(row("may_we")).findByRole("alert")).textContent).toContain(words);
  });
});
