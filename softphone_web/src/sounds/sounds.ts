/** All sounds that a plan may name: those that come with Ramal, and those that were uploaded. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { soundsPtBR } from "../i18n/sounds/pt-BR";
import { ApiError, request } from "../session/api";

export interface ShippedSound {
  id: string;
  /** In which it is spoken; empty: no words. */
  languages: string[];
  duration_ms: number;
  loops: boolean;
}

export interface UploadedSound {
  id: string;
  name: string;
  duration_ms: number;
  created_at: string;
  created_by: string;
  /** Labels of the numbers whose plans play it. */
  used_by: string[];
}

export interface AllSounds {
  shipped: ShippedSound[];
  uploaded: UploadedSound[];
  /** The server makes words into sounds. */
  speaks: boolean;
}

export const UPLOAD_LIMIT_BYTES = 20 * 1024 * 1024;
export const NAME_LIMIT_CHARS = 120;
export const SOUNDS = ["sounds"];

export function useSounds() {
  return useQuery({ queryKey: SOUNDS, queryFn: async () => (await request("GET", "/prompts")) as AllSounds });
}

export function useSoundDeed() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string | null }) =>
      name === null ? request("DELETE", `/prompts/${id}`) : request("PUT", `/prompts/${id}`, { name }),
    onSettled: () => queries.invalidateQueries({ queryKey: SOUNDS }),
  });
}

export const TEXT_LIMIT_CHARS = 1_000;

export interface Words {
  name: string;
  text: string;
  language: string;
}

export function useSpeech() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (words: Words) => (await request("POST", "/prompts/spoken", words)) as UploadedSound,
    onSuccess: () => queries.invalidateQueries({ queryKey: SOUNDS }),
  });
}

export function urlOf(id: string, language: string): string {
  return `/api/v1/prompts/${id}/audio?language=${encodeURIComponent(language)}`;
}

type Shipped = keyof typeof soundsPtBR.shipped;

/** What a sound that comes with Ramal is called. One that these pages do not know keeps its id. */
export function shippedName(t: TFunction, id: string): string {
  const place = /^queue_position_(\d+)$/.exec(id)?.[1];
  if (place !== undefined) return t("sounds.queuePosition", { n: place });
  return Object.hasOwn(soundsPtBR.shipped, id) ? t(`sounds.shipped.${id as Shipped}`) : id;
}

/** Names of all sounds, by id. */
export function soundNames(t: TFunction, all: AllSounds): Map<string, string> {
  return new Map([
    ...all.shipped.map(({ id }) => [id, shippedName(t, id)] as const),
    ...all.uploaded.map(({ id, name }) => [id, name] as const),
  ]);
}

/** Sends a file as it is and tells how far it has come, from 0 to 1. Raises ApiError, TypeError as `request` does. */
export function upload(file: File, name: string, onProgress: (share: number) => void): Promise<UploadedSound> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest(); // fetch tells nothing of what has been sent
    sending.open("POST", `/api/v1/prompts?name=${encodeURIComponent(name)}`);
    sending.setRequestHeader("content-type", "application/octet-stream");
    sending.responseType = "json";
    sending.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    sending.onerror = () => reject(new TypeError("not sent"));
    sending.onload = () => {
      if (sending.status === 201) resolve(sending.response as UploadedSound);
      else {
        const said: Record<string, unknown> = sending.response?.error ?? {};
        reject(new ApiError(sending.status, String(said.code ?? "unknown"), null, said));
      }
    };
    sending.send(file);
  });
}

export type UploadTrouble = "too_large" | "too_long" | "empty" | "no_sound" | "exists" | "bad_name" | "unreachable";

/** What to say of an upload that did not work. */
export function uploadTrouble(error: unknown): UploadTrouble {
  if (!(error instanceof ApiError)) return "unreachable";
  if (error.status === 413) return "too_large";
  if (error.status === 409) return "exists";
  if (error.status === 400) return "bad_name";
  const [first] = Array.isArray(error.said.problems) ? error.said.problems : [];
  const code = first?.code;
  if (error.status !== 422) return "unreachable";
  if (first?.field === "name") return "bad_name";
  return code === "too_long" || code === "empty" ? code : "no_sound";
}
