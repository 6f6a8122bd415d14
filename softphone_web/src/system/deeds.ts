/** What is done on these pages, and what went wrong with it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { ApiError } from "../session/api";

/** Without a network it fails at once, and what was typed stays: nothing is kept to be sent by surprise. */
export function useDeed<Wish, Told>(about: readonly string[], deed: (wish: Wish) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: async (wish: Wish) => (await deed(wish)) as Told,
    onSettled: () => queries.invalidateQueries({ queryKey: about }),
  });
}

/** `name` → `name_invalid`, of a refusal that names fields. */
export function refusedFields(error: Error | null): Record<string, string> {
  const problems = error instanceof ApiError && Array.isArray(error.said.problems) ? error.said.problems : [];
  return Object.fromEntries(problems.map(({ field, code }) => [field, `${field}_${code}`]));
}

/** Of what stands beside no field. */
export function troubleText(t: TFunction, error: Error): string {
  if (!(error instanceof ApiError)) return t("system.failed");
  if (error.code === "not_found") return t("system.gone");
  return error.status >= 500 ? t("system.failed") : t("system.refused", { code: error.code });
}
