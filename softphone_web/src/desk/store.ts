import { type Desk, type DeskEvent, emptyDesk, reduceDesk } from "./desk";

/** The one live state of a page. Listeners hear of every change, after it. */
export class DeskStore {
  private desk: Desk = emptyDesk;
  private readonly listeners = new Set<() => void>();

  readonly current = (): Desk => this.desk;

  readonly dispatch = (event: DeskEvent): void => {
    const next = reduceDesk(this.desk, event);
    if (next === this.desk) return;
    this.desk = next;
    for (const listener of [...this.listeners]) listener();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}
