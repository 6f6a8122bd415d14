/** How each number stands, as the gateway knows it: asking costs Meta nothing. */
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { standingPtBR } from "../i18n/standing/pt-BR";
import { wallPtBR } from "../i18n/wall/pt-BR";
import type { MirrorState, PlaceName } from "../number/settings";
import { kindText, knownIn } from "../number/words";
import { request } from "../session/api";

export interface OpenAlert {
  code: string;
  place: "standing" | "guard" | "balance" | "access" | "readiness";
  /** Of `meta_warned`: Meta's own word. */
  kind: string | null;
  until: string | null;
}

export interface NumberStanding {
  id: number;
  disabled: boolean;
  calling: {
    at_meta: "enabled" | "disabled" | "unknown";
    ours: boolean | null;
    state: MirrorState;
    differing: PlaceName[];
    at: string | null;
  };
  health: {
    state: "fresh" | "stale" | "unknown";
    can_send: string;
    quality: string;
    at: string | null;
    failure: string | null;
  };
  alerts: OpenAlert[];
}

const LOOK_AGAIN_MS = 15_000;
/** A number that Meta has not been asked about yet is asked about at once, behind the scenes. */
const NEW_MS = 2_000;

/** `asks` false: not for this role. */
export function useStandings(asks: boolean) {
  return useQuery({
    enabled: asks,
    queryKey: ["numbers-standing"],
    queryFn: async () => ((await request("GET", "/numbers/standing")) as { numbers: NumberStanding[] }).numbers,
    refetchInterval: ({ state }) => (state.data?.some(isNew) ? NEW_MS : LOOK_AGAIN_MS),
    staleTime: 0,
  });
}

function isNew({ disabled, health }: NumberStanding): boolean {
  return !disabled && health.state === "unknown" && health.failure === null;
}

/** In a person's words; one of a newer gateway by its code. */
export function alertText(t: TFunction, { code, kind }: OpenAlert): string {
  if (code === "meta_warned" && kind !== null) return kindText(t, kind);
  const guards = knownIn(wallPtBR.alerts, code);
  if (guards !== null) return t(`wall.alerts.${guards}`);
  const trouble = knownIn(standingPtBR.trouble, code);
  return trouble === null ? t("standing.other", { code }) : t(`standing.trouble.${trouble}`);
}

/** The page, and the part of it, where an alert is explained and seen to. */
export function addressOfAlert(number: number, { place }: OpenAlert): string {
  return place === "readiness" ? `/numbers/${number}/readiness` : `/numbers/${number}/settings#number-${place}`;
}
