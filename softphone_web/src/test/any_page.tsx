/** Any page of the app by itself, with a gateway that answers as a test says. */
import { act, screen, waitFor } from "@testing-library/react";
import { Suspense } from "react";
import { expect, vi } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import type { Me } from "../contract/messages";
import { INNER_PAGES, PAGES } from "../shell/pages";
import { showWith } from "./page_world";
import type { PhoneWorld } from "./phone_world";

export const ROSA: Me = { agent_id: 1, name: "Rosa", role: "administrator" };

/** What is asked for first, and is not what a page is about. */
const KNOWN: Record<string, object> = {
  "/session": { me: ROSA, time_zone: "America/Sao_Paulo" },
  "/numbers": { numbers: [{ id: 7, label: "Vendas", department_id: 1, inbound_enabled: true }] },
};

/** Of the number 7, where they are of one. */
export const ALL_PAGES = [...PAGES, ...INNER_PAGES].map(({ path, route, component }) => ({
  path: path.replace(":id", "7"),
  route: route ?? path,
  component,
}));
export type AnyPage = (typeof ALL_PAGES)[number];

export type Gateway = (path: string) => Promise<Response>;

export const slow: Gateway = () => new Promise(() => undefined);
export const refuses: Gateway = async () => Response.json({ error: { code: "unavailable" } }, { status: 503 });
export const away: Gateway = async () => {
  throw new TypeError("Failed to fetch");
};

export interface Opened {
  world: PhoneWorld;
  /** What was asked for beside what is known. */
  asked: string[];
}

export async function openPage(page: AnyPage, gateway: Gateway, search = ""): Promise<Opened> {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    const path = url.replace("/api/v1", "").replace(/\?.*/, "");
    const known = KNOWN[path];
    // The list of numbers is what one page is about.
    if (known !== undefined && !(path === "/numbers" && page.path === "/numbers")) return Response.json(known);
    asked.push(path);
    return gateway(path);
  });
  const { hook, searchHook } = memoryLocation({ path: page.path, searchPath: search });
  const world = showWith(
    <main>
      <Suspense fallback={<p data-testid="coming" />}>
        <Router hook={hook} searchHook={searchHook}>
          <Route path={page.route} component={page.component} />
        </Router>
      </Suspense>
    </main>,
  );
  await act(async () => world.says({ me: ROSA }));
  await waitFor(() => expect(screen.queryByTestId("coming")).toBeNull());
  return { world, asked };
}

/** A loader that has a name, a region that is busy, or the words of it. */
export function signsOfWaiting(where: HTMLElement): number {
  return where.querySelectorAll("[role=status][aria-label], [aria-busy=true], [class*=Loader], [class*=Skeleton]")
    .length;
}
