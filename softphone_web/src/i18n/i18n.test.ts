import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { ADMINISTRATORS_TEXTS } from "./administrators";
import { CHECKERS_TEXTS } from "./checkers";
import { en as enAtOnce } from "./en";
import { es as esAtOnce } from "./es";
import { failureText } from "./failure";
import { clockTime, dayOf, moment, roughDuration, timeLeft, timeOfDay } from "./format";
import { HELPERS_TEXTS } from "./helpers";
import { HISTORIANS_TEXTS } from "./historians";
import { chooseLanguage, firstLanguage, LANGUAGES, startTranslations } from "./index";
import { LEADERS_TEXTS } from "./leaders";
import { ptBR as ptBRAtOnce } from "./pt-BR";
import { REPLAYERS_TEXTS } from "./replayers";
import { SYSTEMS_TEXTS } from "./systems";

const ptBR = {
  ...ptBRAtOnce,
  ...ADMINISTRATORS_TEXTS["pt-BR"],
  ...LEADERS_TEXTS["pt-BR"],
  ...REPLAYERS_TEXTS["pt-BR"],
  ...CHECKERS_TEXTS["pt-BR"],
  ...SYSTEMS_TEXTS["pt-BR"],
  ...HISTORIANS_TEXTS["pt-BR"],
  ...HELPERS_TEXTS["pt-BR"],
};
const en = {
  ...enAtOnce,
  ...ADMINISTRATORS_TEXTS.en,
  ...LEADERS_TEXTS.en,
  ...REPLAYERS_TEXTS.en,
  ...CHECKERS_TEXTS.en,
  ...SYSTEMS_TEXTS.en,
  ...HISTORIANS_TEXTS.en,
  ...HELPERS_TEXTS.en,
};
const es = {
  ...esAtOnce,
  ...ADMINISTRATORS_TEXTS.es,
  ...LEADERS_TEXTS.es,
  ...REPLAYERS_TEXTS.es,
  ...CHECKERS_TEXTS.es,
  ...SYSTEMS_TEXTS.es,
  ...HISTORIANS_TEXTS.es,
  ...HELPERS_TEXTS.es,
};

/** `a.b.c` → text, for every text. */
function flat(texts: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") found.set(`${path}${key}`, value);
    else for (const [deep, text] of flat(value, `${path}${key}.`)) found.set(deep, text);
  }
  return found;
}

