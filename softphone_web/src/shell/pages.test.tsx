/** Every page while the gateway is slow, says no, or is not there: something says so, and trying again asks again. */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { ALL_PAGES, away, openPage, refuses, signsOfWaiting, slow } from "../test/any_page";

/** They ask the gateway for nothing before somebody presses something. */
const ASK_NOTHING = ["/audio", "/check", "/numbers/new", "/help"];
/** It is told by Socket.IO: see `told.test.tsx`. */
const TOLD = ["/wall"];

/** Where it asks only for what somebody looks for. */
const SEARCH: Record<string, string> = { "/search": "words=boleto" };

const pages = ALL_PAGES.filter(({ path }) => !ASK_NOTHING.includes(path) && !TOLD.includes(path));

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

describe.each(pages)("$path", (page) => {
  it("shows that it waits", async () => {
    const { world, asked } = await openPage(page, slow, SEARCH[page.path]);
    const main = screen.getByRole("main");
    await waitFor(() => expect(asked.length).toBeGreaterThan(0));
    await waitFor(() => expect(signsOfWaiting(main), "nothing says that something comes").toBeGreaterThan(0));
    expect(within(main).queryByRole("alert")).toBeNull();
    world.phone.stop();
  });

  it.each([
    ["refuses", refuses],
    ["is not there", away],
  ])("says so when the gateway %s, and asks again when it is told to", async (_, gateway) => {
    const { world, asked } = await openPage(page, gateway, SEARCH[page.path]);
    const [alert] = await screen.findAllByRole("alert");
    if (alert === undefined) throw new Error("nothing is said");
    const before = asked.length;
    await userEvent.click(within(alert).getByRole("button"));
    await waitFor(() => expect(asked.length).toBeGreaterThan(before));
    world.phone.stop();
  });
});
