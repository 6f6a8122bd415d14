import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { JobsPage } from "./JobsPage";
import type { Job } from "./jobs";

const CALL = "c".repeat(32);
const FAILED: Job = {
  id: 9,
  kind: "recording",
  subject: CALL,
  state: "failed",
  step: null,
  progress: null,
  attempts: 20,
  last_error: "vault_unreachable",
  created_at: "2026-11-25T12:00:00Z",
  next_at: "2026-11-25T12:00:00Z",
};
const WAITING: Job = { ...FAILED, id: 8, kind: "transcribe", state: "waiting", attempts: 1, last_error: "strange" };
const RUNNING: Job = { ...FAILED, id: 7, kind: "new_kind", state: "running", progress: 0.5, last_error: null };
const COUNTS = { waiting: 1, running: 1, failed: 1 };

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({
    "GET /session": { me: { agent_id: 9, name: "Rosa", role: "administrator" } },
    "GET /jobs": {
      jobs: [FAILED, { ...WAITING, next_at: "2099-01-01T00:00:00Z" }, RUNNING],
      next: null,
      counts: COUNTS,
    },
  });
});

describe("jobs", () => {
  it("say what they are, why the last attempt failed and when the next is", async () => {
    showWith(<JobsPage />);
    const [failed, waiting, running] = await screen.findAllByTestId("job");
    if (failed === undefined || waiting === undefined || running === undefined) throw new Error("three jobs");
    expect(failed.textContent).toContain("Preparar a gravação");
    expect(failed.textContent).toContain("20 tentativas");
    expect(within(failed).getByTestId("job-reason").textContent).toContain("não responde");
    expect(failed.textContent).toContain("Desistimos");
    expect(within(failed).getByRole("link").getAttribute("href")).toBe(`/history?call=${CALL}`);
    expect(within(waiting).getByTestId("job-about").textContent).toContain("Próxima tentativa");
    expect(within(waiting).getByTestId("job-reason").textContent).toContain("código strange");
    expect(running.textContent).toContain("Trabalho new_kind");
    expect(running.textContent).toContain("50%");
    expect(within(running).queryByTestId("job-retry"), "somebody is at it").toBeNull();
  });

  it("are tried again by hand", async () => {
    api.answers["POST /jobs/9/retry"] = { ...FAILED, state: "waiting" };
    showWith(<JobsPage />);
    const [failed] = await screen.findAllByTestId("job");
    if (failed === undefined) throw new Error("a job");
    await userEvent.click(within(failed).getByRole("button", { name: "Tentar agora: Preparar a gravação" }));
    await waitFor(() => expect(api.asked.some((one) => one.includes("POST /jobs/9/retry"))).toBe(true));
  });

  it("that somebody was quicker with are said to be gone", async () => {
    showWith(<JobsPage />);
    const [failed] = await screen.findAllByTestId("job");
    if (failed === undefined) throw new Error("a job");
    await userEvent.click(within(failed).getByTestId("job-retry"));
    expect((await within(failed).findByRole("alert")).textContent).toContain("não existe mais");
  });

  it("are shown by state, with how many there are of each, page by page", async () => {
    showWith(<JobsPage />);
    await screen.findAllByTestId("job");
    expect(screen.getByTestId("jobs-all").textContent).toBe("Todos · 3");
    api.answers["GET /jobs"] = { jobs: [FAILED], next: 9, counts: COUNTS };
    await userEvent.click(screen.getByTestId("jobs-failed"));
    await waitFor(() => expect(screen.getAllByTestId("job").length).toBe(1));
    expect(screen.getByTestId("jobs-failed").getAttribute("aria-pressed")).toBe("true");
    api.answers["GET /jobs"] = { jobs: [{ ...FAILED, id: 3 }], next: null, counts: COUNTS };
    await userEvent.click(await screen.findByTestId("jobs-more"));
    await waitFor(() => expect(screen.getAllByTestId("job").length).toBe(2));
    expect(screen.queryByTestId("jobs-more")).toBeNull();
  });

  it("none at all are said, too", async () => {
    api.answers["GET /jobs"] = { jobs: [], next: null, counts: { waiting: 0, running: 0, failed: 0 } };
    showWith(<JobsPage />);
    expect((await screen.findByTestId("jobs-none")).textContent).toContain("nada falhou");
  });
});
