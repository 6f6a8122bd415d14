import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { CALL } from "../test/states";
import { dueText } from "./due";
import { RetentionPage } from "./RetentionPage";
import type { Scheduled, Shelf } from "./retention";

const NONE = { kept: 0, day: 0, week: 0, month: 0, held: 0, for_good: 0 };
const SHELF: Shelf = {
  number_id: 1,
  department_id: 2,
  inbound_days: 90,
  outbound_days: null,
  recordings: { kept: 12, day: 1, week: 3, month: 9, held: 2, for_good: 1 },
  messages: NONE,
};
const MESSAGE: Scheduled = {
  thing: "message",
  call_id: CALL,
  number_id: 1,
  department_id: null,
  due_at: "2099-01-02T12:00:00Z",
  legal_hold: false,
  with_recording: false,
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Rosa", role: "administrator" } },
    "GET /numbers": { numbers: [{ id: 1, label: "Vendas", department_id: 2, inbound_enabled: true }] },
    "GET /departments": { departments: [{ id: 2, name: "Atendimento" }] },
    "GET /retention": { shelves: [SHELF] },
    "GET /retention/schedule": { lines: [MESSAGE], more: false },
    [`DELETE /calls/${CALL}/message`]: () => new Response(null, { status: 204 }),
    [`PUT /calls/${CALL}/message/hold`]: { ...MESSAGE, legal_hold: true },
  });
});

describe("what is kept of calls", () => {
  it("is told by number and department: for how long, how much, and how much goes when", async () => {
    showWith(<RetentionPage />);
    const [recordings, messages] = await screen.findAllByTestId("shelf");
    const cells = (row: HTMLElement | undefined) =>
      [...(row?.querySelectorAll("th, td") ?? [])].map((cell) => cell.textContent);
    await waitFor(() => expect(recordings?.textContent).toContain("Vendas · Atendimento"));
    expect(cells(recordings).slice(1)).toEqual([
      "GravaçõesGuarda recebidas: 90 dias · feitas: para sempre",
      ...["12", "1", "3", "9", "2", "1"],
    ]);
    expect(cells(messages)[0], "who leaves one has called").toBe("Recados de vozGuarda 90 dias");
  });

  it("goes in the order that is shown, and at once by hand, after asking", async () => {
    showWith(<RetentionPage />);
    const line = await screen.findByTestId("scheduled");
    await waitFor(() => expect(line.textContent).toContain("Recado de voz · Vendas · sem departamento"));
    expect(within(line).getByTestId("scheduled-when").textContent).toContain("2099");
    expect(within(line).getByRole("link").getAttribute("href")).toBe(`/history?call=${CALL}`);
    await userEvent.click(within(line).getByRole("button", { name: "Apagar o recado de voz" }));
    expect(
      api.asked.some((one) => one.startsWith("DELETE")),
      "it asks first",
    ).toBe(false);
    api.answers["GET /retention/schedule"] = { lines: [], more: false };
    await userEvent.click(screen.getByTestId("sure-yes"));
    expect(await screen.findByTestId("schedule-none")).toBeTruthy();
    expect(api.asked.filter((one) => one.startsWith("DELETE"))).toEqual([`DELETE /calls/${CALL}/message`]);
  });

  it("is put on hold, and what somebody else put on hold is said", async () => {
    api.answers[`DELETE /calls/${CALL}/message`] = () =>
      Response.json({ error: { code: "on_hold", message: "…" } }, { status: 409 });
    showWith(<RetentionPage />);
    const line = await screen.findByTestId("scheduled");
    await userEvent.click(within(line).getByTestId("erase"));
    await userEvent.click(screen.getByTestId("sure-yes"));
    expect((await screen.findByTestId("deed-trouble")).textContent).toContain("retido por ordem legal");
    api.answers["GET /retention/schedule"] = { lines: [{ ...MESSAGE, legal_hold: true }], more: false };
    await userEvent.click(within(line).getByTestId("hold"));
    await waitFor(() => expect(within(line).getByText("Retido por ordem legal")).toBeTruthy());
    expect(api.bodiesOf(`PUT /calls/${CALL}/message/hold`)).toEqual([{ on: true }]);
    expect(within(line).queryByTestId("erase"), "it has to be let go first").toBeNull();
  });

  it("that is held with its call's recording is not let go here", async () => {
    const held = { ...MESSAGE, legal_hold: true, with_recording: true };
    api.answers["GET /retention/schedule"] = { lines: [held, { ...MESSAGE, thing: "meta" }], more: true };
    showWith(<RetentionPage />);
    const [line, metas] = (await screen.findAllByTestId("scheduled")) as [HTMLElement, HTMLElement];
    expect(metas.textContent).toContain("Gravação da Meta");
    expect(within(metas).queryByRole("button"), "it goes by itself alone").toBeNull();
    expect((within(line).getByTestId("hold") as HTMLButtonElement).disabled).toBe(true);
    expect(line.textContent).toContain("Retido com a gravação");
    expect(screen.getByText("Só os primeiros 2 aparecem.")).toBeTruthy();
  });

  it("that is due goes within minutes, and what has no day stays", () => {
    const now_s = Date.parse("2026-11-26T12:00:00Z") / 1000;
    expect(dueText(i18next.t, "2026-11-26T11:59:00Z", now_s, "pt-BR")).toBe("Será apagado em minutos");
    expect(dueText(i18next.t, null, now_s, "pt-BR")).toBe("Não será apagado sozinho");
    expect(dueText(i18next.t, "2026-12-26T12:00:00Z", now_s, "pt-BR")).not.toContain("2026");
  });
});
