import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import "../i18n/administrators";
import { chooseLanguage, startTranslations } from "../i18n";
import { begin, type Change, canRemove, type Edit, edit } from "./edit";
import { FIELDS, fieldsOf, fieldValue, readAmount, withValue } from "./fields";
import { drawingOf, lineId, walkedBy } from "./graph";
import { fitting, pathThrough, placed } from "./layout";
import { byItself, changesBetween, exitsOf, inOrder, KINDS, led, NO_TEXTS, newStep, type Plan, same } from "./plan";
import { byField, codeOf } from "./problems";
import { bodyOf, EMPTY_TRIAL, stepsWithKeys, usualKey, visited } from "./trial";
import { factsOf, lasting, lineWords, problemText } from "./words";

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

const USUAL: Plan = {
  start: "ring",
  steps: {
    ring: { ...newStep("ring", "end"), for_s: 25 } as Plan["steps"][string],
    end: newStep("hang_up", "end"),
  },
  closed: null,
  goodbye: null,
  language: "pt-BR",
  transfer_prompt: null,
  texts: NO_TEXTS,
};

function after(...changes: Change[]): Edit {
  return changes.reduce(edit, begin(USUAL, 3));
}

const REASONABLE = after(
  { type: "entrance_made", entrance: "start", kind: "announce" },
  { type: "step_added", kind: "menu", after: "announce" },
  { type: "step_added", kind: "queue", after: "menu", field: "choices.1" },
  { type: "step_added", kind: "voicemail", after: "queue" },
).plan;

describe("a plan and its steps", () => {
  it.each(KINDS)("%s: every way out can be led elsewhere, and what has no such way is left alone", (kind) => {
    const step = newStep(kind, "a");
    for (const { field } of exitsOf(step)) {
      expect(exitsOf(led(step, field, "b")).find((exit) => exit.field === field)?.to).toBe("b");
    }
    expect(led(step, "kind", "b")).toBe(step);
    expect(led(step, "prompt", "b")).toBe(step);
  });

  it("have what follows by itself last", () => {
    expect(KINDS.map((kind) => byItself(newStep(kind, "next")))).toEqual([...Array(6).fill("next"), null]);
  });

  it("stand in the order in which a caller comes to them, the forgotten ones last", () => {
    const plan = { ...REASONABLE, steps: { alone: newStep("hang_up", ""), ...REASONABLE.steps } };
    expect(inOrder(plan)).toEqual(
      ["announce", "menu", "queue", "voicemail", "ring", "end", "alone"].sort(byWalk(plan)),
    );
    expect(inOrder(plan)[0]).toBe("announce");
    expect(inOrder(plan).at(-1)).toBe("alone");
    expect(inOrder(plan)).toHaveLength(7);
  });

  it("are the same whatever the order of their keys, and differ by name otherwise", () => {
    expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
    expect(same([1], { 0: 1 })).toBe(false);
    const changes = changesBetween(USUAL, REASONABLE);
    expect(changes).toEqual({
      added: ["announce", "menu", "queue", "voicemail"],
      removed: [],
      changed: [],
      whole: ["start"],
    });
  });
});

/** Any order is right in which each step comes after the one that leads to it first. */
function byWalk(plan: Plan) {
  const order = inOrder(plan);
  return (one: string, other: string) => order.indexOf(one) - order.indexOf(other);
}

