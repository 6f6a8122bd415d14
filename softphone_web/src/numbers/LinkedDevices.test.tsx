import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { LinkedDevices } from "./LinkedDevices";

const OLD = { id: 4, label: "Loja antiga", phone: "5511955550101", note: "Celular aberto dia 20" };
let api: FakeApi;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  api = new FakeApi({ "GET /linked-devices": { devices: [OLD] } });
});

describe("numbers that are connected by QR code", () => {
  it("say that no call is possible, with their note, and have nothing that calls", async () => {
    showWith(<LinkedDevices isAdministrator={false} />);
    const device = await screen.findByTestId("linked-device");
    expect(device.textContent).toBe("Loja antiga+5511955550101Chamadas impossíveisCelular aberto dia 20");
    expect(within(screen.getByTestId("linked-devices")).queryAllByRole("button")).toEqual([]);
    expect(within(screen.getByTestId("linked-devices")).queryAllByRole("link")).toEqual([]);
  });

  it("are written by administrators, and what will not do stands beside its field", async () => {
    api.answers["POST /linked-devices"] = () =>
      Response.json({ error: { code: "exists", problems: [{ field: "phone", code: "exists" }] } }, { status: 409 });
    showWith(<LinkedDevices isAdministrator />);
    await userEvent.click(await screen.findByTestId("device-add"));
    await userEvent.type(screen.getByTestId("device-label"), "Nova");
    await userEvent.type(screen.getByTestId("device-phone"), "+55 11 3333-0000");
    await userEvent.click(screen.getByTestId("device-save"));
    await screen.findByText("Já está na lista ou é um número da API oficial.");
    expect(screen.getByTestId<HTMLInputElement>("device-label").value).toBe("Nova");
    api.answers["POST /linked-devices"] = { ...OLD, id: 5 };
    await userEvent.click(screen.getByTestId("device-save"));
    await waitFor(() => expect(screen.queryByTestId("device-form")).toBeNull());
    expect(api.bodiesOf("POST /linked-devices")).toHaveLength(2);
  });
});
