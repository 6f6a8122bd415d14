import { BellRing, ListOrdered, type LucideIcon, Megaphone, PhoneCall, PhoneOff, Route, Voicemail } from "lucide-react";
import type { Kind } from "./plan";

export const KIND_ICONS: Readonly<Record<Kind, LucideIcon>> = {
  ring: BellRing,
  announce: Megaphone,
  menu: Route,
  queue: ListOrdered,
  offer_callback: PhoneCall,
  voicemail: Voicemail,
  hang_up: PhoneOff,
};
