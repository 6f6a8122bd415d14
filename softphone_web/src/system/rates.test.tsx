import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { RatesPage } from "./RatesPage";
import { type Rates, SAMPLE } from "./rates";

const NOTHING: Rates = { version: 0, written_at: null, written_by: null, rates: [], csv: "destination\n" };
const KEPT: Rates = {
  version: 4,
  written_at: "2026-03-04T15:00:00Z",
  written_by: "Rosa",
  rates: [
    {
      destination: "BR",
      market: "Brazil",
      number: "",
      currency: "USD",
      valid_from: "2025-08-01",
      above_minutes: 50_000,
      per_minute: "0.01080001",
    },
  ],
  csv: "destination,…\nBR,…\n",
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Rosa", role: "administrator" } },
    "GET /rates": KEPT,
  });
});

describe("the table of rates", () => {
  it("is shown with who wrote it, in the reader's words", async () => {
    showWith(<RatesPage />);
    const row = await screen.findByTestId("rate");
    expect(row.textContent).toContain("Brasil (BR)");
    expect(row.textContent).toContain("50.000");
    expect(screen.getByTestId("rates-about").textContent).toContain("Versão 4, escrita por Rosa");
  });

  it("begins with an example that says what it is", async () => {
    api.answers["GET /rates"] = NOTHING;
    showWith(<RatesPage />);
    expect(await screen.findByTestId("rates-none")).toBeTruthy();
    await userEvent.click(screen.getByTestId("rates-edit"));
    await userEvent.click(screen.getByTestId("rates-sample"));
    expect(screen.getByTestId("rates-sample-hint").textContent).toContain("01/08/2025");
    expect(SAMPLE.split("\n")).toHaveLength(21);
    expect(SAMPLE).toContain("BR,,,USD,2025-08-01,0,0.0108\n");
  });

  it("is sent whole with the version that was read, and a file is taken as its text", async () => {
    api.answers["PUT /rates"] = KEPT;
    showWith(<RatesPage />);
    await userEvent.click(await screen.findByTestId("rates-edit"));
    const input = document.querySelector<HTMLInputElement>("input[type=file]");
    const file = new File(["destination\nUS"], "rates.csv", { type: "text/csv" });
    await userEvent.upload(input as HTMLInputElement, file);
    await waitFor(() => expect((screen.getByTestId("rates-text") as HTMLTextAreaElement).value).toContain("US"));
    await userEvent.click(screen.getByTestId("rates-save"));
    await waitFor(() => expect(screen.getByTestId("rates-saved").textContent).toContain("Salvo"));
    expect(api.bodiesOf("PUT /rates")).toEqual([{ version: 4, csv: "destination\nUS" }]);
  });

  it("names each wrong line, keeps what was typed, and says who was quicker", async () => {
    const problems = [
      { step: null, field: "3.per_minute", code: "bad_amount" },
      { step: null, field: "0.csv", code: "too_many_lines" },
    ];
    api.answers["PUT /rates"] = () => Response.json({ error: { code: "invalid", problems } }, { status: 422 });
    showWith(<RatesPage />);
    await userEvent.click(await screen.findByTestId("rates-edit"));
    fireEvent.change(screen.getByTestId("rates-text"), { target: { value: "mine" } });
    await userEvent.click(screen.getByTestId("rates-save"));
    const said = (await screen.findByTestId("rates-problems")).textContent;
    expect(said).toContain("Linha 3: per_minute: o valor é um número com ponto");
    expect(said).toContain("O texto inteiro: há linhas demais");
    const meanwhile = { code: "changed_meanwhile", changed_by: "Lia", version: 5 };
    api.answers["PUT /rates"] = () => Response.json({ error: meanwhile }, { status: 409 });
    await userEvent.click(screen.getByTestId("rates-save"));
    expect(await screen.findByText(/Lia escreveu outra tabela/)).toBeTruthy();
    expect((screen.getByTestId("rates-text") as HTMLTextAreaElement).value).toBe("mine");
  });
});
