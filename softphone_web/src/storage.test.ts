import { afterEach, describe, expect, it, vi } from "vitest";
import { firstLanguage } from "./i18n";
import { browserStorage, tabStorage } from "./storage";

afterEach(() => vi.restoreAllMocks());

describe("what this browser remembers", () => {
  it("is the browser's own storage", () => {
    expect(browserStorage()).toBe(localStorage);
    expect(tabStorage()).toBe(sessionStorage);
  });

  it("is remembered until the frame goes where the browser denies it", () => {
    for (const kind of ["localStorage", "sessionStorage"] as const) {
      vi.spyOn(window, kind, "get").mockImplementation(() => {
        throw new DOMException("Access is denied for this document.", "SecurityError");
      });
    }
    browserStorage().setItem("ramal.language", "es");
    expect(tabStorage().getItem("ramal.language")).toBeNull();
    expect(firstLanguage(browserStorage().getItem("ramal.language"), [])).toBe("es");
  });
});
