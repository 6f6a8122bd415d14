/** By which policies a number's calls are recorded, as the gateway has them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, request } from "../session/api";
import type { Rule } from "./rules";

export interface StoredPolicies {
  version: number;
  rules: Rule[];
  readable: boolean;
  changed_at: string | null;
  changed_by: string | null;
}

const LOOK_AGAIN_MS = 20_000;

export function usePolicies(number: number) {
  return useQuery({
    queryKey: ["policies", number],
    queryFn: async () => (await request("GET", `/numbers/${number}/recording`)) as StoredPolicies,
    refetchInterval: LOOK_AGAIN_MS,
    staleTime: 0,
  });
}

export function useSavePolicies(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: { version: number; rules: readonly Rule[] }) =>
      (await request("PUT", `/numbers/${number}/recording`, body)) as StoredPolicies,
    onSuccess: (stored) => queries.setQueryData(["policies", number], stored),
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409) {
        void queries.invalidateQueries({ queryKey: ["policies", number] });
      }
    },
  });
}
