import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { HoursPage } from "./HoursPage";
import type { StoredHours } from "./hours";
import { changesOf, draftOf, gapsOf, nextSpan, type Schedule, scheduleOf } from "./schedule";

const OFFICE = [{ opens_min: 480, closes_min: 720 }];
const SCHEDULE: Schedule = {
  zone: "America/Sao_Paulo",
  weekly: [OFFICE, OFFICE, OFFICE, OFFICE, [{ opens_min: 480, closes_min: 1_440 }], [], []],
  special_days: [{ on: "2026-12-25", spans: [], name: "Natal" }],
};
const STORED: StoredHours = {
  version: 2,
  schedule: SCHEDULE,
  readable: true,
  tell_meta: true,
  at_meta: { state: "same", at: "2026-11-25T12:00:00Z", differences: [], failure: null },
  is_open: true,
  next_opening: null,
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
    "GET /numbers/7/schedule": STORED,
    "POST /numbers/7/schedule/check": { problems: [] },
  });
});

async function opens(): Promise<void> {
  const location = memoryLocation({ path: "/numbers/7/hours" });
  showWith(
    <Router hook={location.hook}>
      <Route path="/numbers/:id/hours" component={HoursPage} />
    </Router>,
  );
  await screen.findByTestId("save-bar");
}

describe("hours", () => {
  it("are typed as clock times and sent as minutes; midnight is the end of the day", () => {
    const draft = draftOf(SCHEDULE, true, "UTC");
    expect(draft.weekly[4]).toEqual([{ opens: "08:00", closes: "00:00" }]);
    expect(scheduleOf(draft)).toEqual(SCHEDULE);
    expect(scheduleOf({ ...draft, always: true })).toBeNull();
    expect(nextSpan([{ opens: "08:00", closes: "12:00" }])).toEqual({ opens: "13:00", closes: "17:00" });
  });

  it("name what is not filled in, and what differs from what is saved", () => {
    const draft = draftOf(SCHEDULE, true, "UTC");
    const typing = { ...draft, weekly: draft.weekly.with(1, [{ opens: "", closes: "12:00" }]), tell: false };
    expect(gapsOf(typing)).toEqual([{ field: "weekly.tuesday", code: "missing" }]);
    expect(gapsOf({ ...draft, special: [{ on: "", name: "", spans: [] }] })[0]?.field).toBe("special_days.");
    expect(changesOf(draft, typing)).toEqual(["tuesday", "tell"]);
    expect(changesOf(draft, { ...draft, always: true })).toEqual(["always"]);
  });
});

describe("the page of a number's hours", () => {
  it("saves whole, with what is wrong said beside its day before", async () => {
    await opens();
    api.answers["POST /numbers/7/schedule/check"] = { problems: [{ field: "weekly.monday", code: "overlap" }] };
    const monday = screen.getByTestId("day-monday");
    await userEvent.click(within(monday).getByTestId("span-add"));
    await waitFor(() => expect(within(monday).getByTestId("span-problem").textContent).toContain("se sobrepõem"));
    await userEvent.click(screen.getByTestId("save"));
    expect(api.bodiesOf("PUT /numbers/7/schedule")).toEqual([]);
    api.answers["POST /numbers/7/schedule/check"] = { problems: [] };
    fireEvent.change(within(monday).getAllByTestId("span-opens")[1] as HTMLElement, { target: { value: "14:00" } });
    fireEvent.change(within(monday).getAllByTestId("span-closes")[1] as HTMLElement, { target: { value: "18:00" } });
    await waitFor(() => expect(screen.getByTestId("hours-check").dataset.problems).toBe("0"));
    await waitFor(() => expect(screen.getByTestId("hours-check").textContent).toContain("Pode ser salvo"));
    api.answers["PUT /numbers/7/schedule"] = (body: { schedule: Schedule }) => ({
      ...STORED,
      version: 3,
      schedule: body.schedule,
      at_meta: { ...STORED.at_meta, state: "failed", failure: "meta.190" },
    });
    await userEvent.click(screen.getByTestId("save"));
    await waitFor(() => expect(screen.getByTestId("save-state").textContent).toContain("Salvo."));
    const monday_sent = [...OFFICE, { opens_min: 840, closes_min: 1_080 }];
    expect(api.bodiesOf("PUT /numbers/7/schedule")).toEqual([
      { version: 2, tell_meta: true, schedule: { ...SCHEDULE, weekly: SCHEDULE.weekly.with(0, monday_sent) } },
    ]);
    expect(screen.getByTestId("meta-failure").textContent).toContain("O acesso ao WhatsApp expirou");
  });

  it("takes no calls of customers any more, at once and without saving", async () => {
    api.answers["PUT /numbers/7/inbound"] = { enabled: false };
    await opens();
    await userEvent.click(screen.getByTestId("hours-inbound"));
    await waitFor(() => expect(api.bodiesOf("PUT /numbers/7/inbound")).toEqual([{ enabled: false }]));
    expect(screen.getByTestId("save-bar").dataset.unsaved).toBe("false");
  });

  it("shows what Meta has that differs, and sends ours when asked", async () => {
    const differences = [{ place: "weekly.monday", ours: "0800-1200", metas: "0900-1200" }];
    api.answers["GET /numbers/7/schedule"] = {
      ...STORED,
      at_meta: { state: "different", at: "2026-11-25T12:00:00Z", differences, failure: null },
    };
    api.answers["POST /numbers/7/schedule/sync"] = STORED;
    await opens();
    const row = within(screen.getByTestId("at-meta")).getByRole("row", { name: /Segunda/ });
    expect(row.textContent).toBe("Segunda0800-12000900-1200");
    await userEvent.click(screen.getByTestId("tell-meta"));
    await waitFor(() => expect(screen.getByTestId("at-meta").dataset.state).toBe("same"));
  });
});
