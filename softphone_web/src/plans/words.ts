/** A plan in the words of whoever reads it. */
import type { TFunction } from "i18next";
import { FIELDS, LONGEST_ONCE_MIN } from "./fields";
import { type Amount, type Changes, exitsOf, type Plan, type Step, TEXT_LIMIT } from "./plan";
import { codeOf, type Problem } from "./problems";
import type { Moment } from "./trial";

/** What numbers and ids of a plan are called. */
export interface Names {
  departments: ReadonlyMap<number, string>;
  agents: ReadonlyMap<number, string>;
  sounds: ReadonlyMap<string, string>;
}

export interface Words {
  t: TFunction;
  language: string;
  names: Names;
}

/** `Menu (menu-2)`: its kind, and the name that no other step has. */
export function stepTitle({ t }: Pick<Words, "t">, name: string, step: Step | undefined): string {
  return step === undefined ? t("plans.missingStep", { name }) : `${t(`plans.kind.${step.kind}`)} (${name})`;
}

/** `25 s`, `5 min`, `1 min 30 s`. What is not filled in yet is a question. */
export function lasting(seconds: Amount, language: string): string {
  if (seconds === "") return "?";
  const unit = (value: number, name: "hour" | "minute" | "second"): string =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  const parts = [
    [Math.floor(seconds / 3600), "hour"],
    [Math.floor(seconds / 60) % 60, "minute"],
    [Math.round((seconds % 60) * 10) / 10, "second"],
  ] as const;
  const said = parts.filter(([value]) => value !== 0).map(([value, name]) => unit(value, name));
  return said.length === 0 ? unit(0, "second") : said.join(" ");
}

/** What a node says of its step below its kind: at most three lines. */
export function factsOf({ t, language, names }: Words, step: Step): string[] {
  const sound = (id: string): string => soundName(t, names, id);
  const time = (seconds: Amount): string => lasting(seconds, language);
  const times = (n: Amount): string => (n === "" ? "?" : String(n));
  const who = (of: { department: number | null }): string =>
    of.department === null ? t("plans.fact.ownDepartment") : (names.departments.get(of.department) ?? t("plans.gone"));
  switch (step.kind) {
    case "ring": {
      if (step.agent !== null) {
        return [names.agents.get(step.agent) ?? t("plans.gone"), t("plans.fact.for", { time: time(step.for_s) })];
      }
      const sticky = step.sticky_s === 0 ? [] : [t("plans.fact.sticky", { time: time(step.sticky_s) })];
      return [who(step), t(`plans.fact.${step.order}`), ...sticky];
    }
    case "announce":
      return [
        sound(step.prompt),
        ...(step.once_in_min === 0 ? [] : [t("plans.fact.once", { n: times(step.once_in_min) })]),
      ];
    case "menu": {
      const keys = exitsOf(step).flatMap(({ field }) => (field.startsWith("choices.") ? [field.slice(8)] : []));
      return [
        sound(step.prompt),
        keys.length === 0 ? t("plans.fact.keysNone") : t("plans.fact.keys", { keys: keys.join(", ") }),
        t("plans.fact.wait", { time: time(step.wait_s), n: times(step.times) }),
      ];
    }
    case "queue":
      return [
        who(step),
        t("plans.fact.upTo", { time: time(step.longest_s) }),
        step.position_every_s === 0
          ? sound(step.music)
          : t("plans.fact.position", { time: time(step.position_every_s) }),
      ];
    case "offer_callback":
      return [sound(step.prompt), t("plans.fact.accept", { key: step.key })];
    case "voicemail":
      return [sound(step.prompt), t("plans.fact.upTo", { time: time(step.longest_s) })];
    case "hang_up":
      return [
        t(`plans.reason.${step.reason}`),
        ...(step.farewell === null ? [] : [t("plans.fact.farewell", { sound: sound(step.farewell) })]),
      ];
  }
}

