/** A gateway of fixed answers, by method and path without the query; what it was asked is kept. */
import { vi } from "vitest";

type Answer = object | ((body: never) => object);

export class FakeApi {
  asked: string[] = [];
  private readonly bodies: [string, unknown][] = [];

  constructor(readonly answers: Record<string, Answer>) {
    vi.stubGlobal("fetch", (url: string, options: RequestInit) => this.answer(url, options));
  }

  /** What was sent with each such request, in order. */
  bodiesOf(what: string): unknown[] {
    return this.bodies.filter(([asked]) => asked === what).map(([, body]) => body);
  }

  private async answer(url: string, options: RequestInit): Promise<Response> {
    const what = `${options.method} ${url.replace("/api/v1", "").replace(/\?.*/, "")}`;
    const body = options.body === undefined ? undefined : JSON.parse(String(options.body));
    this.asked.push(what);
    this.bodies.push([what, body]);
    const answer = this.answers[what];
    if (answer === undefined) return Response.json({ error: { code: "not_found" } }, { status: 404 });
    const said = typeof answer === "function" ? (answer as (body: unknown) => object)(body) : answer;
    return said instanceof Response ? said : Response.json(said);
  }
}
