import { render, screen } from "@testing-library/react";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseLanguage, LANGUAGES, type Language, startTranslations } from "../i18n";
import { ptBR } from "../i18n/pt-BR";
import { CATALOGUE } from "./catalogue";
import { HelpPage } from "./HelpPage";

beforeAll(startTranslations);

describe("the page of help", () => {
  it.each(Object.keys(LANGUAGES) as Language[])(
    "says in %s what WhatsApp cannot do, why limits exist, and every refusal with what helps",
    (language) => {
      chooseLanguage(language);
      render(<HelpPage />);
      expect(screen.getByTestId("help-limits").textContent).toContain("Desktop");
      expect(screen.getByTestId("help-questions").querySelectorAll("dd").length).toBeGreaterThan(4);
      const lines = screen.getAllByTestId("help-refusal");
      expect(lines).toHaveLength(CATALOGUE.length);
      const withdrawn = lines.find((line) => line.dataset.code === "permission.withdrawn");
      expect(withdrawn?.textContent).toContain("138006");
    },
  );

  it("has a line for every refusal that the phone has words for", () => {
    const ofTheGateway = ["not_found", "forbidden", "unavailable"];
    const codes = Object.keys(ptBR.dial.why).filter((key) => !ofTheGateway.includes(key));
    expect(CATALOGUE.map(({ code }) => code.replace(".", "_")).sort()).toEqual(codes.sort());
    const steps = CATALOGUE.flatMap(({ step }) => (step === null ? [] : [step]));
    for (const step of steps) expect(Object.keys(ptBR.dial.step)).toContain(step);
  });
});