describe("editing", () => {
  it("puts a new step behind another, on the way out that is named", () => {
    const { steps } = REASONABLE;
    expect(steps.announce).toMatchObject({ then: "menu" });
    expect(steps.menu).toMatchObject({ choices: { "1": "queue" }, otherwise: "ring" });
    expect(steps.queue).toMatchObject({ then: "voicemail" });
    expect(steps.voicemail).toMatchObject({ then: "ring" });
    expect(REASONABLE.start).toBe("announce");
  });

  it("leads past a step that is removed, and keeps the last end", () => {
    const now = edit(begin(REASONABLE, 1), { type: "step_removed", step: "queue" });
    expect(now.plan.steps.menu).toMatchObject({ choices: { "1": "voicemail" } });
    expect(now.plan.steps.queue).toBeUndefined();
    expect(canRemove(REASONABLE, "end")).toBe(false);
    expect(edit(now, { type: "step_removed", step: "end" }).plan).toBe(now.plan);
    expect(edit(begin(USUAL, 1), { type: "step_removed", step: "ring" }).plan.start).toBe("end");
  });

  it("renames a step wherever it is named, but not to a name that is taken", () => {
    const now = edit(begin(REASONABLE, 1), { type: "step_renamed", step: "announce", to: "ola" });
    expect(now.plan.start).toBe("ola");
    expect(now.plan.steps.ola).toEqual(REASONABLE.steps.announce);
    expect(edit(now, { type: "step_renamed", step: "ola", to: "menu" }).plan).toBe(now.plan);
  });

  it("undoes and redoes one change after another; a word that is typed is one change", () => {
    const ring = USUAL.steps.ring as Plan["steps"][string];
    const type = (for_s: number): Change => ({
      type: "step_changed",
      step: "ring",
      to: withValue(ring, "for_s", for_s),
      typed: "for_s",
    });
    const now = after(type(2), type(20), { type: "language_changed", to: "es" });
    expect(now.before).toHaveLength(2);
    const back = edit(edit(now, { type: "undone" }), { type: "undone" });
    expect(back.plan).toEqual(USUAL);
    expect(edit(edit(back, { type: "redone" }), { type: "redone" }).plan).toEqual(now.plan);
    expect(edit(back, { type: "undone" })).toBe(back);
    expect(edit(now, { type: "redone" })).toBe(now);
  });

  it("keeps texts by language, leaves out those without words, and counts a text as one change", () => {
    const typed = (to: string): Change => ({ type: "text_changed", kind: "greeting", language: "en", to });
    const now = after(typed("H"), typed("Hi"), { ...typed("Olá"), language: "pt-BR" } as Change);
    expect(now.plan.texts.greeting).toEqual({ en: "Hi", "pt-BR": "Olá" });
    expect(now.before).toHaveLength(2);
    expect(changesBetween(USUAL, now.plan).whole).toEqual(["texts"]);
    const emptied = edit(edit(now, typed("")), { ...typed(""), language: "pt-BR" } as Change);
    expect(emptied.plan.texts).toEqual(NO_TEXTS);
    expect(edit(emptied, { type: "texts_once_changed", to: 30 }).plan.texts.once_in_min).toBe(30);
  });

  it("takes somebody else's version so that mine can come back", () => {
    const mine = after({ type: "language_changed", to: "es" });
    const theirs = { ...USUAL, language: "en" };
    const now = edit(edit(mine, { type: "plan_replaced", to: theirs }), {
      type: "version_is",
      saved: theirs,
      version: 4,
    });
    expect([now.plan.language, now.version]).toEqual(["en", 4]);
    expect(edit(now, { type: "undone" }).plan.language).toBe("es");
  });
});

describe("the drawing", () => {
  it("has a line for each pair of steps, with every field that leads there, and none to a step that is not there", () => {
    const menu = led(led(newStep("menu", "end"), "choices.2", "end"), "choices.3", "nowhere");
    const drawing = drawingOf({ ...USUAL, steps: { ...USUAL.steps, menu }, closed: "end" });
    expect(drawing.lines).toContainEqual({
      id: lineId("menu", "end"),
      from: "menu",
      to: "end",
      fields: ["choices.1", "choices.2", "otherwise"],
    });
    expect(drawing.lines).toHaveLength(2);
    expect(Object.fromEntries(drawing.entrances)).toEqual({ ring: ["start"], end: ["closed"] });
  });

  it("stands from top to bottom, nothing upon something else, in a box that it fits into", () => {
    const places = placed(drawingOf(REASONABLE), () => "tecla 1");
    const at = (name: string) => places.steps.get(name) ?? { x: 0, y: 0 };
    for (const [from, to] of [
      ["announce", "menu"],
      ["menu", "queue"],
      ["queue", "voicemail"],
      ["ring", "end"],
    ] as const) {
      expect(at(from).y).toBeLessThan(at(to).y);
    }
    expect(places.lines.size).toBe(6);
    expect(pathThrough(places.lines.get(lineId("ring", "end"))?.points ?? [])).toMatch(/^M[\d.,]+ C/);
    expect(fitting(places, 5_000).zoom).toBe(1);
    expect(fitting(places, 10).zoom).toBeGreaterThan(0.5);
  });

  it("knows the way that a trial went", () => {
    const walked = walkedBy(["announce", "menu", "ring", "menu"]);
    expect(walked.steps).toEqual(["announce", "menu", "ring"]);
    expect([...walked.lines]).toEqual(["announce→menu", "menu→ring", "ring→menu"]);
  });
});

describe("a step and its form", () => {
  it("has a field in the form for all that the gateway knows of it, except its kind", () => {
    for (const kind of KINDS) {
      const known = Object.keys(newStep(kind, "end")).filter((name) => name !== "kind");
      expect(FIELDS[kind].map((field) => field.name as string).sort()).toEqual(known.sort());
    }
  });

  it("asks for nothing that means nothing", () => {
    const ring = newStep("ring", "end");
    const names = (step: typeof ring) => fieldsOf(step).map((field) => field.name);
    expect(names(ring)).not.toContain("turn_s");
    expect(names(withValue(ring, "order", "rotation"))).toContain("turn_s");
    expect(names(withValue(ring, "agent", 4))).toEqual(["agent", "for_s", "then"]);
  });

  it("keeps what is typed, also when it is nothing yet", () => {
    expect(["", "  ", "12", "1.5", "x", 7, Number.NaN].map(readAmount)).toEqual(["", "", 12, 1.5, "", 7, ""]);
    expect(fieldValue(withValue(newStep("queue", "end"), "longest_s", ""), "longest_s")).toBe("");
    const menu = newStep("menu", "end");
    expect(withValue(menu, "for_s", 3)).toBe(menu);
  });
});

