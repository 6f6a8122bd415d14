import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { showWith } from "../test/page_world";
import { iso, permission, T0_unix_s, yes } from "../test/permissions";
import type { PhoneWorld } from "../test/phone_world";
import { CALL } from "../test/states";
import { ContactsPage } from "./ContactsPage";
import { type CallFrom, type Contact, isTooShort } from "./contacts";

const MARIA: Contact = {
  id: 7,
  given_name: "Padaria Pão Quente",
  profile_name: "Maria",
  customer_label: "+55 11 ••••• 0101",
  identities: [
    { kind: "phone", label: "+55 11 ••••• 0101" },
    { kind: "bsuid", label: "BR ••••• 0001" },
  ],
  numbers: [{ number_id: 1, label: "Vendas", last_at: "2026-11-25T12:30:00Z" }],
  last_at: "2026-11-25T12:30:00Z",
  last_call: { call_id: CALL, number_id: 1, direction: "inbound", outcome: "missed", at: "2026-11-25T12:30:00Z" },
  callback_id: 3,
  protocol: "2026000017",
};
const FROM: CallFrom[] = [
  { number_id: 1, label: "Vendas", last_at: "2026-11-25T12:30:00Z", permission: "none" },
  { number_id: 2, label: "Suporte", last_at: null, permission: "temporary" },
  { number_id: 3, label: "Cobrança", last_at: null, permission: "none" },
];
const MAY_CALL = {
  call_from: [
    { number_id: 1, label: "Vendas", country: "BR" },
    { number_id: 2, label: "Suporte", country: "BR" },
  ],
};

let world: PhoneWorld;
let asked: string[];
let pages: Record<string, { contacts: Contact[]; next: string | null }>;
let broken: boolean;
let windowOpen: boolean;
let refusal: object | null;

beforeAll(() => {
  startTranslations();
  chooseLanguage("pt-BR");
});

beforeEach(() => {
  asked = [];
  broken = false;
  windowOpen = false;
  refusal = null;
  pages = { "": { contacts: [MARIA], next: null } };
  history.replaceState(null, "", "/contacts");
  vi.stubGlobal("fetch", async (url: string, options: RequestInit) => {
    const path = url.replace("/api/v1", "");
    const method = options.method ?? "GET";
    asked.push(`${method} ${path}${options.body ? ` ${options.body}` : ""}`);
    if (refusal !== null && path === "/call-invites") return Response.json({ error: refusal }, { status: 409 });
    return broken ? new Response("{}", { status: 503 }) : new Response(JSON.stringify(answer(method, path)));
  });
});

afterEach(() => world.phone.stop());

function answer(method: string, path: string): object {
  if (method === "PUT") return MARIA;
  if (path.startsWith("/contacts?")) return pages[path.slice("/contacts?".length)] ?? { contacts: [], next: null };
  if (path === "/contacts/7") return { ...MARIA, call_from: FROM };
  if (path.endsWith("/notes")) return { notes: [] };
  if (path.startsWith("/calls")) return { calls: [] };
  return permission(windowOpen ? { invite: { ...yes, until: iso(T0_unix_s + 3_600) } } : {});
}

async function opens(path = "/contacts"): Promise<void> {
  history.replaceState(null, "", path);
  world = showWith(<ContactsPage />);
  await act(async () => world.says(MAY_CALL));
}

describe("the list", () => {
  it("says who, from where, when last, and what is owed to them", async () => {
    await opens();
    const line = await screen.findByTestId("contact");
    expect(within(line).getByTestId("contact-open").textContent).toBe("Padaria Pão Quente");
    expect(line.textContent).toContain("+55 11 ••••• 0101");
    expect(line.textContent).toContain("Vendas");
    expect(line.textContent).toContain("Perdida");
    expect(within(line).getByTestId("contact-protocol").textContent).toContain("2026000017");
    expect(within(line).getByTestId("contact-callback")).toBeTruthy();
  });

  it("is searched by what is typed, once the typing pauses, and not by too little", async () => {
    pages["search=jo%C3%A3o"] = { contacts: [{ ...MARIA, id: 8, given_name: "João" }], next: null };
    await opens();
    await screen.findByTestId("contact");
    await userEvent.type(screen.getByTestId("contacts-search"), "j");
    expect(await screen.findByText(/ao menos duas letras/)).toBeTruthy();
    await userEvent.type(screen.getByTestId("contacts-search"), "oão");
    expect(await screen.findByText("João")).toBeTruthy();
    expect(asked.filter((path) => path.includes("search"))).toEqual(["GET /contacts?search=jo%C3%A3o"]);
  });

  it("that nobody fits says so, and can be cleared", async () => {
    await opens();
    await userEvent.type(screen.getByTestId("contacts-search"), "zzz");
    const none = await screen.findByText("Ninguém encontrado para “zzz”.");
    await userEvent.click(within(none.parentElement as HTMLElement).getByRole("button"));
    expect(await screen.findByTestId("contact")).toBeTruthy();
  });

  it("goes on where the page before ended", async () => {
    pages[""] = { contacts: [MARIA], next: "5.7" };
    pages["after=5.7"] = { contacts: [{ ...MARIA, id: 9, given_name: "Rita" }], next: null };
    await opens();
    await userEvent.click(await screen.findByTestId("contacts-more"));
    await screen.findByText("Rita");
    expect(screen.getAllByTestId("contact")).toHaveLength(2);
    expect(screen.queryByTestId("contacts-more")).toBeNull();
  });

  it("that cannot be loaded says so and can be tried again; an empty one teaches", async () => {
    broken = true;
    await opens();
    await screen.findByTestId("contacts-trouble");
    broken = false;
    pages[""] = { contacts: [], next: null };
    await userEvent.click(screen.getByTestId("contacts-trouble-retry"));
    expect(await screen.findByText("Seus contatos aparecem aqui")).toBeTruthy();
  });

  it("gives a customer to the phone", async () => {
    await opens();
    await userEvent.click(await screen.findByTestId("contact-call"));
    expect(world.store.current().chosen).toEqual({
      contact_id: 7,
      number_id: 1,
      name: "Padaria Pão Quente",
      label: "+55 11 ••••• 0101",
    });
  });
});

