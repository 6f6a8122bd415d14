import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { ApiError } from "../session/api";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { SoundsPage } from "./SoundsPage";
import { uploadTrouble } from "./sounds";

const CHRISTMAS = {
  id: "0".repeat(32),
  name: "Natal",
  duration_ms: 5_000,
  created_at: "2026-11-25T12:00:00Z",
  created_by: "Rosa",
  used_by: [] as string[],
};

let api: FakeApi;
let sending: FakeSending | null;

/** An upload that a test moves on. */
class FakeSending {
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  status = 0;
  response: unknown = null;
  url = "";
  sent: unknown;

  constructor() {
    sending = this;
  }
  open(_: string, url: string): void {
    this.url = url;
  }
  setRequestHeader(): void {}
  send(body: unknown): void {
    this.sent = body;
  }
  answers(status: number, response: unknown): void {
    Object.assign(this, { status, response });
    act(() => this.onload?.());
  }
}

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  sending = null;
  vi.stubGlobal("XMLHttpRequest", FakeSending);
  api = new FakeApi({
    "GET /session": { me: { agent_id: 1, name: "Rosa", role: "administrator" } },
    "GET /prompts": {
      shipped: [
        { id: "queue_position_2", languages: ["pt-BR"], duration_ms: 2_000, loops: false },
        { id: "queue_music", languages: [], duration_ms: 16_000, loops: true },
      ],
      uploaded: [CHRISTMAS],
      speaks: true,
    },
  });
});

async function choosesAFile(): Promise<File> {
  showWith(<SoundsPage />);
  const file = new File(["sound"], "Boas vindas.mp3", { type: "audio/mpeg" });
  const input = (await screen.findByTestId("upload")).querySelector("input[type=file]");
  await userEvent.upload(input as HTMLInputElement, file);
  await userEvent.click(screen.getByTestId("upload-send"));
  return file;
}

describe("an upload", () => {
  it("is sent as it is, under the name of its file, and tells how far it has come", async () => {
    const file = await choosesAFile();
    expect(sending?.url).toBe("/api/v1/prompts?name=Boas%20vindas");
    expect(sending?.sent).toBe(file);
    act(() => sending?.upload.onprogress?.({ loaded: 1, total: 4 }));
    expect(screen.getByTestId("upload-progress").textContent).toContain("25 %");
    sending?.answers(201, { ...CHRISTMAS, name: "Boas vindas" });
    expect((await screen.findByTestId("upload-done")).textContent).toContain("“Boas vindas” está pronto");
  });

  it("that is refused says why, and keeps file and name", async () => {
    await choosesAFile();
    sending?.answers(422, { error: { code: "invalid", problems: [{ field: "file", code: "too_long" }] } });
    expect((await screen.findByTestId("upload-trouble")).textContent).toContain("mais de dez minutos");
    expect(screen.getByTestId<HTMLInputElement>("upload-name").value).toBe("Boas vindas");
    expect(screen.getByTestId("upload-send").textContent).toBe("Tentar de novo");
  });

  it.each([
    [new TypeError("not sent"), "unreachable"],
    [new ApiError(413, "too_large", null), "too_large"],
    [new ApiError(409, "exists", null), "exists"],
    [new ApiError(422, "invalid", null, { problems: [{ field: "file", code: "FFmpegError" }] }), "no_sound"],
    [new ApiError(503, "unavailable", null), "unreachable"],
  ])("%o is %s", (error, trouble) => expect(uploadTrouble(error)).toBe(trouble));
});

describe("a sound", () => {
  it("gets another name, and is deleted when nobody plays it", async () => {
    showWith(<SoundsPage />);
    await userEvent.click(await screen.findByTestId("rename-sound"));
    await userEvent.clear(screen.getByTestId("sound-new-name"));
    await userEvent.type(screen.getByTestId("sound-new-name"), "Natal 2027");
    api.answers[`PUT /prompts/${CHRISTMAS.id}`] = CHRISTMAS;
    await userEvent.click(screen.getByTestId("save-name"));
    await waitFor(() => expect(screen.queryByTestId("sound-new-name")).toBeNull());
    expect(api.bodiesOf(`PUT /prompts/${CHRISTMAS.id}`)).toEqual([{ name: "Natal 2027" }]);
    await userEvent.click(screen.getByTestId("remove-sound"));
    api.answers[`DELETE /prompts/${CHRISTMAS.id}`] = () =>
      Response.json({ error: { code: "in_use", used_by: ["Vendas"] } }, { status: 409 });
    await userEvent.click(screen.getByTestId("remove-yes"));
    expect((await screen.findByTestId("deed-trouble")).textContent).toContain("ainda em uso por Vendas");
  });

  it("that a plan plays says whose, and cannot be deleted", async () => {
    api.answers["GET /prompts"] = { shipped: [], uploaded: [{ ...CHRISTMAS, used_by: ["Vendas"] }] };
    showWith(<SoundsPage />);
    expect((await screen.findByTestId("used-by")).textContent).toContain("Em uso por Vendas");
    expect(screen.getByTestId<HTMLButtonElement>("remove-sound").disabled).toBe(true);
  });

  it("that comes with Ramal has a name and its length", async () => {
    showWith(<SoundsPage />);
    const [music, second] = await screen.findAllByTestId("shipped-sound");
    expect(music?.textContent).toBe("Música de espera0:16 · sem palavras · repete sem fim");
    expect(second?.textContent).toBe("Você é o 2º da fila0:02");
  });
});

describe("words", () => {
  it("are spoken by the server under a name, and stay after a refusal", async () => {
    showWith(<SoundsPage />);
    await userEvent.type(await screen.findByTestId("speak-text"), "Hoje é feriado.");
    expect(screen.getByTestId("speak-send")).toHaveProperty("disabled", true);
    await userEvent.type(screen.getByTestId("speak-name"), "Feriado");
    api.answers["POST /prompts/spoken"] = () => Response.json({ error: { code: "exists" } }, { status: 409 });
    await userEvent.click(screen.getByTestId("speak-send"));
    expect((await screen.findByTestId("speak-trouble")).textContent).toBe("Já há um som com este nome.");
    api.answers["POST /prompts/spoken"] = { ...CHRISTMAS, name: "Feriado" };
    await userEvent.click(screen.getByTestId("speak-send"));
    expect((await screen.findByTestId("speak-done")).textContent).toContain("Feriado");
    expect(screen.getByTestId("speak-text")).toHaveProperty("value", "");
  });

  it("cannot be spoken by every server, and the page says what to do", async () => {
    api.answers["GET /prompts"] = { shipped: [], uploaded: [], speaks: false };
    showWith(<SoundsPage />);
    expect((await screen.findByTestId("speak")).textContent).toContain("espeak-ng");
    expect(screen.queryByTestId("speak-text")).toBeNull();
  });
});
