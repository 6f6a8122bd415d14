import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { ReasonsPage } from "./ReasonsPage";
import { codeFor, reasonsOf } from "./reasons";

const USUAL = {
  pause: [
    { code: "break", label: null },
    { code: "lunch", label: null },
  ],
  disposition: [{ code: "resolved", label: null }],
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Rosa", role: "administrator" } },
    "GET /reasons": USUAL,
  });
});

async function opened(kind: "pause" | "disposition") {
  showWith(<ReasonsPage />);
  return within(await screen.findByTestId(`reasons-${kind}`));
}

describe("the lists that agents choose from", () => {
  it("are written with words of the company's, in its order, and keep Ramal's own words in every language", async () => {
    const own = {
      ...USUAL,
      pause: [
        { code: "lunch", label: null },
        { code: "segunda_via", label: "Segunda via" },
      ],
    };
    api.answers["PUT /reasons/pause"] = own;
    const list = await opened("pause");
    const words = () => list.getAllByTestId("reason-word").map((field) => (field as HTMLInputElement).value);
    expect(words()).toEqual(["Intervalo", "Almoço"]);
    await userEvent.click(list.getByRole("button", { name: "Subir: Almoço" }));
    await userEvent.click(list.getByRole("button", { name: "Remover: Intervalo" }));
    await userEvent.click(list.getByTestId("reason-add"));
    await userEvent.keyboard("Segunda via");
    api.answers["GET /reasons"] = own;
    await userEvent.click(list.getByTestId("reasons-save"));
    await waitFor(() => expect(list.getByTestId("reasons-state").textContent).toContain("Salvo"));
    expect(api.bodiesOf("PUT /reasons/pause")).toEqual([{ reasons: own.pause }]);
    expect(words()).toEqual(["Almoço", "Segunda via"]);
  });

  it("are not saved with a word that is empty or there already: it says so and has the focus", async () => {
    const list = await opened("pause");
    const [first, second] = list.getAllByTestId("reason-word");
    if (first === undefined || second === undefined) throw new Error("two words");
    await userEvent.clear(second);
    await userEvent.type(second, "intervalo ");
    await userEvent.click(list.getByTestId("reasons-save"));
    expect(list.getByText("Já está na lista.")).toBeTruthy();
    expect(document.activeElement).toBe(second);
    await userEvent.clear(first);
    expect(list.getByText("Falta preencher.")).toBeTruthy();
    expect(api.bodiesOf("PUT /reasons/pause")).toEqual([]);
    await userEvent.click(list.getByTestId("reasons-undo"));
    expect((list.getAllByTestId("reason-word")[0] as HTMLInputElement).value).toBe("Intervalo");
  });

  it("become Ramal's own again after a question, and say so when the gateway does not take them", async () => {
    api.answers["PUT /reasons/disposition"] = () => Response.json({ error: { code: "unavailable" } }, { status: 503 });
    const list = await opened("disposition");
    await userEvent.click(list.getByTestId("reasons-usual"));
    await userEvent.click(list.getByTestId("sure-yes"));
    await waitFor(() => expect(list.getByTestId("deed-trouble").textContent).toContain("o servidor não respondeu"));
    expect(api.bodiesOf("PUT /reasons/disposition")).toEqual([{ reasons: [] }]);
  });
});

describe("a code", () => {
  it("is made of the word, once, and stays when the word changes", () => {
    expect(codeFor("Segunda via / Boleto!", new Set())).toBe("segunda_via_boleto");
    expect(codeFor("Reclamação", new Set(["reclamacao"]))).toBe("reclamacao_2");
    expect(codeFor("日本", new Set())).toBe("reason");
    expect(codeFor("x".repeat(60), new Set(["x".repeat(32)]))).toBe(`${"x".repeat(30)}_2`);
    expect(reasonsOf([{ code: "lunch", text: "Refeição", usual: "Almoço", key: 0 }])).toEqual([
      { code: "lunch", label: "Refeição" },
    ]);
  });
});
