import type { Texts } from "../pt-BR";

export const headsetEn: Texts["headset"] = {
  title: "Headset buttons",
  why: "Answer, hang up and mute on the headset itself, whose light follows the call. The browser asks once which one it is.",
  none: "No headset chosen.",
  used: "In use: {{names}}.",
  unsupported: "This browser does not use headset buttons. Chrome and Edge do.",
  failed: "The headset did not open. Close its vendor's program and try again.",
  choose: "Choose headset",
};
