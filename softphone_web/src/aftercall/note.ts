/** My note of one call: typed here, saved a moment later, the same wherever the call is shown. */
import { useDebouncedCallback } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDesk } from "../desk/DeskProvider";
import { request } from "../session/api";

export interface Note {
  text: string;
  disposition: string | null;
}

interface WrittenNote extends Note {
  agent_id: number;
}

const SAVE_AFTER_MS = 800;
const LONGEST_RETRY_MS = 10_000;
const EMPTY: Note = { text: "", disposition: null };

export function useNote(call_id: string) {
  const queries = useQueryClient();
  const me = useDesk().state?.me.agent_id;
  const key = ["note", call_id];
  const { data, isError, refetch } = useQuery({
    queryKey: key,
    queryFn: async () => mine(await request("GET", `/calls/${call_id}/notes`), me),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const saving = useMutation({
    mutationFn: (note: Note & { finished: boolean }) => request("PUT", `/calls/${call_id}/notes`, note),
    scope: { id: `note-${call_id}` }, // one after another: an older text never overtakes a newer
    retry: true,
    retryDelay: (failures) => Math.min(LONGEST_RETRY_MS, 500 * 2 ** failures),
  });
  const saveSoon = useDebouncedCallback((note: Note) => saving.mutate({ ...note, finished: false }), {
    delay: SAVE_AFTER_MS,
    flushOnUnmount: true,
  });
  return {
    /** null: not known yet. */
    note: data ?? null,
    failedToLoad: isError,
    reload: () => void refetch(),
    state: saving.failureCount > 0 ? "failing" : saving.isPending ? "saving" : saving.isSuccess ? "saved" : "untouched",
    write(changes: Partial<Note>): void {
      const note = { ...(data ?? EMPTY), ...changes };
      queries.setQueryData(key, note);
      saveSoon(note);
    },
    /** The last word: what it says is told to the company's systems. */
    finish(): void {
      saveSoon.cancel();
      const note = queries.getQueryData<Note>(key);
      if (note !== undefined && (note.text !== "" || note.disposition !== null))
        saving.mutate({ ...note, finished: true });
    },
  } as const;
}

function mine(answer: unknown, me: number | undefined): Note {
  const { notes } = answer as { notes: WrittenNote[] };
  const note = notes.find((each) => each.agent_id === me);
  return note === undefined ? EMPTY : { text: note.text, disposition: note.disposition };
}
