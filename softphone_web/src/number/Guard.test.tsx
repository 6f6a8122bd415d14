import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import "../i18n/administrators";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { Guard } from "./Guard";
import type { StoredGuard } from "./guard";

const PATH = "/numbers/7/pickup-guard";
const OFF: StoredGuard = {
  version: 0,
  enabled: false,
  hide_icon: false,
  shorten_hours: false,
  warn_below_percent: 80,
  hide_below_percent: 50,
  least_calls: 10,
  look_back_h: 24,
  nobody_for_s: 300,
  back_for_s: 60,
  able: 2,
  offered: 0,
  picked_up: 0,
  percent: null,
  can_shorten: false,
  icon_hidden: false,
  closed_today: false,
  acts: [],
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({ [`GET ${PATH}`]: OFF });
});

describe("the pick-up guard", () => {
  it("is off until somebody allows it, and says what it did and why", async () => {
    const at = "2026-11-25T12:00:00Z";
    api.answers[`PUT ${PATH}`] = {
      ...OFF,
      version: 1,
      enabled: true,
      hide_icon: true,
      offered: 10,
      picked_up: 4,
      percent: 40,
      icon_hidden: true,
      acts: [{ at, did: "hid_icon", cause: "low_pickup", able: 2, offered: 10, picked_up: 4 }],
    };
    showWith(<Guard number={7} />);
    expect((await screen.findByTestId("guard-figures")).textContent).toContain("Nenhuma chamada");
    await userEvent.click(screen.getByTestId("guard-enabled"));
    await userEvent.click(screen.getByTestId("guard-hide-icon"));
    await userEvent.click(screen.getByTestId("save-guard"));
    await waitFor(() => expect(screen.getByTestId("guard-acting").textContent).toContain("o botão está escondido"));
    expect(screen.getByTestId("guard-acts").textContent).toContain("Escondeu o botão: poucas chamadas atendidas.");
    expect(screen.getByTestId("guard-figures").textContent).toContain("4 de 10 chamadas (40 %)");
    expect(api.bodiesOf(`PUT ${PATH}`)).toMatchObject([
      { version: 0, enabled: true, hide_icon: true, least_calls: 10 },
    ]);
  });

  it("keeps what was typed when it is refused, and says so beside the field", async () => {
    const problems = [{ field: "hide_below_percent", code: "above_warning" }];
    api.answers[`PUT ${PATH}`] = () => Response.json({ error: { code: "invalid", problems } }, { status: 422 });
    showWith(<Guard number={7} />);
    const field = (await screen.findByTestId("guard-hide_below_percent")) as HTMLInputElement;
    await userEvent.clear(field);
    await userEvent.type(field, "90");
    await userEvent.click(screen.getByTestId("save-guard"));
    await screen.findByText("Não pode ser mais que o do aviso.");
    expect(field.value).toBe("90");
  });
});
