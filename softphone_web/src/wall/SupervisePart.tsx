import { Button } from "@mantine/core";
import { Ear, Headphones, type LucideIcon, PhoneForwarded, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { WallCall, Way } from "../contract/messages";
import { useDesk, usePhone } from "../desk/DeskProvider";
import { type Desk, myCall, phoneIsElsewhere, supervised } from "../desk/desk";
import styles from "./Wall.module.css";
import { isUp, mayListen, type Wall } from "./wall";

const WAYS: readonly { way: Way; icon: LucideIcon }[] = [
  { way: "listen", icon: Headphones },
  { way: "whisper", icon: Ear },
  { way: "barge_in", icon: Users },
];

/** Why I cannot come into this call now; null: I can. The gateway decides by itself. */
export function whyNot(
  desk: Desk,
  wall: Wall,
  call: WallCall,
): "link" | "grant" | "notUp" | "busy" | "other" | "tab" | null {
  if (desk.link !== "connected") return "link";
  if (!mayListen(wall, call)) return "grant";
  if (!isUp(call)) return "notUp";
  if (phoneIsElsewhere(desk)) return "tab";
  const me = desk.state?.me.agent_id;
  if (call.supervisor !== null && call.supervisor.agent_id !== me) return "other";
  const other = supervised(desk)?.call_id;
  if (myCall(desk) !== null || (other !== undefined && other !== call.call_id)) return "busy";
  return null;
}

/** The ways into one call, each with what it means for those in it. */
export function SupervisePart({ wall, call }: { wall: Wall; call: WallCall }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const why = whyNot(desk, wall, call);
  const own = supervised(desk);
  const now = own?.call_id === call.call_id ? own.way : null;
  const refused = desk.refused?.command.startsWith("supervise.") ? desk.refused.why : null;
  const id = `supervise-${call.call_id}`;
  const takesOver = desk.pending.includes("supervise.take_over");
  return (
    <section className={styles.supervise} aria-label={t("wall.supervise.of", { caller: call.name ?? call.label })}>
      <div className={styles.ways}>
        {WAYS.map(({ way, icon: Icon }) => (
          <div key={way} className={styles.way}>
            <Button
              size="sm"
              variant={way === now ? "filled" : "default"}
              leftSection={<Icon size={16} aria-hidden="true" />}
              aria-pressed={way === now}
              aria-describedby={`${id}-${way}`}
              disabled={why !== null}
              loading={desk.pending.includes(`supervise.${way}`)}
              onClick={() => void phone.supervise(call.call_id, way)}
              data-testid={`wall-${way}`}
            >
              {t(`wall.supervise.do.${way}`)}
            </Button>
            <p id={`${id}-${way}`}>{t(`supervise.now.${way}`)}</p>
          </div>
        ))}
        <div className={styles.way}>
          <Button
            size="sm"
            variant="default"
            leftSection={<PhoneForwarded size={16} aria-hidden="true" />}
            aria-describedby={`${id}-take-over`}
            disabled={why !== null}
            loading={takesOver}
            onClick={() => void phone.takeCallOver(call.call_id)}
            data-testid="wall-take-over"
          >
            {t("wall.supervise.do.takeOver")}
          </Button>
          <p id={`${id}-take-over`}>{t("wall.supervise.takeOver", { agent: call.agent ?? "" })}</p>
        </div>
      </div>
      <p className={styles.why} role="status" data-testid="wall-why-not">
        {why !== null
          ? t(`wall.supervise.why.${why}`, { name: call.supervisor?.name ?? "" })
          : refused !== null
            ? t(`refused.${refused}`)
            : t("wall.supervise.audited")}
      </p>
    </section>
  );
}
