/** One headset: its buttons act on the phone, its lights follow the desk. */
import { isAsked, isMuted, myCall, ringingHere } from "../desk/desk";
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";
import { type Button, buttonsOf, isSet, type Light, lightsOf, reportsFor } from "./report";

export type HeadsetDevice = Pick<HIDDevice, "collections" | "addEventListener" | "removeEventListener" | "sendReport">;

type Acts = Pick<Phone, "answer" | "answerConsult" | "decline" | "hangUp" | "setMuted">;

export class Headset {
  private readonly buttons;
  private readonly lights;
  private readonly pressed: Record<Button, boolean> = { drop: false, hook: false, mute: false };
  private shown: string | null = null;
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly device: HeadsetDevice,
    private readonly store: DeskStore,
    private readonly phone: Acts,
  ) {
    this.buttons = buttonsOf(device.collections);
    this.lights = lightsOf(device.collections);
  }

  start(): void {
    this.device.addEventListener("inputreport", this.reported);
    this.unsubscribe = this.store.subscribe(() => this.show());
    this.show();
  }

  stop(): void {
    this.device.removeEventListener("inputreport", this.reported);
    this.unsubscribe();
  }

  private readonly reported = ({ reportId, data }: Pick<HIDInputReportEvent, "reportId" | "data">): void => {
    for (const button of ["hook", "drop", "mute"] as const) {
      const field = this.buttons[button];
      if (field === undefined || field.reportId !== reportId) continue;
      const pressed = isSet(data, field);
      if (pressed === this.pressed[button]) continue;
      this.pressed[button] = pressed;
      if (button === "hook") this.hook(pressed, field.absolute);
      else if (button === "drop" && pressed) this.drop();
      else if (button === "mute" && (pressed || field.absolute)) this.mute(field.absolute ? pressed : null);
    }
  };

  /** Off the hook answers and on the hook hangs up; a headset repeats what our light told it, and that is nothing new. A
   * press that is no state does what there is to do. */
  private hook(pressed: boolean, isState: boolean): void {
    const desk = this.store.current();
    const call = myCall(desk);
    if (call !== null) {
      if (isState ? !pressed : pressed) void this.phone.hangUp(call.call_id);
      return;
    }
    const ringing = ringingHere(desk)[0];
    if (!pressed) return;
    if (ringing !== undefined) void this.phone.answer(ringing.call_id);
    else if (isAsked(desk) && desk.state?.asked) void this.phone.answerConsult(desk.state.asked.call_id);
  }

  private drop(): void {
    const desk = this.store.current();
    const call = myCall(desk);
    const ringing = ringingHere(desk)[0];
    if (call !== null) void this.phone.hangUp(call.call_id);
    else if (ringing !== undefined) void this.phone.decline(ringing.call_id);
  }

  private mute(muted: boolean | null): void {
    const desk = this.store.current();
    const call = myCall(desk);
    if (call === null || isMuted(desk) === muted) return;
    void this.phone.setMuted(call.call_id, muted ?? !isMuted(desk));
  }

  private show(): void {
    const desk = this.store.current();
    const call = myCall(desk);
    const ring = ringingHere(desk).length > 0 && desk.answering === null;
    const lit: Record<Light, boolean> = {
      offHook: call !== null || desk.answering !== null,
      ring,
      mute: call !== null && isMuted(desk),
    };
    const wanted = JSON.stringify(lit);
    if (wanted === this.shown) return;
    this.shown = wanted;
    for (const [reportId, bytes] of reportsFor(this.device.collections, this.lights, lit)) {
      // A headset that was unplugged in this moment has no lights, and is told of as gone.
      void this.device.sendReport(reportId, bytes).catch(() => undefined);
    }
  }
}
