import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import { showTimesIn } from "../i18n/zone";

// A busy machine must not fail a test.
configure({ asyncUtilTimeout: 20_000 });

afterEach(cleanup);
// What a session said is over with its test.
afterEach(() => showTimesIn(undefined));

vi.stubGlobal("matchMedia", (query: string) => ({
  matches: false,
  media: query,
  onchange: null,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
  dispatchEvent: () => false,
}));

class StillObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
vi.stubGlobal("ResizeObserver", StillObserver);
