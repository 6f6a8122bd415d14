import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { ReportsPage } from "./ReportsPage";
import { addressesOf, draftOf, errorText, problemsOf, type Report, type Send } from "./reports";

const SENT: Send = {
  period: "2026-11-24",
  since: "2026-11-24T03:00:00Z",
  until: "2026-11-25T03:00:00Z",
  state: "sent",
  attempts: 1,
  ended_at: "2026-11-25T11:00:05Z",
  error: null,
  refused: 1,
};

const DAILY: Report = {
  id: 4,
  name: "Resumo",
  every: "day",
  minute: 485,
  weekday: 0,
  month_day: 1,
  zone: "America/Sao_Paulo",
  language: "pt-BR",
  by: "number",
  number_id: null,
  department_id: null,
  csv: false,
  held: false,
  made_by: null,
  made_by_id: null,
  stopped: null,
  recipients: ["rosa@example.com", "sara@example.com"],
  next_at: "2026-11-26T11:05:00Z",
  sends: [SENT],
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Rosa", role: "administrator" } },
    "GET /numbers": { numbers: [] },
    "GET /departments": { departments: [] },
    "GET /reports": { reports: [DAILY], mail: true },
  });
});

describe("reports by e-mail", () => {
  it("without a mail server say what is missing and who sets it", async () => {
    api.answers["GET /reports"] = { reports: [], mail: false };
    showWith(<ReportsPage />);
    expect((await screen.findByTestId("no-mail")).textContent).toContain("RAMAL_SMTP_HOST");
    expect(screen.getByTestId("reports-none")).toBeTruthy();
  });

  it("are made once everything will do, and keep what was typed when the server is away", async () => {
    api.answers["POST /reports"] = () => {
      throw new TypeError("away");
    };
    showWith(<ReportsPage />);
    await userEvent.click(await screen.findByTestId("report-add"));
    await userEvent.type(screen.getByTestId("report-recipients"), "rosa@example.com, sara");
    await userEvent.click(screen.getByTestId("report-save"));
    const form = screen.getByTestId("report-form");
    expect(form.textContent).toContain("De 1 a 120 letras");
    expect(form.textContent).toContain("não é um endereço de e-mail");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("report-name")));
    await userEvent.type(screen.getByTestId("report-name"), "Semana");
    await userEvent.type(screen.getByTestId("report-recipients"), "@example.com");
    await userEvent.selectOptions(screen.getByTestId("report-every"), "week");
    await userEvent.selectOptions(screen.getByTestId("report-weekday"), "segunda-feira");
    await userEvent.click(screen.getByTestId("report-save"));
    expect((await screen.findByTestId("deed-trouble")).textContent).toContain("continua aqui");
    api.answers["POST /reports"] = DAILY;
    await userEvent.click(screen.getByTestId("report-save"));
    await waitFor(() => expect(screen.queryByTestId("report-form")).toBeNull());
    expect(api.bodiesOf("POST /reports").at(-1)).toMatchObject({
      name: "Semana",
      every: "week",
      weekday: 0,
      minute: 480,
      recipients: ["rosa@example.com", "sara@example.com"],
    });
  });

  it("that the gateway refuses say so beside the field", async () => {
    api.answers["PUT /reports/4"] = () =>
      Response.json(
        { error: { code: "invalid", message: "", problems: [{ field: "recipients.1", code: "invalid" }] } },
        { status: 422 },
      );
    showWith(<ReportsPage />);
    await userEvent.click(await screen.findByTestId("report-edit"));
    await userEvent.click(screen.getByTestId("report-save"));
    await waitFor(() => expect(screen.getByTestId("report-recipients").getAttribute("aria-invalid")).toBe("true"));
  });

  it("show what was sent and to how many not, and send again what nobody knows of", async () => {
    const unsure: Send = { ...SENT, period: "2026-11-25", state: "unsure", error: "smtp.unsure", refused: 0 };
    api.answers["GET /reports"] = { reports: [{ ...DAILY, sends: [unsure, SENT] }], mail: true };
    api.answers["POST /reports/4/sends/2026-11-25/again"] = DAILY;
    showWith(<ReportsPage />);
    const [first, second] = await screen.findAllByTestId("send");
    expect(screen.getByTestId("report-about").textContent).toContain("Todo dia 08:05 (America/Sao_Paulo)");
    expect(second?.textContent).toContain("Endereços recusados pelo servidor: 1");
    expect(first?.textContent).toContain("não reenvia sozinho");
    await userEvent.click(within(first as HTMLElement).getByTestId("send-again"));
    await waitFor(() => expect(api.asked).toContain("POST /reports/4/sends/2026-11-25/again"));
  });

  it("are deleted after their effect was read", async () => {
    api.answers["DELETE /reports/4"] = {};
    showWith(<ReportsPage />);
    await userEvent.click(await screen.findByTestId("report-remove"));
    expect(screen.getByTestId("sure").textContent).toContain("endereços: 2");
    await userEvent.click(screen.getByTestId("sure-yes"));
    await waitFor(() => expect(api.asked).toContain("DELETE /reports/4"));
  });

  it("on the page of systems are not for supervisors", async () => {
    api.answers["GET /session"] = { me: { agent_id: 9, name: "Sara", role: "supervisor" } };
    showWith(<ReportsPage />);
    expect((await screen.findByTestId("grant-missing")).textContent).toContain("Falta o papel de administrador");
    expect(api.asked).not.toContain("GET /reports");
  });

  it("say in words why they were not sent", () => {
    expect(errorText(i18next.t, "smtp.login_refused")).toContain("RAMAL_SMTP_USER");
    expect(errorText(i18next.t, "smtp.552")).toContain("552");
    expect(errorText(i18next.t, "odd")).toBe("odd");
  });

  it("read addresses however they are parted, and find what is none", () => {
    expect(addressesOf(" a@b.co;c@d.co\n a@b.co,")).toEqual(["a@b.co", "c@d.co"]);
    const draft = { ...draftOf(DAILY, "pt-BR", "America/Sao_Paulo"), recipients: "", time: "" };
    expect(problemsOf(draft)).toEqual({ time: "time", recipients: "recipients_none" });
    const many = Array.from({ length: 21 }, (_, n) => `a${n}@b.co`).join(" ");
    expect(problemsOf({ ...draftOf(DAILY, "pt-BR", "America/Sao_Paulo"), recipients: many })).toEqual({
      recipients: "recipients_too_many",
    });
  });
});

