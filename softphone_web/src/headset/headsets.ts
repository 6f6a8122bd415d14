/** The headsets that this page may use the buttons of: those that the agent has chosen once, whenever they are there. */
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";
import { Headset } from "./headset";
import { TELEPHONY_PAGE } from "./report";

const isTelephone = (device: HIDDevice) => device.collections.some(({ usagePage }) => usagePage === TELEPHONY_PAGE);

export class Headsets {
  private readonly used = new Map<HIDDevice, Headset>();
  private readonly done = new AbortController();

  constructor(
    private readonly hid: HID,
    private readonly store: DeskStore,
    private readonly phone: Phone,
  ) {}

  async start(): Promise<void> {
    const { signal } = this.done;
    this.hid.addEventListener("connect", ({ device }) => void this.use(device), { signal });
    this.hid.addEventListener("disconnect", ({ device }) => this.drop(device), { signal });
    for (const device of await this.hid.getDevices()) await this.use(device);
  }

  stop(): void {
    this.done.abort();
    for (const device of [...this.used.keys()]) {
      this.drop(device);
      void device.close();
    }
  }

  /** Asks the agent which one, in a click. Their names; none: they chose none, or another program has it. */
  async choose(): Promise<string[]> {
    const chosen = await this.hid.requestDevice({ filters: [{ usagePage: TELEPHONY_PAGE }] });
    for (const device of chosen) await this.use(device);
    return this.names();
  }

  names(): string[] {
    return [...this.used.keys()].map(({ productName }) => productName);
  }

  private async use(device: HIDDevice): Promise<void> {
    if (!isTelephone(device) || this.used.has(device) || this.done.signal.aborted) return;
    try {
      if (!device.opened) await device.open();
    } catch {
      return; // another program has it
    }
    const headset = new Headset(device, this.store, this.phone);
    this.used.set(device, headset);
    headset.start();
  }

  private drop(device: HIDDevice): void {
    this.used.get(device)?.stop();
    this.used.delete(device);
  }
}
