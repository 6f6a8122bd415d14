/** Users and departments, as administrators write them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, request } from "../session/api";

export const ROLES = ["agent", "supervisor", "administrator"] as const;
export type Role = (typeof ROLES)[number];
export const MAY = ["take", "call", "listen", "replay", "export"] as const;
export type May = (typeof MAY)[number];
export type Grants = Record<May, boolean>;

export interface User {
  id: number;
  login: string;
  name: string;
  role: Role;
  language: string;
  disabled_at: string | null;
  first_password: boolean;
  /** With which they take and make calls; null: any. */
  number_ids: number[] | null;
  departments: ({ department_id: number; name: string } & Grants)[];
}

export interface Place {
  id: number;
  name: string;
  outbound_enabled: boolean;
}

export interface WithPassword {
  user: User;
  first_password: string;
}

/** A user as it is typed. */
export interface Draft {
  login: string;
  name: string;
  role: Role;
  language: string;
  grants: Record<number, Grants>;
  numbers: number[] | null;
}

const USERS = ["users"];
const PLACES = ["office-departments"];

export function useUsers() {
  return useQuery({
    queryKey: USERS,
    queryFn: async () => ((await request("GET", "/users")) as { users: User[] }).users,
  });
}

export function usePlaces() {
  return useQuery({
    queryKey: PLACES,
    queryFn: async () => ((await request("GET", "/office/departments")) as { departments: Place[] }).departments,
  });
}

/** `after` false: what is shown next comes with the answer alone. */
function useDeed<Wish, Told>(deed: (wish: Wish) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (wish: Wish) => (await deed(wish)) as Told,
    onSettled: () =>
      Promise.all(
        [USERS, PLACES, ["departments"], ["people"], ["readiness"]].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      ),
  });
}

export function useAddUser() {
  return useDeed<Draft, WithPassword>((draft) => request("POST", "/users", { login: draft.login, ...bodyOf(draft) }));
}

export function useChangeUser(user: number) {
  return useDeed<Draft, User>((draft) => request("PUT", `/users/${user}`, bodyOf(draft)));
}

export function useFirstPassword(user: number) {
  return useDeed<void, WithPassword>(() => request("POST", `/users/${user}/first-password`));
}

export function useDisabling(user: number) {
  return useDeed<boolean, User>((disabled) => request("PUT", `/users/${user}/disabled`, { disabled }));
}

export function useAddPlace() {
  return useDeed<string, Place>((name) => request("POST", "/office/departments", { name }));
}

export function useChangePlace(place: number) {
  return useDeed<Omit<Place, "id">, Place>((wish) => request("PUT", `/office/departments/${place}`, wish));
}

// ---- what is typed ---------------------------------------------------------------------------------------------------

/** What somebody of a role usually may where they work. */
export function usualGrants(role: Role): Grants {
  const leads = role !== "agent";
  return { take: true, call: true, listen: leads, replay: leads, export: leads };
}

/** As `store.people` reads it. */
const LOGIN = /^[a-z0-9][a-z0-9._@+-]{0,63}$/;

/** What cannot even be sent: all of it at once, where the gateway names the first. By field. */
export function gapsOf(draft: Draft, isNew: boolean): Record<string, string> {
  const gaps: Record<string, string> = {};
  if (draft.name.trim() === "") gaps.name = "name_invalid";
  if (isNew && !LOGIN.test(draft.login.normalize("NFKC").trim().toLowerCase())) gaps.login = "login_invalid";
  return gaps;
}

export function draftOf(user: User | null, language: string): Draft {
  if (user === null) return { login: "", name: "", role: "agent", language, grants: {}, numbers: null };
  const grants = Object.fromEntries(
    user.departments.map(({ department_id, name: _, ...grants }) => [department_id, grants]),
  );
  const { login, name, role, number_ids } = user;
  return { login, name, role, language: user.language, grants, numbers: number_ids };
}

function bodyOf({ name, role, language, grants, numbers }: Draft): object {
  const departments = Object.entries(grants).map(([id, may]) => ({ department_id: Number(id), ...may }));
  return { name, role, language, departments, number_ids: numbers };
}

/** Whose name or login has these letters, whatever their accents and case; who is disabled comes last. */
export function found(users: readonly User[], wanted: string): User[] {
  const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const letters = plain(wanted.trim());
  return users
    .filter(({ name, login }) => plain(`${name} ${login}`).includes(letters))
    .toSorted((one, other) => Number(one.disabled_at !== null) - Number(other.disabled_at !== null));
}

/** What was refused, by field: `login` → `login_exists`. `""`: none of the fields. */
export function refusedFields(error: Error | null): Record<string, string> {
  if (error === null) return {};
  if (error instanceof ApiError && error.code === "last_administrator") return { role: "last" };
  const problems = error instanceof ApiError && Array.isArray(error.said.problems) ? error.said.problems : [];
  if (problems.length === 0) return { "": "other" };
  return Object.fromEntries(problems.map(({ field, code }) => [field, `${field}_${code}`]));
}
