import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { App } from "../App";
import { chooseLanguage, startTranslations } from "../i18n";

const asked: { method: string; path: string; body: unknown }[] = [];
let answers: (() => Response)[] = [];

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    asked.push({ method: init.method ?? "GET", path, body: init.body ? JSON.parse(String(init.body)) : null });
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError("Failed to fetch");
    return answer();
  });
});

function no(status: number, code: string, more: object = {}): () => Response {
  return () => Response.json({ error: { code, message: "", ...more } }, { status });
}

async function signInAnsweredBy(answer: () => Response): Promise<string> {
  answers = [no(401, "not_signed_in"), answer];
  render(<App />);
  await userEvent.type(await screen.findByTestId("login-name"), " bia ");
  await userEvent.type(screen.getByTestId("login-password"), "segredo");
  await userEvent.click(screen.getByTestId("login-submit"));
  return (await screen.findByTestId("login-error")).textContent;
}

describe("signing in", () => {
  it("asks who is there first, then sends login and password", async () => {
    await signInAnsweredBy(no(401, "bad_credentials"));
    expect(asked).toEqual([
      { method: "GET", path: "/api/v1/session", body: null },
      { method: "POST", path: "/api/v1/session", body: { login: "bia", password: "segredo" } },
    ]);
  });

  it.each([
    ["a wrong password", no(401, "bad_credentials"), "Usuário ou senha não conferem. Verifique e tente de novo."],
    [
      "too many attempts",
      no(429, "too_many_attempts", { retry_after_s: 130 }),
      "Muitas tentativas. Tente de novo em 3 minutos.",
    ],
    ["a broken server", () => new Response("<html>", { status: 502 }), "Não foi possível entrar agora."],
    [
      "no network",
      () => {
        throw new TypeError("Failed to fetch");
      },
      "Não foi possível falar com o servidor.",
    ],
  ])("says what to do after %s", async (_, answer, words) => {
    expect(await signInAnsweredBy(answer)).toContain(words);
  });

  it("offers to try again when the server does not answer at all", async () => {
    answers = [no(500, "internal"), no(500, "internal"), no(401, "not_signed_in")];
    render(<App />);
    await userEvent.click(await screen.findByTestId("session-retry"));
    expect(await screen.findByTestId("login-name")).toBeTruthy();
  });
});

describe("a first password", () => {
  it("asks for one of their own, and sends both", async () => {
    answers = [no(401, "not_signed_in"), no(409, "new_password"), no(422, "bad_new_password")];
    render(<App />);
    await userEvent.type(await screen.findByTestId("login-name"), "caio");
    await userEvent.type(screen.getByTestId("login-password"), "abcd-efgh-jkmn");
    await userEvent.click(screen.getByTestId("login-submit"));
    await userEvent.type(await screen.findByTestId("login-new-password"), "abcd-efgh-jkmn");
    expect(screen.queryByTestId("login-error")).toBeNull();
    await userEvent.click(screen.getByTestId("login-submit"));
    expect((await screen.findByTestId("login-error")).textContent).toContain("não a primeira senha");
    expect(asked.at(-1)?.body).toEqual({
      login: "caio",
      password: "abcd-efgh-jkmn",
      new_password: "abcd-efgh-jkmn",
    });
  });
});
