import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { PoliciesPage } from "./PoliciesPage";
import type { StoredPolicies } from "./policies";
import { differing, gapsOf, NEW_RULE, same } from "./rules";

const STORED: StoredPolicies = {
  version: 2,
  rules: [{ ...NEW_RULE, when: "always", keep_days: 30 }],
  readable: true,
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
    "GET /departments": { departments: [{ id: 1, name: "Atendimento" }] },
    "GET /numbers/7/recording": STORED,
  });
});

async function opens(): Promise<void> {
  const location = memoryLocation({ path: "/numbers/7/recording" });
  showWith(
    <Router hook={location.hook}>
      <Route path="/numbers/:id/recording" component={PoliciesPage} />
    </Router>,
  );
  await screen.findByTestId("save-bar");
}

describe("rules", () => {
  it("are one for each kind of call, with days and seconds that make sense", () => {
    const sales = { ...NEW_RULE, department_id: 1 };
    expect(gapsOf([NEW_RULE, sales, { ...NEW_RULE, keep_days: 0 }, { ...sales, answer_s: 31 }])).toEqual([
      [],
      [],
      ["twice", "keep_days"],
      ["twice", "answer_s"],
    ]);
    expect(same([NEW_RULE], [{ ...NEW_RULE }])).toBe(true);
    expect(differing([NEW_RULE, sales], [NEW_RULE, { ...sales, hold: true }])).toEqual([1]);
  });
});

describe("the page of a number's recording policies", () => {
  it("saves them whole, with the version that was read, and not while one is there twice", async () => {
    await opens();
    await userEvent.click(screen.getByTestId("policy-add"));
    const [, added] = screen.getAllByTestId("policy");
    if (added === undefined) throw new Error("no second policy");
    expect(within(added).getByText("Já há uma regra para estas chamadas.")).toBeTruthy();
    await userEvent.click(screen.getByTestId("save"));
    expect(api.bodiesOf("PUT /numbers/7/recording")).toEqual([]);
    await userEvent.selectOptions(within(added).getByTestId("policy-department"), "Atendimento");
    await userEvent.click(within(added).getByTestId("policy-queue"));
    api.answers["PUT /numbers/7/recording"] = (body: { rules: StoredPolicies["rules"] }) => ({
      ...STORED,
      version: 3,
      rules: body.rules,
    });
    await userEvent.click(screen.getByTestId("save"));
    await waitFor(() => expect(screen.getByTestId("save-state").textContent).toContain("Salvo."));
    const rules = [...STORED.rules, { ...NEW_RULE, department_id: 1, queue: true }];
    expect(api.bodiesOf("PUT /numbers/7/recording")).toEqual([{ version: 2, rules }]);
  });

  it("tells who wrote meanwhile, keeps what was typed, and writes over it only when told to", async () => {
    await opens();
    await userEvent.click(screen.getByTestId("policy-hold"));
    api.answers["PUT /numbers/7/recording"] = () =>
      Response.json({ error: { code: "changed_meanwhile", version: 3 } }, { status: 409 });
    api.answers["GET /numbers/7/recording"] = {
      ...STORED,
      version: 3,
      rules: [],
      changed_by: "Bruno",
      changed_at: "2026-11-25T12:00:00Z",
    };
    await userEvent.click(screen.getByTestId("save"));
    expect((await screen.findByTestId("meanwhile")).textContent).toContain("Bruno");
    expect((screen.getByTestId("policy-hold") as HTMLInputElement).checked).toBe(true);
    api.answers["PUT /numbers/7/recording"] = { ...STORED, version: 4 };
    await userEvent.click(screen.getByTestId("meanwhile-mine"));
    await waitFor(() => expect(screen.queryByTestId("meanwhile")).toBeNull());
    const [mine, again] = api.bodiesOf("PUT /numbers/7/recording") as { version: number; rules: unknown }[];
    expect([mine?.version, again?.version]).toEqual([2, 3]);
    expect(again?.rules).toEqual(mine?.rules);
  });
});