describe("words", () => {
  const words = () => ({
    t: i18next.t,
    language: "pt-BR",
    names: { departments: new Map([[1, "Vendas"]]), agents: new Map(), sounds: new Map([["greeting", "Saudação"]]) },
  });

  it("say a line's condition", () => {
    const menu = led(newStep("menu", "end"), "choices.2", "end");
    expect(lineWords(words(), menu, ["choices.1", "choices.2", "otherwise"])).toBe("tecla 1, 2, senão");
    expect(lineWords(words(), newStep("ring", "end"), ["then"])).toBe("após 20 s");
    expect(lineWords(words(), newStep("offer_callback", "end"), ["accepted"])).toBe("aceitou");
  });

  it("say a step's facts, and what is gone", () => {
    expect(factsOf(words(), withValue(newStep("queue", "end"), "department", 1))).toEqual([
      "Vendas",
      "até 5 min",
      "diz o lugar a cada 30 s",
    ]);
    expect(factsOf(words(), newStep("announce", "end"))).toEqual(["Saudação"]);
    expect(factsOf(words(), withValue(newStep("announce", "end"), "prompt", "x"))).toEqual(["x (não existe mais)"]);
  });

  it.each([
    [0, "0 s"],
    [90, "1 min 30 s"],
    [3_600, "1 h"],
    [2.5, "2,5 s"],
    ["" as const, "?"],
  ])("%o seconds last %s", (seconds, said) => expect(lasting(seconds, "pt-BR")).toBe(said));

  it("name limits, and unknown problems by their code", () => {
    const text = (field: string, code: string) => problemText(words(), { step: "ring", field, code }, USUAL, 25);
    expect(text("for_s", "out_of_range")).toBe("Fora do permitido: de 1 a 600.");
    expect(text("sticky_s", "out_of_range")).toBe("Fora do permitido: de 0 a 25.");
    expect(text("for_s", "past_the_window")).toContain("25 s");
    expect(text("for_s", "brand_new")).toContain("(brand_new)");
    expect(codeOf({ step: null, field: "", code: "toString" })).toBe("other");
  });
});

describe("problems", () => {
  it("stand beside their field; what has none stands above, and going round beside what goes on by itself", () => {
    const problems = [
      { step: "menu", field: "then", code: "no_end" },
      { step: "menu", field: "choices.1", code: "unknown_step" },
      { step: "menu", field: "", code: "unreachable" },
      { step: "ring", field: "for_s", code: "out_of_range" },
    ];
    const sorted = byField(problems, REASONABLE, "menu");
    expect([...sorted].map(([field, found]) => [field, found[0]?.code])).toEqual([
      ["otherwise", "no_end"],
      ["choices.1", "unknown_step"],
      ["", "unreachable"],
    ]);
  });
});

describe("a trial", () => {
  it("offers the steps where a key means something, with the key that does", () => {
    expect(stepsWithKeys(REASONABLE)).toEqual(["menu", "voicemail"]);
    expect(usualKey(REASONABLE, "menu")).toBe("1");
    expect(usualKey(REASONABLE, "voicemail")).toBe("#");
  });

  it("is sent as the gateway wants it, without keys at steps that are gone", () => {
    const form = {
      ...EMPTY_TRIAL,
      presses: [
        { step: "menu", digit: "1", after_s: "" as const },
        { step: "gone", digit: "1", after_s: 2 },
      ],
      agents: [{ agent_id: 5, answers_after_s: "" as const }],
      heardLately: true,
      at: "2026-11-25T14:30",
    };
    expect(bodyOf(form, REASONABLE)).toEqual({
      plan: REASONABLE,
      at: new Date("2026-11-25T14:30").toISOString(),
      caller: { keys: [{ step: "menu", digit: "1", after_s: 0 }], hangs_up_after_s: null, heard_lately: [] },
      agents: [{ agent_id: 5, departments: null, answers_after_s: null }],
    });
  });

  it("went by the steps that its moments name", () => {
    const moment = { at_s: 0, prompts: [], agents: [], key: null, text: null };
    const walk = [
      { ...moment, kind: "step" as const, step: "menu" },
      { ...moment, kind: "hears" as const, step: null },
      { ...moment, kind: "step" as const, step: "queue" },
    ];
    const rest = { outcome: "missed", ended_by: null, reason: null, is_open: true, accepted_at_s: 0, ended_at_s: 1 };
    expect(visited({ walk, complete: true, ...rest })).toEqual(["menu", "queue"]);
  });
});
