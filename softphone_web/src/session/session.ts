import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Me } from "../contract/messages";
import { showTimesIn } from "../i18n/zone";
import { ApiError, request } from "./api";

export interface Session {
  me: Me;
  /** Of the account's days and times. */
  time_zone?: string;
}

const SESSION = ["session"];

/** Who is signed in; null when nobody is. */
export function useSession() {
  return useQuery({ queryKey: SESSION, queryFn: fetchSession, staleTime: Number.POSITIVE_INFINITY });
}

export async function fetchSession(): Promise<Session | null> {
  try {
    return begun((await request("GET", "/session")) as Session);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

interface Credentials {
  login: string;
  password: string;
  new_password?: string;
}

async function signIn(who: Credentials & { in_frame?: true }): Promise<Session> {
  return begun((await request("POST", "/session", who)) as Session);
}

function begun(session: Session): Session {
  showTimesIn(session.time_zone);
  return session;
}

/** A cookie of frames needs a browser that keeps such cookies (CHIPS); the others forget it at once, and say nothing. */
async function signInInFrame(who: Credentials): Promise<Session> {
  const session = await signIn({ ...who, in_frame: true });
  if ((await fetchSession()) === null) throw new ApiError(0, "no_cookie", null);
  return session;
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (who: Credentials) => (window.parent === window ? signIn(who) : signInInFrame(who)),
    onSuccess: (session) => {
      queries.setQueryData(SESSION, session);
    },
  });
}

export function useSignOut() {
  const forget = useForgetSession();
  return useMutation({ mutationFn: () => request("DELETE", "/session"), onSettled: forget });
}

/** Shows the sign-in page; what the last person loaded goes with them. */
export function useForgetSession(): () => void {
  const queries = useQueryClient();
  return () => {
    queries.setQueryData(SESSION, null);
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION[0] });
  };
}
