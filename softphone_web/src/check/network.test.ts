import { describe, expect, it } from "vitest";
import type { PathFigures } from "../phone/seat";
import { checkNetwork, judge } from "./network";

const FINE: PathFigures = { connected: true, relayed: false, rtt_s: 0.04, loss: 0, jitter_s: 0.004 };

describe("a path", () => {
  it.each([
    [FINE, "good", []],
    [{ ...FINE, relayed: true }, "good", ["relayed"]],
    [{ ...FINE, rtt_s: 0.4 }, "poor", ["delay"]],
    [{ ...FINE, loss: 0.05, jitter_s: 0.05 }, "poor", ["loss", "jitter"]],
    [{ ...FINE, loss: 0.2, rtt_s: 0.4 }, "bad", ["loss", "delay"]],
    [{ ...FINE, loss: null, jitter_s: null }, "poor", ["not_reported"]],
    [{ ...FINE, connected: false }, "bad", ["no_path"]],
    [null, "bad", ["no_path"]],
  ] as const)("with %o is %s", (figures, verdict, findings) => {
    expect(judge(figures)).toMatchObject({ verdict, findings });
  });
});

class Phone {
  looks = 0;
  returned = 0;
  constructor(private readonly at: ((look: number) => PathFigures) | null) {}
  async lendSeat() {
    const { at } = this;
    return at === null ? null : { path: async () => at(this.looks++) };
  }
  returnSeat(): void {
    this.returned += 1;
  }
}

describe("the check", () => {
  it("listens for seconds, until the gateway has told what it heard", async () => {
    const phone = new Phone((look) => (look < 30 ? { ...FINE, loss: null } : FINE));
    expect((await checkNetwork(phone, async () => undefined)).verdict).toBe("good");
    expect([phone.looks, phone.returned]).toEqual([31, 1]);
  });

  it("does not believe the first report alone", async () => {
    const phone = new Phone((look) => (look < 16 ? FINE : { ...FINE, loss: 0.3 }));
    expect((await checkNetwork(phone, async () => undefined)).verdict).toBe("bad");
  });

  it("ends without a path, and without a seat, and gives back what it was lent", async () => {
    const closed = new Phone(() => ({ ...FINE, connected: false, loss: null }));
    expect((await checkNetwork(closed, async () => undefined)).findings).toEqual(["no_path"]);
    expect(closed.returned).toBe(1);
    const none = new Phone(null);
    expect((await checkNetwork(none, async () => undefined)).findings).toEqual(["no_path"]);
    expect(none.returned).toBe(1);
  });
});
