/** The wall of this page, as long as it is shown: opened at the gateway, kept up, and told what is on the screen. */
import { useEffect, useState } from "react";
import { useDesk, useGateway } from "../desk/DeskProvider";
import type { CommandProblem } from "../desk/desk";
import { changed, type Wall, wallOf } from "./wall";

export interface LiveWall {
  /** The last word of the gateway; kept while the link is lost. Null: none yet. */
  wall: Wall | null;
  /** Why there is none. */
  trouble: CommandProblem | null;
  retry: () => void;
}

export function useWall(): LiveWall {
  const { link } = useDesk();
  const gateway = useGateway();
  const [wall, setWall] = useState<Wall | null>(null);
  const [trouble, setTrouble] = useState<CommandProblem | null>(null);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is asked for again
  useEffect(() => {
    if (link !== "connected") return;
    let gone = false;
    const seen = new Seen((revision) => void gateway.send("wall.seen", { revision }));
    const stops = [
      gateway.listen("wall", (message) => {
        setWall(wallOf(message, Date.now() / 1000));
        setTrouble(null);
        seen.after(message.revision);
      }),
      gateway.listen("wall_changed", (message) => {
        setWall((before) => (before === null ? null : changed(before, message)));
        seen.after(message.revision);
      }),
      gateway.listen("wall_closed", () => {
        setWall(null);
        setTrouble("forbidden");
      }),
    ];
    void gateway.send("wall.open", {}).then((answered) => {
      if (gone) return;
      setTrouble(answered.ok ? null : answered.why);
      if (!answered.ok && answered.why === "forbidden") setWall(null);
    });
    return () => {
      gone = true;
      seen.stop();
      for (const stop of stops) stop();
      void gateway.send("wall.close", {});
    };
  }, [link, gateway, attempt]);

  return { wall, trouble, retry: () => setAttempt((n) => n + 1) };
}

/** Says which revision was painted, after the frame that shows it. A page that nobody sees paints nothing, and is sent
 * nothing more until somebody does. */
class Seen {
  private frame: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private revision = 0;

  constructor(private readonly say: (revision: number) => void) {}

  after(revision: number): void {
    this.revision = revision;
    this.frame ??= requestAnimationFrame(() => {
      this.timer = setTimeout(() => {
        this.frame = null;
        this.say(this.revision);
      });
    });
  }

  stop(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
  }
}
