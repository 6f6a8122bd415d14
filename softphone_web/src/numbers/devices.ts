/** WhatsApp numbers that are connected by QR code: they are listed, and no call is possible with them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, request } from "../session/api";

export interface Device {
  id: number;
  label: string;
  phone: string;
  note: string;
}

export type Draft = Omit<Device, "id">;

const DEVICES = ["linked-devices"];

export function useDevices() {
  return useQuery({
    queryKey: DEVICES,
    queryFn: async () => ((await request("GET", "/linked-devices")) as { devices: Device[] }).devices,
  });
}

/** `device` null: one more. `draft` null: it goes. */
export function useWriteDevice(device: number | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (draft: Draft | null) =>
      device === null
        ? request("POST", "/linked-devices", draft ?? {})
        : request(draft === null ? "DELETE" : "PUT", `/linked-devices/${device}`, draft ?? undefined),
    onSuccess: () => queries.invalidateQueries({ queryKey: DEVICES }),
  });
}

/** What was refused, by field: `phone` → `phone_exists`. `""`: none of the fields. */
export function refusedFields(error: Error | null): Record<string, string> {
  if (error === null) return {};
  const problems = error instanceof ApiError && Array.isArray(error.said.problems) ? error.said.problems : [];
  if (problems.length === 0) return { "": "other" };
  return Object.fromEntries(problems.map(({ field, code }) => [field, `${field}_${code}`]));
}
