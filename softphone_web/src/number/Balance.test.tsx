import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import "../i18n/administrators";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { Balance } from "./Balance";
import type { StoredBalance } from "./balance";
import { isLess, readAmount, writeAmount } from "./decimal";

const PATH = "/numbers/7/balance";
const OFF: StoredBalance = {
  version: 0,
  changed_at: null,
  changed_by: null,
  enabled: false,
  floor: "10",
  hard: false,
  inbound: true,
  outbound: true,
  standing: "off",
  amount: null,
  currency: null,
  told_at: null,
  told_by: null,
  known_until: null,
};
const HELD: StoredBalance = {
  ...OFF,
  version: 2,
  changed_at: "2026-11-25T12:00:00Z",
  changed_by: "Ana",
  amount: "9.995000000000",
  currency: "USD",
  told_at: "2026-11-25T12:00:00Z",
  told_by: "Faturamento",
  known_until: "2999-01-01T00:00:00Z",
};

let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({ [`GET ${PATH}`]: OFF });
});

describe("an exact decimal", () => {
  it("is read and shown digit by digit as the language writes it, and nothing else is one", () => {
    expect(readAmount(" 9,995000000000 ", "pt-BR")).toBe("9.995000000000");
    expect(readAmount("9.995", "en")).toBe("9.995");
    expect(writeAmount("-0.10", "es")).toBe("-0,10");
    for (const wrong of ["1.000", "1.000,00", "1e3", "", ",5", "5,", "1,0000000000001", "R$ 5"]) {
      expect(readAmount(wrong, "pt-BR"), wrong).toBeNull();
    }
    expect(readAmount("1,000", "en")).toBeNull();
  });

  it("is compared exactly, where a number of the browser's would not be", () => {
    expect(isLess("9999999999999.999999999998", "9999999999999.999999999999")).toBe(true);
    expect(isLess("10", "10.000")).toBe(false);
    expect(isLess("-0.5", "-0.25")).toBe(true);
    expect(isLess("9.9", "10")).toBe(true);
  });
});

describe("the balance of a number", () => {
  it("is told by hand in exact digits, and a wrong one is said beside the field", async () => {
    api.answers[`PUT ${PATH}`] = HELD;
    showWith(<Balance number={7} />);
    const amount = (await screen.findByTestId("balance-tell-amount")) as HTMLInputElement;
    await userEvent.type(amount, "9.995");
    await userEvent.type(screen.getByTestId("balance-tell-currency"), "usd");
    await userEvent.click(screen.getByTestId("balance-tell"));
    await screen.findByText(/Um valor exato/);
    expect(amount.value).toBe("9.995");
    await userEvent.clear(amount);
    await userEvent.type(amount, "9,995000000000");
    await userEvent.click(screen.getByTestId("balance-tell"));
    await waitFor(() => expect(screen.getByTestId("balance-amount").textContent).toBe("9,995000000000 USD"));
    expect(screen.getByTestId("balance-held").textContent).toContain("por Faturamento");
    expect(api.bodiesOf(`PUT ${PATH}`)).toEqual([{ amount: "9.995000000000", currency: "USD" }]);
  });

  it("says what a guard will refuse before it is saved, and who changed it last", async () => {
    api.answers[`GET ${PATH}`] = HELD;
    api.answers[`PUT ${PATH}/guard`] = { ...HELD, version: 3, enabled: true, hard: true, standing: "low" };
    showWith(<Balance number={7} />);
    await userEvent.click(await screen.findByTestId("balance-enabled"));
    expect(screen.queryByTestId("balance-effect")).toBeNull();
    await userEvent.selectOptions(screen.getByTestId("balance-below"), "hard");
    expect(screen.getByTestId("balance-effect").textContent).toContain("de clientes e para clientes");
    expect(screen.getByTestId("balance-changed").textContent).toContain("por Ana");
    await userEvent.click(screen.getByTestId("save-balance"));
    await waitFor(() => expect(screen.getByTestId("balance-standing").textContent).toBe("Abaixo do mínimo."));
    expect(api.bodiesOf(`PUT ${PATH}/guard`)).toEqual([
      { version: 2, enabled: true, floor: "10", hard: true, inbound: true, outbound: true },
    ]);
  });

  it("keeps what was typed when somebody else was quicker", async () => {
    api.answers[`PUT ${PATH}/guard`] = () => Response.json({ error: { code: "changed_meanwhile" } }, { status: 409 });
    showWith(<Balance number={7} />);
    const floor = (await screen.findByTestId("balance-floor")) as HTMLInputElement;
    await userEvent.clear(floor);
    await userEvent.type(floor, "12,5");
    await userEvent.click(screen.getByTestId("save-balance"));
    expect((await screen.findByTestId("balance-trouble")).textContent).toContain("Outra pessoa");
    expect(floor.value).toBe("12,5");
  });
});
