import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeskState } from "../contract/messages";
import { chooseLanguage, startTranslations } from "../i18n";
import { PhonePanel } from "../phone/view/PhonePanel";
import { showWith } from "../test/page_world";
import { awaited, granted, no, permission, T0_unix_s, yes } from "../test/permissions";
import type { PhoneWorld } from "../test/phone_world";
import { currentCall } from "../test/states";
import type { PermissionState } from "./permission";

let world: PhoneWorld;
/** What the gateway answers now. */
let standing: PermissionState;
let asked: { method: string; url: string; body: unknown }[];
let askAnswer: { status: number; body: unknown };

const VENDAS = { number_id: 1, label: "Vendas", country: "BR" };
const SUPORTE = { number_id: 2, label: "Suporte", country: "BR" };
const MARIA = { contact_id: 7, number_id: 2, name: "Maria", label: "+55 11 ••••• 0101" };

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: T0_unix_s * 1000 });
  standing = permission();
  asked = [];
  askAnswer = { status: 202, body: awaited() };
  vi.stubGlobal("fetch", async (url: string, options: RequestInit) => {
    if (url.endsWith("/caller")) return Response.json({ known: false });
    const method = options.method ?? "GET";
    asked.push({ method, url, body: options.body ? JSON.parse(String(options.body)) : null });
    const { status, body } = method === "POST" ? askAnswer : { status: 200, body: standing };
    if (method === "POST" && status === 202) standing = body as PermissionState;
    return new Response(JSON.stringify(body), { status });
  });
  world = showWith(<PhonePanel />);
});

afterEach(() => {
  world.phone.stop();
  vi.useRealTimers();
});

async function says(changes: Partial<DeskState> = {}): Promise<void> {
  await act(async () => world.says({ call_from: [VENDAS], server_unix_s: T0_unix_s, ...changes }));
}

async function chooses(): Promise<void> {
  await act(async () => world.store.dispatch({ type: "callee_chosen", chosen: MARIA }));
}

async function newsFromTheGateway(): Promise<void> {
  const message = { number_id: 1, contact_id: 7, status: standing.status, until_unix_s: null };
  await act(async () => world.store.dispatch({ type: "permission_changed", message }));
}

async function until(outlook: string): Promise<HTMLElement> {
  await waitFor(() => expect(screen.getByTestId("dial-offer").dataset.outlook).toBe(outlook));
  return screen.getByTestId("dial-offer");
}

describe("an agent who may not call", () => {
  it("is shown nothing to call with", async () => {
    await says({ call_from: [] });
    expect(screen.queryByTestId("dial-panel")).toBeNull();
  });
});

describe("a typed number", () => {
  it("is asked about with its country code, once the typing has paused, and written as it should be", async () => {
    await says();
    await userEvent.type(screen.getByLabelText("Telefone do cliente"), "11955550101");
    await until("ask");
    expect(asked.map(({ url }) => url)).toEqual(["/api/v1/permissions?number_id=1&phone=5511955550101"]);
    expect(screen.getByTestId("dial-will-call").textContent).toBe("Vai ligar para +55 11 95555 0101 (Brasil)");
    await userEvent.tab();
    expect(screen.getByTestId<HTMLInputElement>("dial-callee").value).toBe("+55 11 95555 0101");
  });

  it("that is none says so beside the field, and there is nothing to press", async () => {
    await says();
    await userEvent.type(screen.getByTestId("dial-callee"), "9555");
    await userEvent.tab();
    expect(screen.getByText("Faltam dígitos.")).toBeTruthy();
    expect(screen.queryByTestId("dial-button")).toBeNull();
    expect(asked).toEqual([]);
  });
});

describe("a chosen contact", () => {
  it("is asked about by its contact, from the number of its last call", async () => {
    await says({ call_from: [VENDAS, SUPORTE] });
    await chooses();
    await until("ask");
    expect(asked[0]?.url).toBe("/api/v1/permissions?number_id=2&contact_id=7");
    expect(screen.getByTestId("dial-chosen").textContent).toContain("Maria");
    expect(document.activeElement?.id).toBe("dial-title");
    await userEvent.selectOptions(screen.getByTestId("dial-from"), "Vendas");
    await waitFor(() => expect(asked.at(-1)?.url).toBe("/api/v1/permissions?number_id=1&contact_id=7"));
  });

  it("can be put away again", async () => {
    await says();
    await chooses();
    await userEvent.click(screen.getByRole("button", { name: "Escolher outro cliente" }));
    expect(screen.getByTestId("dial-callee")).toBeTruthy();
  });
});

