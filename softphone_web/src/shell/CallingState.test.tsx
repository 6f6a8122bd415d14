import { screen } from "@testing-library/react";
import { beforeAll, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { CallingState } from "./CallingState";

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

function told(calling: "enabled" | "not_enabled"): FakeApi {
  return new FakeApi({ "GET /capacity": { at: "", calling, numbers: [], process: null } });
}

it("says to everybody that calling is not enabled here, and who can change it", async () => {
  told("not_enabled");
  showWith(<CallingState me={{ role: "agent" }} />);
  const words = (await screen.findByTestId("calling-not-enabled")).textContent;
  expect(words).toContain("Chamadas não estão ativadas aqui: nenhum número está ativo.");
  expect(words).toContain("Um administrador pode ativar um número.");
});

it("leads an administrator to where it is changed", async () => {
  told("not_enabled");
  showWith(<CallingState me={{ role: "administrator" }} />);
  const way = await screen.findByRole("link", { name: "Ative ou adicione um número." });
  expect(way.getAttribute("href")).toBe("/numbers");
});

it("says nothing while a number is enabled", async () => {
  const api = told("enabled");
  showWith(<CallingState me={{ role: "agent" }} />);
  await expect.poll(() => api.asked).toEqual(["GET /capacity"]);
  expect(screen.queryByTestId("calling-not-enabled")).toBeNull();
});
