import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import type { Report } from "../system/reports";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { MailedPage } from "./MailedPage";

const OWN: Report = {
  ...{ id: 4, name: "Vendas", every: "day", minute: 485, weekday: 0, month_day: 1, zone: "America/Sao_Paulo" },
  ...{ language: "pt-BR", by: "agent", number_id: null, department_id: 5, csv: false, held: false },
  ...{ recipients: ["sara@example.com"], made_by: "Sara", made_by_id: 9, stopped: null },
  ...{ next_at: "2026-11-26T11:05:00Z", sends: [] },
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Sara", role: "supervisor" } },
    "GET /numbers": { numbers: [{ id: 3, label: "Vendas", department_id: 5, inbound_enabled: true }] },
    "GET /departments": { departments: [{ id: 5, name: "Vendas" }] },
    "GET /reports": { reports: [OWN], mail: true },
  });
});

describe("a supervisor's reports by e-mail", () => {
  it("are beside the other measures, and nobody tells supervisors that their own are theirs", async () => {
    showWith(<MailedPage />);
    await screen.findByTestId("report-about");
    expect(screen.getByTestId("measures-mailed").getAttribute("aria-current")).toBe("page");
    expect(screen.getByTestId("measures-view-quality").getAttribute("href")).toContain("/measures?view=quality");
    expect(screen.queryByTestId("report-maker")).toBeNull();
  });

  it("are of a number and a department that they see, and another's is refused beside the field", async () => {
    api.answers["PUT /reports/4"] = () =>
      Response.json(
        { error: { code: "invalid", message: "", problems: [{ field: "department_id", code: "invalid" }] } },
        { status: 422 },
      );
    showWith(<MailedPage />);
    await userEvent.click(await screen.findByTestId("report-edit"));
    const department = screen.getByLabelText<HTMLSelectElement>("Departamento");
    await waitFor(() =>
      expect(
        within(department)
          .getAllByRole("option")
          .map((each) => each.textContent),
      ).toEqual(["Todos", "Vendas"]),
    );
    await userEvent.click(screen.getByTestId("report-save"));
    await waitFor(() => expect(department.getAttribute("aria-invalid")).toBe("true"));
    expect(screen.getByTestId("report-form").textContent).toContain("não é dos seus");
  });

  it("are held and resumed with one press, which changes nothing else of them", async () => {
    api.answers["PUT /reports/4"] = (wish: object) => {
      const changed = { ...OWN, ...wish };
      api.answers["GET /reports"] = { reports: [changed], mail: true };
      return changed;
    };
    showWith(<MailedPage />);
    await userEvent.click(await screen.findByTestId("report-hold"));
    await waitFor(() => expect(screen.getByTestId("report-about").textContent).toContain("Pausado"));
    await userEvent.click(screen.getByTestId("report-hold"));
    await waitFor(() => expect(screen.getByTestId("report-about").textContent).not.toContain("Pausado"));
    const { id: _, made_by: __, made_by_id: ___, stopped: ____, next_at: _____, sends: ______, ...wish } = OWN;
    expect(api.bodiesOf("PUT /reports/4")).toEqual([
      { ...wish, held: true },
      { ...wish, held: false },
    ]);
  });

  it("are not for agents", async () => {
    api.answers["GET /session"] = { me: { agent_id: 9, name: "Ana", role: "agent" } };
    showWith(<MailedPage />);
    await screen.findByTestId("grant-missing");
    expect(api.asked).not.toContain("GET /reports");
  });
});
