import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { chooseLanguage, startTranslations } from "../i18n";
import { aroundNav } from "../shell/leaving";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { PlanPage } from "./PlanPage";
import { NO_TEXTS, newStep, type Plan } from "./plan";
import type { StoredPlan } from "./plans";

const USUAL: Plan = {
  start: "ring",
  steps: { ring: { ...newStep("ring", "end"), for_s: 25 } as Plan["steps"][string], end: newStep("hang_up", "end") },
  closed: null,
  goodbye: null,
  language: "pt-BR",
  transfer_prompt: null,
  texts: NO_TEXTS,
};
const NOTHING_STORED: StoredPlan = {
  version: 0,
  plan: null,
  usual: USUAL,
  readable: true,
  closed_unheard: false,
  problems: [],
  changed_at: null,
  changed_by: null,
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
    "GET /numbers/7/plan": NOTHING_STORED,
    "GET /departments": { departments: [{ id: 1, name: "Atendimento" }] },
    "GET /presence": { agents: [{ agent_id: 5, name: "Ana" }] },
    "GET /prompts": {
      shipped: [{ id: "greeting", languages: ["pt-BR"], duration_ms: 5_000, loops: false }],
      uploaded: [],
    },
    "POST /numbers/7/plan/check": { problems: [] },
  });
});

async function opens(): Promise<ReturnType<typeof memoryLocation>> {
  const location = memoryLocation({ path: "/numbers/7/plan", record: true });
  showWith(
    <Router hook={location.hook} aroundNav={aroundNav}>
      <Route path="/numbers/:id/plan" component={PlanPage} />
    </Router>,
  );
  await screen.findByTestId("save-bar");
  return location;
}

async function addsAnAnnouncement(): Promise<void> {
  await userEvent.selectOptions(screen.getByTestId("add-step"), "announce");
  await waitFor(() => expect(screen.getByTestId("plan-check").dataset.state).toBe("checked"));
}