describe("whose a report is", () => {
  it("administrators read beside it, and why one was stopped, which nobody sends now", async () => {
    const made = { ...DAILY, id: 5, made_by: "Sara Lima", made_by_id: 12, stopped: "maker.role" as const };
    api.answers["GET /reports"] = { reports: [DAILY, made], mail: true };
    showWith(<ReportsPage />);
    const makers = await screen.findAllByTestId("report-maker");
    expect(makers.map((maker) => maker.textContent)).toEqual([
      "Dos administradores: conta tudo",
      "De Sara Lima: conta o que o histórico dessa pessoa mostra",
    ]);
    expect(screen.getByTestId("report-stopped").textContent).toContain("não é mais supervisor");
    const [first, second] = screen.getAllByTestId<HTMLButtonElement>("report-now");
    expect([first?.disabled, second?.disabled]).toEqual([false, true]);
    expect(errorText(i18next.t, "maker.disabled")).toContain("não entra mais no ramal");
  });
});

describe("a report that is sent now", () => {
  it("is one press away, says what became of it, and whose fault a wrong certificate is", async () => {
    const asked: Send = { ...SENT, period: "n000000001", state: "waiting", attempts: 0, ended_at: null, refused: 0 };
    api.answers["POST /reports/4/send"] = () => {
      api.answers["GET /reports"] = {
        reports: [{ ...DAILY, sends: [{ ...asked, attempts: 1, error: "smtp.certificate_untrusted" }, SENT] }],
        mail: true,
      };
      return Response.json({ ...DAILY, sends: [asked, SENT] }, { status: 202 });
    };
    showWith(<ReportsPage />);
    await userEvent.click(await screen.findByTestId("report-now"));
    await waitFor(() => expect(screen.getAllByTestId("send")).toHaveLength(2));
    const [first] = screen.getAllByTestId("send");
    expect(first?.textContent).toContain("Pedido agora: 24/11/2026");
    expect(first?.textContent).toContain("se ele é seu, defina RAMAL_SMTP_CA_FILE");
  });

  it("cannot be asked for while no mail server is set", async () => {
    api.answers["GET /reports"] = { reports: [DAILY], mail: false };
    showWith(<ReportsPage />);
    expect((await screen.findByTestId<HTMLButtonElement>("report-now")).disabled).toBe(true);
  });
});
