import { beforeEach, describe, expect, it, vi } from "vitest";
import { DeskStore } from "../desk/store";
import { CALL, currentCall, deskState, ringingCall } from "../test/states";
import { Headset } from "./headset";
import { Headsets } from "./headsets";

const bit = (usages: number[], isAbsolute: boolean, reportCount = usages.length): HIDReportItem => ({
  usages,
  isAbsolute,
  reportSize: 1,
  reportCount,
});
const padding = (bits: number): HIDReportItem => ({ isConstant: true, reportSize: bits, reportCount: 1 });

/** As many office headsets describe themselves: hook and line busy, mute as a press, a drop key; three lights. */
const COLLECTIONS: HIDCollectionInfo[] = [
  { usagePage: 0x0c, usage: 1, inputReports: [{ reportId: 1, items: [bit([0x0c00e9, 0x0c00ea], true), padding(6)] }] },
  {
    usagePage: 0x0b,
    usage: 5,
    inputReports: [
      {
        reportId: 2,
        items: [bit([0x0b0020, 0x0b0097], true), bit([0x0b002f], false), padding(5), bit([0x0b0026], true), padding(7)],
      },
    ],
    outputReports: [{ reportId: 3, items: [padding(7), bit([0x080017, 0x080009], true), bit([0x080018], true)] }],
  },
];
const HOOK = 0b0000_0001;
const MUTE = 0b0000_0100;
const DROP = 0b1_0000_0000;

class Device extends EventTarget {
  opened = false;
  collections = COLLECTIONS;
  productName = "Office 40";
  readonly lights: [number, string][] = [];
  async open(): Promise<void> {
    this.opened = true;
  }
  async close(): Promise<void> {
    this.opened = false;
  }
  async sendReport(reportId: number, data: BufferSource): Promise<void> {
    this.lights.push([reportId, [...(data as Uint8Array)].map((byte) => byte.toString(2)).join(" ")]);
  }
  press(bits: number, reportId = 2): void {
    const data = new DataView(Uint8Array.of(bits & 0xff, bits >> 8).buffer);
    this.dispatchEvent(Object.assign(new Event("inputreport"), { reportId, data }));
  }
}

let device: Device;
let store: DeskStore;
let acts: string[];
const phone = {
  answer: async (call_id: string) => void acts.push(`answer ${call_id}`),
  answerConsult: async (call_id: string) => void acts.push(`consult ${call_id}`),
  decline: async (call_id: string) => void acts.push(`decline ${call_id}`),
  hangUp: async (call_id: string) => void acts.push(`hang up ${call_id}`),
  setMuted: async (call_id: string, muted: boolean) => void acts.push(`mute ${call_id} ${muted}`),
};

function says(changes: Parameters<typeof deskState>[0]): void {
  store.dispatch({ type: "state", state: deskState(changes), now_unix_s: 1_000 });
}

beforeEach(() => {
  acts = [];
  device = new Device();
  store = new DeskStore();
  store.dispatch({ type: "link_up" });
  new Headset(device as unknown as HIDDevice, store, phone).start();
});

describe("a headset", () => {
  it("answers what rings off the hook, and hangs up on it", () => {
    says({ ringing: [ringingCall()] });
    device.press(HOOK);
    says({ call: currentCall() });
    device.press(HOOK);
    device.press(0);
    expect(acts).toEqual([`answer ${CALL}`, `hang up ${CALL}`]);
  });

  it("that repeats what its light was told does nothing by it", () => {
    says({ call: currentCall() }); // answered on the page
    device.press(HOOK);
    says({ call: null });
    device.press(0);
    expect(acts).toEqual([]);
  });

  it("mutes and unmutes by presses, and drops or declines by its other key", () => {
    says({ call: currentCall() });
    device.press(MUTE);
    device.press(0);
    says({ call: currentCall({ muted: true }) });
    device.press(MUTE);
    device.press(0);
    device.press(DROP);
    device.press(0);
    says({ call: null, ringing: [ringingCall()] });
    device.press(DROP);
    expect(acts).toEqual([`mute ${CALL} true`, `mute ${CALL} false`, `hang up ${CALL}`, `decline ${CALL}`]);
  });

  it("in whose other reports nothing is a button of ours", () => {
    says({ ringing: [ringingCall()] });
    device.press(HOOK, 1);
    device.press(0b10);
    expect(acts).toEqual([]);
  });

  it("shows ring, call and mute by its lights, each once", () => {
    says({ ringing: [ringingCall()] });
    says({ ringing: [ringingCall()], revision: 9 });
    says({ call: currentCall() });
    says({ call: currentCall({ muted: true }) });
    says({});
    // Seven bits of padding, then off hook, mute, ring.
    expect(device.lights.map(([, bits]) => bits)).toEqual(["0 0", "0 10", "10000000 0", "10000000 1", "0 0"]);
    expect(new Set(device.lights.map(([id]) => id))).toEqual(new Set([3]));
  });
});

class Hid extends EventTarget {
  known: Device[] = [];
  chosen: Device[] = [];
  getDevices = async () => this.known;
  requestDevice = async () => this.chosen;
}

describe("headsets", () => {
  it("that were chosen once are used whenever they are there, and others, or taken ones, are not", async () => {
    const hid = new Hid();
    const speaker = new Device();
    speaker.collections = COLLECTIONS.slice(0, 1);
    const taken = new Device();
    taken.open = vi.fn().mockRejectedValue(new Error("in use"));
    hid.known = [device, speaker, taken];
    const all = new Headsets(hid as unknown as HID, store, phone as never);
    await all.start();
    expect(all.names()).toEqual(["Office 40"]);
    hid.dispatchEvent(Object.assign(new Event("disconnect"), { device }));
    expect(all.names()).toEqual([]);
    hid.chosen = [device];
    expect(await all.choose()).toEqual(["Office 40"]);
    all.stop();
    expect(device.opened).toBe(false);
  });
});