describe("the editor of a plan", () => {
  it("begins with what the number does by itself, as a list that says the same as the drawing", async () => {
    await opens();
    expect(screen.getByTestId("plan-standing").textContent).toContain("ainda não tem plano próprio");
    const [ring, end] = screen.getAllByTestId("list-step");
    expect(ring?.textContent).toContain("Início");
    expect(ring?.parentElement?.textContent).toContain("após 25 s → Desligar (end)");
    expect(end?.textContent).toContain("Ninguém atendeu");
    expect(screen.getByTestId<HTMLButtonElement>("save").disabled).toBe(true);
  });

  it("saves whole with the version that was read", async () => {
    await opens();
    await addsAnAnnouncement();
    const saved = { ...NOTHING_STORED, version: 1, changed_by: "Rosa", changed_at: "2026-11-25T12:00:00Z" };
    api.answers["PUT /numbers/7/plan"] = (body: { plan: Plan }) => ({ ...saved, plan: body.plan });
    await userEvent.click(screen.getByTestId("save"));
    await waitFor(() => expect(screen.getByTestId("save-state").textContent).toContain("Salvo."));
    const { version, plan } = api.bodiesOf("PUT /numbers/7/plan")[0] as { version: number; plan: Plan };
    expect(version).toBe(0);
    expect(plan.steps.ring).toMatchObject({ then: "announce" });
    expect(plan.steps.announce).toMatchObject({ kind: "announce", then: "end" });
  });

  it("says what is wrong beside the field, at the step and by the button, which then leads there", async () => {
    await opens();
    api.answers["POST /numbers/7/plan/check"] = {
      problems: [{ step: "ring", field: "for_s", code: "past_the_window" }],
    };
    fireEvent.change(screen.getByTestId("field-for_s"), { target: { value: "90" } });
    const problem = await screen.findByTestId("plan-problem");
    expect(problem.textContent).toContain("O toque passa de 25 s");
    expect(screen.getByTestId("field-for_s").getAttribute("aria-invalid")).toBe("true");
    expect(
      within(screen.getAllByTestId("list-step")[0] as HTMLElement).getByText("1 problema para resolver"),
    ).toBeTruthy();
    await userEvent.click(screen.getAllByTestId("list-step")[1] as HTMLElement);
    expect(screen.getByTestId("step-form").dataset.step).toBe("end");
    await userEvent.click(screen.getByTestId("save"));
    expect(api.bodiesOf("PUT /numbers/7/plan")).toEqual([]);
    expect(screen.getByTestId("step-form").dataset.step).toBe("ring");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("field-for_s")));
  });

  it("has the texts for the chat in each language, with what is wrong beside them", async () => {
    await opens();
    const checked = { step: null, field: "texts.greeting.en", code: "text_too_long" };
    api.answers["POST /numbers/7/plan/check"] = { problems: [checked] };
    await userEvent.selectOptions(screen.getByTestId("texts-language"), "en");
    await userEvent.type(screen.getByTestId("text-greeting"), "Hi!");
    expect(screen.getByTestId("plan-texts").textContent).toContain("3 de 1.024 caracteres");
    expect(await screen.findByText("Longo demais: no máximo 1.024 caracteres.", { selector: "p[id]" })).toBeTruthy();
    await userEvent.selectOptions(screen.getByTestId("texts-language"), "pt-BR");
    expect(screen.getByTestId<HTMLTextAreaElement>("text-greeting").value).toBe("");
    api.answers["POST /numbers/7/plan/check"] = { problems: [] };
    await userEvent.type(screen.getByTestId("text-out_of_hours"), "Abrimos às 9 h.");
    await waitFor(() => expect(screen.getByTestId("plan-check").dataset.problems).toBe("0"));
    await userEvent.click(screen.getByTestId("save"));
    await waitFor(() => expect(api.bodiesOf("PUT /numbers/7/plan")).toHaveLength(1));
    const [saved] = api.bodiesOf("PUT /numbers/7/plan") as { plan: Plan }[];
    expect(saved?.plan.texts).toEqual({
      ...NO_TEXTS,
      greeting: { en: "Hi!" },
      out_of_hours: { "pt-BR": "Abrimos às 9 h." },
    });
  });

  it("keeps what was done when saving fails, and undoes it when asked", async () => {
    await opens();
    await addsAnAnnouncement();
    api.answers["PUT /numbers/7/plan"] = () => new Response("", { status: 502 });
    await userEvent.click(screen.getByTestId("save"));
    expect((await screen.findByTestId("save-trouble")).textContent).toContain("O que você fez continua aqui");
    expect(screen.getAllByTestId("list-step")).toHaveLength(3);
    await userEvent.click(screen.getByTestId("undo"));
    expect(screen.getAllByTestId("list-step")).toHaveLength(2);
    await userEvent.click(screen.getByTestId("redo"));
    expect(screen.getAllByTestId("list-step")).toHaveLength(3);
  });

  it("tells who has saved meanwhile, shows theirs, and brings mine back", async () => {
    await opens();
    await addsAnAnnouncement();
    const theirs = {
      ...NOTHING_STORED,
      version: 4,
      plan: { ...USUAL, language: "es" },
      changed_by: "Davi",
      changed_at: "2026-11-25T12:00:00Z",
    };
    api.answers["PUT /numbers/7/plan"] = () =>
      Response.json({ error: { code: "changed_meanwhile", version: 4 } }, { status: 409 });
    api.answers["GET /numbers/7/plan"] = theirs;
    await userEvent.click(screen.getByTestId("save"));
    const meanwhile = await screen.findByTestId("meanwhile");
    expect(meanwhile.textContent).toContain("Davi salvou outra versão");
    expect(screen.getByTestId("meanwhile-differences").textContent).toContain("idioma");
    await userEvent.click(screen.getByTestId("meanwhile-theirs"));
    expect(screen.getAllByTestId("list-step")).toHaveLength(2);
    expect(screen.getByTestId<HTMLSelectElement>("plan-language").value).toBe("es");
    await userEvent.click(screen.getByTestId("undo"));
    expect(screen.getAllByTestId("list-step")).toHaveLength(3);
    api.answers["PUT /numbers/7/plan"] = (body: { plan: Plan }) => ({ ...theirs, version: 5, plan: body.plan });
    await userEvent.click(screen.getByTestId("save"));
    await waitFor(() => expect(screen.getByTestId("save-state").textContent).toContain("Salvo."));
    expect(api.bodiesOf("PUT /numbers/7/plan").at(-1)).toMatchObject({ version: 4 });
  });

  it("asks before it is left with something unsaved", async () => {
    const location = await opens();
    await addsAnAnnouncement();
    await userEvent.click(screen.getByTestId("tab-hours"));
    await userEvent.click(await screen.findByTestId("leaving-stay"));
    expect(location.history.at(-1)).toBe("/numbers/7/plan");
    expect(screen.getAllByTestId("list-step")).toHaveLength(3);
    await userEvent.click(screen.getByTestId("tab-hours"));
    await userEvent.click(await screen.findByTestId("leaving-leave"));
    expect(location.history.at(-1)).toBe("/numbers/7/hours");
    act(() => location.navigate("/numbers/7/plan"));
    expect(await screen.findAllByTestId("list-step")).toHaveLength(2); // it was left on purpose
  });

  it("is as it was when the browser's own button led away and back", async () => {
    const location = await opens();
    await addsAnAnnouncement();
    act(() => location.navigate("/")); // as the browser does it: nobody asks
    await waitFor(() => expect(screen.queryByTestId("save-bar")).toBeNull());
    act(() => location.navigate("/numbers/7/plan"));
    expect(await screen.findByTestId("plan-kept")).toBeTruthy();
    expect(screen.getAllByTestId("list-step")).toHaveLength(3);
    await userEvent.click(screen.getByTestId("undo"));
    expect(screen.queryByTestId("plan-kept")).toBeNull();
  });

  it("shows the walk of a simulated caller in words, and at the steps they came to", async () => {
    await opens();
    const moment = { prompts: [], agents: [], key: null, text: null, step: null };
    api.answers["POST /numbers/7/plan/try"] = {
      walk: [
        { ...moment, at_s: 0, kind: "step", step: "ring" },
        { ...moment, at_s: 0, kind: "rings", agents: [5] },
        { ...moment, at_s: 25, kind: "step", step: "end" },
        { ...moment, at_s: 25, kind: "rejected" },
      ],
      outcome: "missed",
      ended_by: "gateway",
      reason: "nobody_answered",
      is_open: true,
      accepted_at_s: null,
      ended_at_s: 25,
      complete: true,
    };
    await userEvent.click(screen.getByTestId("trial-agent-add"));
    await userEvent.click(screen.getByTestId("trial-run"));
    const walk = await screen.findByTestId("walk");
    expect(walk.textContent).toContain("A chamada nunca é atendida");
    expect(within(walk).getByText("Toca para Ana")).toBeTruthy();
    expect(api.bodiesOf("POST /numbers/7/plan/try")[0]).toMatchObject({ plan: USUAL, agents: [{ agent_id: 5 }] });
    expect(screen.getAllByTestId("list-step").map((step) => step.parentElement?.dataset.walked)).toEqual([
      "true",
      "true",
    ]);
    await userEvent.selectOptions(screen.getByTestId("plan-language"), "en");
    expect(walk.textContent).toContain("O plano mudou desde esta experiência");
  });
});

it("whoever is no administrator is told which role is missing, and asks the gateway for nothing", async () => {
  api.answers["GET /session"] = { me: { agent_id: 2, name: "Sara", role: "supervisor" } };
  const location = memoryLocation({ path: "/numbers/7/plan" });
  showWith(
    <Router hook={location.hook}>
      <Route path="/numbers/:id/plan" component={PlanPage} />
    </Router>,
  );
  expect((await screen.findByTestId("grant-missing")).textContent).toContain("Falta o papel de administrador");
  expect(api.asked.filter((asked) => !asked.startsWith("GET /session"))).toEqual([]);
});
