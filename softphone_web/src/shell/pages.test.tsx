/** Every page while the gateway is slow, says no, or is not there: something says so, and trying again asks again. */
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Suspense } from "react";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { chooseLanguage, startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { INNER_PAGES, PAGES } from "./pages";

/** They ask the gateway for nothing before somebody presses something. */
const ASK_NOTHING = ["/audio", "/check", "/numbers/new"];
/** It is told by Socket.IO, and its tests are beside it. */
const TOLD = ["/wall"];
/** What is asked for first, and is not what a page is about. */
const KNOWN: Record<string, object> = {
  "/session": { me: { agent_id: 1, name: "Rosa", role: "administrator" }, time_zone: "America/Sao_Paulo" },
  "/numbers": { numbers: [{ id: 7, label: "Vendas", department_id: 1, inbound_enabled: true }] },
};

/** Where it asks only for what somebody looks for. */
const SEARCH: Record<string, string> = { "/search": "words=boleto" };

const pages = [...PAGES, ...INNER_PAGES]
  .filter(({ path }) => !ASK_NOTHING.includes(path) && !TOLD.includes(path))
  .map(({ path, route, component }) => ({ path: path.replace(":id", "7"), route: route ?? path, component }));

type Gateway = (path: string) => Promise<Response>;

const slow: Gateway = () => new Promise(() => undefined);
const refuses: Gateway = async () => Response.json({ error: { code: "unavailable" } }, { status: 503 });
const away: Gateway = async () => {
  throw new TypeError("Failed to fetch");
};

/** What was asked for beside what is known. */
let asked: string[];

async function open(page: (typeof pages)[number], gateway: Gateway): Promise<PhoneWorld> {
  asked = [];
  vi.stubGlobal("fetch", async (url: string) => {
    const path = url.replace("/api/v1", "").replace(/\?.*/, "");
    const known = KNOWN[path];
    // The list of numbers is what one page is about.
    if (known !== undefined && !(path === "/numbers" && page.path === "/numbers")) return Response.json(known);
    asked.push(path);
    return gateway(path);
  });
  const { hook, searchHook } = memoryLocation({ path: page.path, searchPath: SEARCH[page.path] ?? "" });
  const world = showWith(
    <main>
      <Suspense fallback={<p data-testid="coming" />}>
        <Router hook={hook} searchHook={searchHook}>
          <Route path={page.route} component={page.component} />
        </Router>
      </Suspense>
    </main>,
  );
  await act(async () => world.says({ me: { agent_id: 1, name: "Rosa", role: "administrator" } }));
  await waitFor(() => expect(screen.queryByTestId("coming")).toBeNull());
  return world;
}

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

describe.each(pages)("$path", (page) => {
  it("shows that it waits", async () => {
    const world = await open(page, slow);
    await waitFor(() => expect(asked.length).toBeGreaterThan(0));
    await waitFor(() => expect(signsOfWaiting(), "nothing says that something comes").toBeGreaterThan(0));
    expect(within(screen.getByRole("main")).queryByRole("alert")).toBeNull();
    world.phone.stop();
  });

  it.each([
    ["refuses", refuses],
    ["is not there", away],
  ])("says so when the gateway %s, and asks again when it is told to", async (_, gateway) => {
    const world = await open(page, gateway);
    const [alert] = await screen.findAllByRole("alert");
    if (alert === undefined) throw new Error("nothing is said");
    const before = asked.length;
    await userEvent.click(within(alert).getByRole("button"));
    await waitFor(() => expect(asked.length).toBeGreaterThan(before));
    world.phone.stop();
  });
});

/** A loader that has a name, a region that is busy, or the words of it. */
function signsOfWaiting(): number {
  const main = screen.getByRole("main");
  return main.querySelectorAll("[role=status][aria-label], [aria-busy=true], [class*=Loader], [class*=Skeleton]")
    .length;
}