const sources = import.meta.glob<string>("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });
const pages = Object.entries(sources).filter(([path]) => path.endsWith(".tsx") && !path.includes(".test."));

const languages = { ptBR: flat(ptBR), en: flat(en), es: flat(es) };

describe.each([
  ["English", languages.en],
  ["Spanish", languages.es],
])("%s", (_, texts) => {
  it("has the same texts as Portuguese", () => {
    expect([...texts.keys()].sort()).toEqual([...languages.ptBR.keys()].sort());
  });

  it("leaves no text empty and uses the same placeholders", () => {
    const placeholders = (text: string | undefined) => [...(text ?? "").matchAll(/\{\{\w+\}\}/g)].map(String).sort();
    for (const [key, text] of languages.ptBR) {
      expect(text, key).not.toBe("");
      expect(texts.get(key), key).not.toBe("");
      expect(placeholders(texts.get(key)), key).toEqual(placeholders(text));
    }
  });

  it("differs from the other languages in every sentence", () => {
    for (const other of Object.values(languages).filter((language) => language !== texts)) {
      const same = [...other].filter(([key, text]) => text.includes(" ") && texts.get(key) === text);
      expect(same).toEqual([]);
    }
  });
});

describe("the pages", () => {
  it("are found", () => {
    expect(pages.length).toBeGreaterThan(15);
  });

  it("write no text of their own into labels, titles and placeholders", () => {
    const literal = /\b(aria-label|aria-description|title|placeholder|label|alt|description)=("[^"]*"|\{"[^"]*"\})/g;
    const found = pages.flatMap(([path, source]) => [...source.matchAll(literal)].map(([what]) => `${path}: ${what}`));
    expect(found).toEqual([]);
  });

  it("use every text there is", () => {
    const code = Object.entries(sources)
      .filter(([path]) => !path.includes(".test.") && !/\/(pt-BR|en|es)\.ts$/.test(path))
      .map(([, source]) => source)
      .join("\n");
    // A key is used when it stands in the code, whole or as the stem of a template: `presence.${shown}`.
    const whole = new Set([...code.matchAll(/"([\w.]+)"/g)].map(([, key]) => key));
    const stems = new Set([...code.matchAll(/`([\w.]+)\.\$\{/g)].map(([, stem]) => stem));
    const unused = [...languages.ptBR.keys()].filter((key) => {
      const beginnings = key.split(".").map((_, depth, parts) => parts.slice(0, depth + 1).join("."));
      return !whole.has(key) && !beginnings.some((beginning) => stems.has(beginning));
    });
    expect(unused).toEqual([]);
  });
});

describe("the first language", () => {
  it("is the chosen one, then the browser's, then Portuguese", () => {
    expect(firstLanguage("en", ["pt-BR"])).toBe("en");
    expect(firstLanguage(null, ["de-DE", "en-GB", "pt"])).toBe("en");
    expect(firstLanguage(null, ["pt-PT", "en"])).toBe("pt-BR");
    expect(firstLanguage("klingon", ["de"])).toBe("pt-BR");
    expect(firstLanguage(null, ["es-AR", "en"])).toBe("es");
    expect(firstLanguage("es", ["pt-BR"])).toBe("es");
  });
});

describe("a started page", () => {
  beforeAll(startTranslations);

  it("has the texts of pages that are loaded later", () => {
    expect(i18next.t("plans.kind.queue", { lng: "es" })).toBe(es.plans.kind.queue);
  });

  it("tells the browser and screen readers its language", () => {
    chooseLanguage("en");
    expect(document.documentElement.lang).toBe("en");
    expect(localStorage.getItem("ramal.language")).toBe("en");
    chooseLanguage("pt-BR");
    expect(document.documentElement.lang).toBe("pt-BR");
  });

  it.each([
    ["meta.138021", ptBR.failure.meta["138021"]],
    ["meta.999999", ptBR.failure.other],
    ["network.timeout", ptBR.failure.network],
    ["media.connect_timeout", ptBR.failure.media],
    ["capacity.inbound_full", ptBR.failure.numberFull],
    ["capacity.outbound_full", ptBR.failure.numberFull],
    ["capacity.initiations_spent", ptBR.failure.numberSpent],
    ["capacity.ports", ptBR.failure.serverFull],
    ["number.inbound_disabled", ptBR.failure.numberClosed],
    ["agent.lost", ptBR.failure.agentLost],
    ["gateway.restarted", ptBR.failure.restarted],
    ["meta.toString", ptBR.failure.other],
    ["", ptBR.failure.other],
  ])("says in words what %s means", (code, words) => {
    expect(failureText(i18next.t, code)).toBe(words);
  });
});

describe("times", () => {
  it.each([
    [0, "0:00"],
    [-3, "0:00"],
    [59.9, "0:59"],
    [61, "1:01"],
    [3723, "1:02:03"],
  ])("%d seconds read %s", (seconds, text) => {
    expect(clockTime(seconds)).toBe(text);
  });

  it("are rounded up when they say how long to wait", () => {
    expect(roughDuration(0.2, "en")).toBe("1 second");
    expect(roughDuration(61, "pt-BR")).toBe("2 minutos");
  });

  it.each([
    [0, "1 s"],
    [45.2, "46 s"],
    [60, "60 s"],
    [61, "2 min"],
    [3_600, "1 h"],
    [11_520, "3 h 12 min"],
    [6 * 86_400 + 3 * 3_600, "6 d 3 h"],
  ])("%d s left read %s", (seconds, text) => {
    expect(timeLeft(seconds, "es")).toBe(text);
  });

  it("that lie days away have their day", () => {
    const noon_s = new Date(2025, 10, 21, 12).getTime() / 1000;
    expect(moment(noon_s, noon_s + 60, "en")).toBe(timeOfDay(noon_s, "en"));
    expect(moment(noon_s + 86_400, noon_s, "en")).toContain("Nov 22");
    expect(moment(noon_s + 86_400, noon_s, "en")).not.toContain("2025");
  });

  it("of another year have their year, in every language", () => {
    const noon_s = new Date(2025, 10, 21, 12).getTime() / 1000;
    for (const language of Object.keys(LANGUAGES)) {
      expect(moment(noon_s, noon_s + 60 * 86_400, language)).toContain("2025");
      expect(dayOf(noon_s, noon_s + 60 * 86_400, language)).toContain("2025");
    }
  });

  it("name today and yesterday", () => {
    const noon_s = new Date(2025, 10, 21, 12).getTime() / 1000;
    expect(dayOf(noon_s - 3600, noon_s, "en")).toBe("today");
    expect(dayOf(noon_s - 13 * 3600, noon_s, "en")).toBe("yesterday");
    expect(dayOf(noon_s - 72 * 3600, noon_s, "en")).toBe("Nov 18");
  });
});