describe("asking for permission", () => {
  it("sends one request, says when, why not again and until when, and shows the call button once the customer accepts", async () => {
    await says();
    await chooses();
    await until("ask");
    expect(screen.getByTestId("dial-status").textContent).toBe("Este cliente ainda não permitiu chamadas.");
    await userEvent.click(screen.getByRole("button", { name: "Pedir permissão" }));
    const offer = await until("wait");
    expect(asked.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([
      { number_id: 1, customer: { contact_id: 7 } },
    ]);
    expect(within(offer).getByTestId("dial-asked").textContent).toMatch(/^Permissão pedida às .*Aguardando/);
    expect(within(offer).getByTestId("dial-countdown").textContent).toBe("Pode pedir de novo em 3 h 12 min");
    expect(offer.textContent).toContain("Regra da Meta: um pedido por dia.");
    expect(within(offer).getByTestId<HTMLButtonElement>("dial-ask").disabled).toBe(true);

    standing = granted();
    await newsFromTheGateway();
    await until("call");
    expect(screen.getByTestId("dial-offer").textContent).toContain("O cliente permite chamadas até");
    await waitFor(() =>
      expect(within(screen.getByTestId("dial-offer")).getByRole("status").textContent).toBe(
        "O cliente permitiu chamadas. Você já pode ligar.",
      ),
    );
  });

  it("that Meta refuses says why in words, with its code in small print", async () => {
    askAnswer = {
      status: 409,
      body: { error: { code: "permission.app_too_old", next_step: "tell_customer", meta_code: 131026 } },
    };
    await says();
    await chooses();
    await until("ask");
    await userEvent.click(screen.getByTestId("dial-ask"));
    const refused = await screen.findByTestId("dial-refused");
    expect(refused.textContent).toContain("antigo demais");
    expect(refused.textContent).toContain("atualize o WhatsApp");
    expect(refused.textContent).toContain("Código da Meta: 131026");
  });
});

describe("calling", () => {
  it("sends the wish once and steps aside for the call", async () => {
    standing = granted();
    await says();
    await chooses();
    await until("call");
    await userEvent.click(screen.getByRole("button", { name: "Ligar" }));
    const [name, message] = world.messages.at(-1) ?? [];
    expect(name).toBe("call.place");
    expect(message).toMatchObject({ number_id: 1, callee: 7, confirm_risk: false });
    await says({ presence: "in_call", call: currentCall({ phase: "ringing", direction: "outbound" }) });
    expect(screen.queryByTestId("dial-panel")).toBeNull();
    expect(screen.getByTestId("call-card").textContent).toContain("Tocando no cliente…");
    expect(screen.getByTestId("hangup-button").textContent).toBe("Cancelar chamada");
  });

  it("sends a wish whose ack was lost again as the same wish", async () => {
    standing = granted();
    world.answers.set("call.place", { ok: false, why: "no_answer" });
    await says();
    await chooses();
    await until("call");
    const press = () => userEvent.click(screen.getByTestId("dial-button"));
    await press();
    await press();
    const keys = world.messages
      .filter(([name]) => name === "call.place")
      .map(([, message]) => (message as { key: string }).key);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it("warns before a second unanswered call", async () => {
    standing = granted({ call: { ...yes, caution: "permission.second_unanswered" } });
    await says();
    await chooses();
    await until("call");
    expect(screen.getByTestId("dial-risk").textContent).toContain("não foi atendida");
  });

  it("needs a second press, with the effect named, before the fourth", async () => {
    standing = granted({ call: no("permission.last_unanswered", { limit: 4, used: 3, next_step: "confirm" }) });
    await says();
    await chooses();
    await until("call");
    await userEvent.click(screen.getByTestId("dial-button"));
    expect(world.sent).not.toContain("call.place");
    expect(screen.getByTestId("dial-confirm").textContent).toContain("o WhatsApp retira a permissão");
    expect(document.activeElement).toBe(screen.getByTestId("dial-confirm-button"));
    await userEvent.click(screen.getByTestId("dial-dont-call"));
    expect(screen.queryByTestId("dial-confirm")).toBeNull();
    await userEvent.click(screen.getByTestId("dial-button"));
    await userEvent.keyboard("{Enter}");
    expect(world.messages.at(-1)?.[1]).toMatchObject({ confirm_risk: true });
  });

  it("that is refused says why where it was pressed", async () => {
    standing = granted();
    const refused = {
      code: "customer.in_call",
      fault: "limit",
      rule: "one_call_per_customer",
      next_step: "wait",
      meta_code: 138003,
    } as const;
    const ack = { ok: false, understood: "call.place", why: "call_refused", refused } as const;
    world.answers.set("call.place", { ok: false, why: "call_refused", ack });
    await says();
    await chooses();
    await until("call");
    await userEvent.click(screen.getByTestId("dial-button"));
    const said = await screen.findByTestId("dial-refused");
    expect(said.textContent).toContain("Já há uma chamada com este cliente. Regra da Meta: uma chamada por vez");
    expect(said.textContent).toContain("138003");
    expect(within(said).getByTestId("dial-because").textContent).toContain("só tem uma linha");
    expect(screen.queryByTestId("refused-note")).toBeNull();
  });

  it("waits for an agent who is not ready, and says what to do", async () => {
    standing = granted({ call: no("agent.not_ready", { next_step: "get_ready" }) });
    await says({ presence: "paused", availability: "paused" });
    await chooses();
    const offer = await until("wait");
    expect(offer.textContent).toContain("Seu ramal não está disponível.");
    const why = document.getElementById(screen.getByTestId("dial-button").getAttribute("aria-describedby") ?? "");
    expect(why).toBe(screen.getByTestId("dial-why-not"));
    standing = granted();
    await says({});
    await until("call");
  });
});

describe("a customer that the number does not know", () => {
  it("is no customer to call", async () => {
    vi.stubGlobal("fetch", async () => new Response('{"error":{"code":"not_found"}}', { status: 404 }));
    await says();
    await chooses();
    await until("unknown");
    expect(screen.getByTestId("dial-offer").textContent).toContain("não é conhecido por este número");
  });

  it("says why nobody may be called while the account has run dry, and who helps", async () => {
    standing = granted({ call: no("number.balance_low", { next_step: "top_up" }) });
    await says();
    await chooses();
    await screen.findByTestId("dial-offer");
    await waitFor(() => expect(screen.getByTestId("dial-why-not").textContent).toContain("abaixo do mínimo"));
    expect(screen.getByTestId("dial-why-not").textContent).toContain("Peça ao administrador que recarregue");
    expect((screen.getByTestId("dial-button") as HTMLButtonElement).disabled).toBe(true);
  });
});
