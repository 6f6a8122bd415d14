/** Numbers, departments and people, by name: what pages of administrators let choose from. */
import { useQuery } from "@tanstack/react-query";
import { request } from "../session/api";

export interface OfficeNumber {
  id: number;
  label: string;
  department_id: number | null;
  inbound_enabled: boolean;
}

export interface Person {
  agent_id: number;
  name: string;
}

export interface Department {
  id: number;
  name: string;
}

export const NUMBERS = ["numbers"];

export function useNumbers() {
  return useQuery({
    queryKey: NUMBERS,
    queryFn: async () => ((await request("GET", "/numbers")) as { numbers: OfficeNumber[] }).numbers,
  });
}

export function useDepartments() {
  return useQuery({
    queryKey: ["departments"],
    queryFn: async () => ((await request("GET", "/departments")) as { departments: Department[] }).departments,
  });
}

/** Everybody who may be rung. */
export function usePeople() {
  return useQuery({
    queryKey: ["people"],
    queryFn: async () => ((await request("GET", "/presence")) as { agents: Person[] }).agents,
  });
}
