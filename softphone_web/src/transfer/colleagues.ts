/** To whom a customer may be given: colleagues and departments, and how they are now. */
import { useQuery } from "@tanstack/react-query";
import type { Presence } from "../contract/messages";
import { request } from "../session/api";

export interface Colleague {
  agent_id: number;
  name: string;
  presence: Presence;
  departments: number[];
}

export interface Department {
  id: number;
  name: string;
  /** Agents who are free now. */
  free: number;
  /** Agents who may take a call now or a little later. */
  signed_in: number;
}

export interface Colleagues {
  agents: Colleague[];
  departments: Department[];
}

const AGAIN_MS = 2_000;

/** Only while somebody looks for one. */
export function useColleagues() {
  return useQuery({
    queryKey: ["colleagues"],
    queryFn: async () => (await request("GET", "/colleagues")) as Colleagues,
    refetchInterval: AGAIN_MS,
    staleTime: 0,
  });
}

/** Who fits what was typed, whatever its accents and capitals: those who are free first. */
export function fitting({ agents, departments }: Colleagues, typed: string): Colleagues {
  const wanted = plain(typed);
  const fits = ({ name }: { name: string }) => plain(name).includes(wanted);
  return {
    agents: agents.filter(fits).toSorted((a, b) => Number(b.presence === "free") - Number(a.presence === "free")),
    departments: departments.filter(fits),
  };
}

function plain(text: string): string {
  return text.trim().normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
