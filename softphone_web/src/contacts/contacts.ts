/** The directory of contacts: `/api/v1/contacts`. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { PastCall } from "../calls/calls";
import { useDesk } from "../desk/DeskProvider";
import type { Chosen } from "../desk/desk";
import { ApiError, request } from "../session/api";

export interface Identity {
  kind: "phone" | "bsuid" | "username";
  label: string;
}

/** One of our numbers; null: they never had to do with it. */
export interface Met {
  number_id: number;
  label: string;
  last_at: string | null;
}

export interface Contact {
  id: number;
  /** As somebody of ours calls them, and as their profile says. */
  given_name: string | null;
  profile_name: string | null;
  customer_label: string;
  identities: Identity[];
  numbers: Met[];
  last_at: string | null;
  last_call: {
    call_id: string;
    number_id: number;
    direction: "inbound" | "outbound";
    outcome: PastCall["outcome"];
    at: string | null;
  } | null;
  callback_id: number | null;
  protocol: string | null;
}

export interface CallFrom extends Met {
  /** How they stand with this number; null: not known. */
  permission: string | null;
}

export interface ContactDetail extends Contact {
  call_from: CallFrom[];
}

export interface ContactNote {
  call_id: string;
  called_at: string | null;
  agent_name: string;
  text: string;
  disposition: string | null;
  updated_at: string;
}

const CONTACTS = ["contacts"];
const CALLS_SHOWN = 50;

interface Page {
  contacts: Contact[];
  next: string | null;
}

export function nameOf(contact: Contact): string | null {
  const username = contact.identities.find(({ kind }) => kind === "username");
  return contact.given_name ?? contact.profile_name ?? username?.label ?? null;
}

/** Too little to look for: the gateway finds nobody by it (`store/directory_words.py`). */
export function isTooShort(text: string): boolean {
  const typed = text.trim();
  if (typed === "") return false;
  if (/^[\d\s()+./-]+$/.test(typed)) return typed.replace(/\D/g, "").replace(/^0+/, "").length < 3;
  return Math.max(...typed.split(/[^\p{L}\p{N}]+/u).map((word) => word.length)) < 2;
}

export function choiceOfContact(contact: Contact): Chosen | null {
  const number_id = contact.last_call?.number_id ?? contact.numbers[0]?.number_id;
  if (number_id === undefined || !contact.identities.some(({ kind }) => kind !== "username")) return null;
  return { contact_id: contact.id, number_id, name: nameOf(contact), label: contact.customer_label };
}

/** Changes when a call may have added somebody, or moved them to the top. */
function useNews(): string {
  const { state, ringNote } = useDesk();
  return [ringNote?.call_id, state?.last_call?.call_id, state?.call?.phase].join();
}

export function useContacts(search: string) {
  const news = useNews();
  return useInfiniteQuery({
    queryKey: [...CONTACTS, "list", search, news],
    queryFn: async ({ pageParam }) => {
      const query = new URLSearchParams();
      if (search !== "") query.set("search", search);
      if (pageParam !== null) query.set("after", pageParam);
      return (await request("GET", `/contacts?${query}`)) as Page;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
    staleTime: 0,
  });
}

export function useContact(id: number) {
  const news = useNews();
  const { permissionNews } = useDesk();
  return useQuery({
    queryKey: [...CONTACTS, "one", id, news, permissionNews],
    queryFn: async () => (await request("GET", `/contacts/${id}`)) as ContactDetail,
    placeholderData: (before) => (before?.id === id ? before : undefined),
    retry: (count, error) => !(error instanceof ApiError && error.status === 404) && count < 1,
    staleTime: 0,
  });
}

export function useContactCalls(id: number) {
  const news = useNews();
  return useQuery({
    queryKey: [...CONTACTS, "calls", id, news],
    queryFn: async () => {
      const page = await request("GET", `/calls?contact_id=${id}&limit=${CALLS_SHOWN}`);
      return (page as { calls: PastCall[] }).calls;
    },
    staleTime: 0,
  });
}

export function useContactNotes(id: number) {
  const news = useNews();
  return useQuery({
    queryKey: [...CONTACTS, "notes", id, news],
    queryFn: async () => ((await request("GET", `/contacts/${id}/notes`)) as { notes: ContactNote[] }).notes,
    staleTime: 0,
  });
}

/** null: as their profile says. */
export function useNaming(id: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string | null) => request("PUT", `/contacts/${id}/name`, { name }),
    onSuccess: () => queries.invalidateQueries({ queryKey: CONTACTS }),
  });
}
