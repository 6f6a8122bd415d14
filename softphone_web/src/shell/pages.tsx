import {
  AudioLines,
  Blocks,
  BookUser,
  ChartColumn,
  CircleQuestionMark,
  Gauge,
  Headphones,
  History,
  LayoutDashboard,
  type LucideIcon,
  PhoneMissed,
  ScrollText,
  TextSearch,
  Users,
} from "lucide-react";
import { type ComponentType, lazy } from "react";
import { useOpenCallbacks } from "../callbacks/callbacks";
import { RecentCalls } from "../calls/RecentCalls";
import type { Me } from "../contract/messages";

/** A page of the app and its place in the navigation. What everybody needs at once is loaded with the app, the rest
 * when it is first opened. */
export interface Page {
  path: string;
  /** What belongs to it, where that is more than its path. */
  route?: string;
  /** Its name is the text `shell.<name>`, its link the test id `nav-<name>`. */
  name:
    | "calls"
    | "history"
    | "callbacks"
    | "contacts"
    | "wall"
    | "numbers"
    | "measures"
    | "search"
    | "people"
    | "sounds"
    | "system"
    | "audio"
    | "help";
  icon: LucideIcon;
  component: ComponentType;
  /** Who finds it in the navigation; the server decides by itself what it tells whom. */
  roles: readonly Me["role"][];
  /** Where administrators set up calling: a group of its own in their navigation. */
  setsUp?: true;
  /** It tells whoever else has its address why it is not for them. Else the shell says that it is for supervisors. */
  explains?: true;
  /** A number beside the name, such as that of things to do. Called as a hook, on every page. */
  useBadge?: () => number;
}

const EVERYBODY: Page["roles"] = ["agent", "supervisor", "administrator"];

const LEADERS: Page["roles"] = ["supervisor", "administrator"];

const ADMINISTRATORS: Page["roles"] = ["administrator"];

export const PAGES: readonly Page[] = [
  { path: "/", name: "calls", icon: History, component: RecentCalls, roles: EVERYBODY },
  {
    path: "/history",
    name: "history",
    icon: ScrollText,
    component: lazy(async () => ({ default: (await import("../history/HistoryPage")).HistoryPage })),
    roles: EVERYBODY,
  },
  {
    path: "/callbacks",
    name: "callbacks",
    icon: PhoneMissed,
    component: lazy(async () => ({ default: (await import("../callbacks/CallbacksPage")).CallbacksPage })),
    roles: EVERYBODY,
    useBadge: useOpenCallbacks,
  },
  {
    path: "/contacts",
    route: "/contacts/:id?",
    name: "contacts",
    icon: BookUser,
    component: lazy(async () => ({ default: (await import("../contacts/ContactsPage")).ContactsPage })),
    roles: EVERYBODY,
  },
  {
    path: "/wall",
    name: "wall",
    icon: LayoutDashboard,
    component: lazy(async () => ({ default: (await import("../wall/WallPage")).WallPage })),
    roles: LEADERS,
    explains: true,
  },
  {
    path: "/numbers",
    name: "numbers",
    icon: Gauge,
    component: lazy(async () => ({ default: (await import("../numbers/NumbersPage")).NumbersPage })),
    roles: LEADERS,
    setsUp: true,
  },
  {
    path: "/measures",
    name: "measures",
    icon: ChartColumn,
    component: lazy(async () => ({ default: (await import("../measures/MeasuresPage")).MeasuresPage })),
    roles: LEADERS,
  },
  {
    path: "/search",
    name: "search",
    icon: TextSearch,
    component: lazy(async () => ({ default: (await import("../search/SearchPage")).SearchPage })),
    roles: LEADERS,
    explains: true,
  },
  {
    path: "/people",
    name: "people",
    icon: Users,
    component: lazy(async () => ({ default: (await import("../people/PeoplePage")).PeoplePage })),
    roles: ADMINISTRATORS,
    setsUp: true,
    explains: true,
  },
  {
    path: "/sounds",
    name: "sounds",
    icon: AudioLines,
    component: lazy(async () => ({ default: (await import("../sounds/SoundsPage")).SoundsPage })),
    roles: ADMINISTRATORS,
    setsUp: true,
    explains: true,
  },
  {
    path: "/system",
    name: "system",
    icon: Blocks,
    component: lazy(async () => ({ default: (await import("../system/KeysPage")).KeysPage })),
    roles: ADMINISTRATORS,
    setsUp: true,
    explains: true,
  },
  {
    path: "/audio",
    name: "audio",
    icon: Headphones,
    component: lazy(async () => ({ default: (await import("../settings/AudioPage")).AudioPage })),
    roles: EVERYBODY,
  },
  {
    path: "/help",
    name: "help",
    icon: CircleQuestionMark,
    component: lazy(async () => ({ default: (await import("../help/HelpPage")).HelpPage })),
    roles: EVERYBODY,
  },
];

/** Pages that are opened from another one. They tell by themselves whom they are for. */
export const INNER_PAGES: readonly Pick<Page, "path" | "route" | "component">[] = [
  { path: "/check", component: lazy(async () => ({ default: (await import("../check/CheckPage")).CheckPage })) },
  {
    path: "/numbers/new",
    component: lazy(async () => ({ default: (await import("../number/AddNumberPage")).AddNumberPage })),
  },
  {
    path: "/numbers/:id/settings",
    component: lazy(async () => ({ default: (await import("../number/NumberSettingsPage")).NumberSettingsPage })),
  },
  {
    path: "/numbers/:id/readiness",
    component: lazy(async () => ({ default: (await import("../readiness/ReadinessPage")).ReadinessPage })),
  },
  {
    path: "/numbers/:id/plan",
    component: lazy(async () => ({ default: (await import("../plans/PlanPage")).PlanPage })),
  },
  {
    path: "/numbers/:id/hours",
    component: lazy(async () => ({ default: (await import("../hours/HoursPage")).HoursPage })),
  },
  {
    path: "/numbers/:id/templates",
    component: lazy(async () => ({ default: (await import("../templates/TemplatesPage")).TemplatesPage })),
  },
  {
    path: "/numbers/:id/recording",
    component: lazy(async () => ({ default: (await import("../policies/PoliciesPage")).PoliciesPage })),
  },
  {
    path: "/measures/reports",
    component: lazy(async () => ({ default: (await import("../measures/MailedPage")).MailedPage })),
  },
  {
    path: "/system/events",
    component: lazy(async () => ({ default: (await import("../system/EventsPage")).EventsPage })),
  },
  {
    path: "/system/reports",
    component: lazy(async () => ({ default: (await import("../system/ReportsPage")).ReportsPage })),
  },
  {
    path: "/system/retention",
    component: lazy(async () => ({ default: (await import("../retention/RetentionPage")).RetentionPage })),
  },
  {
    path: "/system/rates",
    component: lazy(async () => ({ default: (await import("../system/RatesPage")).RatesPage })),
  },
  {
    path: "/system/reasons",
    component: lazy(async () => ({ default: (await import("../system/ReasonsPage")).ReasonsPage })),
  },
  {
    path: "/system/jobs",
    component: lazy(async () => ({ default: (await import("../jobs/JobsPage")).JobsPage })),
  },
  {
    path: "/system/audit",
    component: lazy(async () => ({ default: (await import("../system/AuditPage")).AuditPage })),
  },
];