describe("a contact", () => {
  it("shows how they stand with each number, and may be called from mine", async () => {
    await opens("/contacts/7");
    const numbers = await screen.findAllByTestId("contact-number");
    expect(numbers.map((number) => number.dataset.permission)).toEqual(["none", "temporary", "none"]);
    const radios = numbers.map((number) => within(number).getByRole<HTMLInputElement>("radio"));
    expect(radios.map((radio) => [radio.checked, radio.disabled])).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(await screen.findByTestId("dial-ask")).toBeTruthy();
    expect(asked).toContain("GET /permissions?number_id=1&contact_id=7&by=phone");
    await userEvent.click(radios[1] as HTMLInputElement);
    await userEvent.selectOptions(screen.getByTestId("contact-by"), "bsuid");
    await waitFor(() => expect(asked).toContain("GET /permissions?number_id=2&contact_id=7&by=bsuid"));
    await userEvent.click(await screen.findByTestId("dial-ask"));
    const wish = { number_id: 2, customer: { contact_id: 7, by: "bsuid" } };
    expect(asked).toContain(`POST /permission-requests ${JSON.stringify(wish)}`);
  });

  it("is invited to call by a button that rings for me first, or I read why not", async () => {
    await opens("/contacts/7");
    expect((await screen.findByTestId("invite-why-not")).textContent).toContain("não escreve há mais de 24 horas");
    expect(screen.queryByTestId("invite-send")).toBeNull();
    windowOpen = true;
    await userEvent.selectOptions(screen.getByTestId("contact-by"), "bsuid");
    const text = await screen.findByTestId<HTMLTextAreaElement>("invite-text");
    await userEvent.clear(text);
    expect(screen.getByTestId<HTMLButtonElement>("invite-send").disabled).toBe(true);
    await userEvent.type(text, "Ligue para mim");
    refusal = { code: "invite.country", next_step: "use_another_number", meta_code: 131009 };
    await userEvent.click(screen.getByTestId("invite-send"));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("O WhatsApp não oferece o botão de ligar a números deste país.");
    refusal = null;
    await userEvent.click(screen.getByTestId("invite-send"));
    expect(await screen.findByText("Convite enviado.")).toBeTruthy();
    const wish = { number_id: 1, customer: { contact_id: 7, by: "bsuid" }, text: "Ligue para mim" };
    const sent = asked.filter((one) => one.startsWith("POST /call-invites")).at(-1);
    expect(sent).toBe(`POST /call-invites ${JSON.stringify({ ...wish, label: "Ligar agora", agent_id: 1 })}`);
  });

  it("is forgotten by administrators alone, who are told what goes and asked", async () => {
    await opens("/contacts/7");
    await screen.findByRole("heading", { name: "Padaria Pão Quente" });
    expect(screen.queryByTestId("forgetting")).toBeNull();
    await act(async () => world.says({ ...MAY_CALL, me: { agent_id: 1, name: "Rosa", role: "administrator" } }));
    const posts = () => asked.filter((one) => one.startsWith("POST"));
    await userEvent.click(screen.getByTestId("forget"));
    expect(screen.getByRole("alertdialog").textContent).toContain("anotações de Padaria Pão Quente");
    expect(posts()).toEqual([]);
    broken = true;
    await userEvent.click(screen.getByTestId("sure-yes"));
    expect(await screen.findByTestId("deed-trouble")).toBeTruthy();
    broken = false;
    await userEvent.click(screen.getByTestId("forget"));
    await userEvent.click(screen.getByTestId("sure-yes"));
    await screen.findByTestId("contacts-search");
    expect(posts()).toEqual(["POST /contacts/7/erase", "POST /contacts/7/erase"]);
  });

  it("gets a name of ours, or its profile's back", async () => {
    await opens("/contacts/7");
    await userEvent.click(await screen.findByTestId("contact-rename"));
    const field = screen.getByTestId<HTMLInputElement>("contact-name-field");
    await userEvent.clear(field);
    await userEvent.type(field, "Dona Maria{Enter}");
    expect(asked).toContain('PUT /contacts/7/name {"name":"Dona Maria"}');
    await waitFor(() => expect(screen.queryByTestId("contact-naming")).toBeNull());
    await userEvent.click(screen.getByTestId("contact-rename"));
    await userEvent.click(screen.getByTestId("contact-name-profile"));
    expect(asked).toContain('PUT /contacts/7/name {"name":null}');
  });
});

it("too little to look for is known before anybody is asked", () => {
  for (const text of ["j", "12", "+5", "(0)1", "a b"]) expect(isTooShort(text), text).toBe(true);
  for (const text of ["", " ", "jo", "123", "@maria", "j silva"]) expect(isTooShort(text), text).toBe(false);
});