/** What is written at a line: when it is taken. */
export function lineWords(
  { t, language }: Pick<Words, "t" | "language">,
  step: Step,
  fields: readonly string[],
): string {
  const keys = fields.filter((field) => field.startsWith("choices.")).map((field) => field.slice("choices.".length));
  const rest = fields.filter((field) => !field.startsWith("choices."));
  const words = rest.map((field) => {
    if (field === "accepted") return t("plans.edge.accepted");
    if (field === "otherwise") return t("plans.edge.otherwise");
    if (step.kind === "ring") return t("plans.edge.after", { time: lasting(step.for_s, language) });
    if (step.kind === "queue") return t("plans.edge.after", { time: lasting(step.longest_s, language) });
    return t(step.kind === "voicemail" ? "plans.edge.recorded" : "plans.edge.played");
  });
  return [...(keys.length === 0 ? [] : [t("plans.edge.key", { key: keys.join(", ") })]), ...words].join(", ");
}

/** What a way out is called in the form. */
export function exitLabel(t: TFunction, step: Step, field: "then" | "otherwise" | "accepted"): string {
  if (field === "then" && (step.kind === "ring" || step.kind === "queue" || step.kind === "announce"))
    return t(`plans.thenOf.${step.kind}`);
  if (field === "then" && step.kind === "voicemail") return t("plans.thenOf.voicemail");
  if (field === "otherwise" && (step.kind === "menu" || step.kind === "offer_callback"))
    return t(`plans.otherwiseOf.${step.kind}`);
  return t(`plans.field.${field}`);
}

/** `window_s`: how long a number may ring before it is answered. */
export function problemText(
  { t, language }: Pick<Words, "t" | "language">,
  problem: Problem,
  plan: Plan,
  window_s: number,
): string {
  const code = codeOf(problem);
  if (code === "other") return t("plans.problem.other", { code: problem.code });
  if (code === "past_the_window") return t("plans.problem.past_the_window", { window: lasting(window_s, language) });
  if (code === "text_too_long") return t("plans.problem.text_too_long", { most: TEXT_LIMIT.toLocaleString(language) });
  if (code !== "out_of_range") return t(`plans.problem.${code}`);
  if (problem.field === "texts.once_in_min") {
    return t("plans.problem.out_of_range", { least: "0", most: LONGEST_ONCE_MIN.toLocaleString(language) });
  }
  const step = problem.step === null ? undefined : plan.steps[problem.step];
  const field = step && FIELDS[step.kind].find((known) => known.name === problem.field);
  if (step === undefined || field === undefined || field.as !== "amount") return t("plans.problem.wrong_type");
  // Whom the customer knows already is rung alone for a part of the whole ringing.
  const most = field.name === "sticky_s" && step.kind === "ring" && step.for_s !== "" ? step.for_s : field.most;
  const limits = { least: field.least.toLocaleString(language), most: most.toLocaleString(language) };
  return field.orNever ? t("plans.problem.out_of_rangeNever", limits) : t("plans.problem.out_of_range", limits);
}

export function momentText(words: Words, plan: Plan, moment: Moment): string {
  const { t, names } = words;
  return t(`plans.moment.${moment.kind}`, {
    step: moment.step === null ? "" : stepTitle(words, moment.step, plan.steps[moment.step]),
    agents: moment.agents.map((agent) => names.agents.get(agent) ?? t("plans.gone")).join(", "),
    sounds: moment.prompts.map((prompt) => soundName(t, names, prompt)).join(", "),
    key: moment.key ?? "",
    text: moment.text === null ? "" : t(`plans.texts.kind.${moment.text}`),
  });
}

export function soundName(t: TFunction, names: Names, id: string): string {
  return names.sounds.get(id) ?? `${id} (${t("plans.gone")})`;
}

/** What is not saved yet, or what somebody else has changed, in one line. */
export function changesText(t: TFunction, { added, removed, changed, whole }: Changes): string {
  const fields = whole.map((field) =>
    field === "language" || field === "transfer_prompt" || field === "texts"
      ? t(`plans.changed.${field}`)
      : t(`plans.entrance.${field}`),
  );
  return [
    ...(added.length === 0 ? [] : [t("plans.changed.added", { steps: added.join(", ") })]),
    ...(removed.length === 0 ? [] : [t("plans.changed.removed", { steps: removed.join(", ") })]),
    ...(changed.length === 0 ? [] : [t("plans.changed.changed", { steps: changed.join(", ") })]),
    ...(fields.length === 0 ? [] : [t("plans.changed.whole", { fields: fields.join(", ") })]),
  ].join(" · ");
}
