import "../i18n/administrators";
import { CircleCheck, CircleHelp, CircleX, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { numberPtBR } from "../i18n/number/pt-BR";
import { knownIn, refusalText } from "../number/words";
import { Alerts } from "./Alerts";
import styles from "./Standing.module.css";
import type { NumberStanding } from "./standing";

/** How a number stands with Meta and what is open of it, in its row of the list. */
export function LineStanding({ standing }: { standing: NumberStanding }) {
  return (
    <div className={styles.line} data-testid="number-line">
      <Calling standing={standing} />
      <Health standing={standing} />
      <div>
        <Alerts number={standing.id} alerts={standing.alerts} />
      </div>
    </div>
  );
}

type Tone = "fine" | "warn" | "bad" | "unknown";
const ICONS: Record<Tone, LucideIcon> = { fine: CircleCheck, warn: TriangleAlert, bad: CircleX, unknown: CircleHelp };

interface FactProps {
  name: string;
  tone: Tone;
  words: string;
  testid: string;
  state: string;
  children?: ReactNode;
}

function Fact({ name, tone, words, testid, state, children }: FactProps) {
  const Icon = ICONS[tone];
  return (
    <div className={styles.fact} data-tone={tone} data-testid={testid} data-state={state}>
      <span className={styles.name}>{name}</span>
      <strong>
        <Icon size={16} aria-hidden="true" /> {words}
      </strong>
      {children}
    </div>
  );
}

function Calling({ standing: { id, calling } }: { standing: NumberStanding }) {
  const { t } = useTranslation();
  const { at_meta, ours, differing, state } = calling;
  const others = differing.filter((place) => place !== "calling").map((place) => t(`number.changed.${place}`));
  const tone =
    at_meta === "enabled" ? (differing.length > 0 ? "warn" : "fine") : at_meta === "disabled" ? "bad" : at_meta;
  return (
    <Fact
      name={t("standing.calling")}
      tone={tone}
      words={t(`standing.callingAt.${at_meta}`)}
      testid="line-calling"
      state={at_meta}
    >
      {differing.length === 0 ? null : (
        <Link to={`/numbers/${id}/settings#number-at-meta`} data-testid="line-differs">
          {[
            differing.includes("calling") && ours !== null
              ? t("standing.differsCalling", { ours: t(`standing.ours.${ours ? "on" : "off"}`) })
              : null,
            others.length > 0 ? t("standing.differs", { what: others.join(", ") }) : null,
          ]
            .filter((words) => words !== null)
            .join(" ")}
        </Link>
      )}
      {state === "waiting" ? <span>{t("standing.waiting")}</span> : null}
    </Fact>
  );
}

function Health({ standing: { health } }: { standing: NumberStanding }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const can = knownIn(numberPtBR.live.health, health.can_send);
  const quality = knownIn(numberPtBR.live.qualities, health.quality);
  const words = [
    can === null ? health.can_send : t(`number.live.health.${can}`),
    quality === null ? "" : t("standing.quality", { quality: t(`number.live.qualities.${quality}`) }),
  ].filter((word) => word !== "");
  const when = health.at === null ? "" : moment(Date.parse(health.at) / 1000, now_s, i18n.language);
  return (
    <Fact
      name={t("standing.health")}
      tone={toneOf(health)}
      words={words.join(", ") || t("number.live.unknown")}
      testid="line-health"
      state={health.state}
    >
      <span>{t(`standing.${health.state}`, { when })}</span>
      {health.failure === null ? null : <span>{t("standing.why", { why: refusalText(t, health.failure) })}</span>}
    </Fact>
  );
}

function toneOf({ state, can_send, quality }: NumberStanding["health"]): Tone {
  if (can_send === "BLOCKED" || quality === "RED") return "bad";
  if (can_send === "LIMITED" || quality === "YELLOW") return "warn";
  return state === "fresh" && can_send !== "" ? "fine" : "unknown";
}
