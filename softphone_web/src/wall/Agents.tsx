import { Button } from "@mantine/core";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { pauseText, type Reason, useReasons } from "../aftercall/reasons";
import type { WallAgent } from "../contract/messages";
import { PresenceIcon } from "./marks";
import { Since } from "./Since";
import styles from "./Wall.module.css";

/** More than anybody takes in at a glance; the rest are shown when they are asked for. */
const SHOWN = 100;

/** Agents and how they are, since when, and why they pause. */
export function Agents({ agents }: { agents: readonly WallAgent[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const reasons = useReasons().data?.pause ?? NO_REASONS;
  const shown = all ? agents : agents.slice(0, SHOWN);
  return (
    <section className={styles.block} aria-labelledby="wall-agents-title" data-testid="wall-agents">
      <h2 id="wall-agents-title">
        {t("wall.agents.title")} <span className={styles.count}>{agents.length}</span>
      </h2>
      {agents.length === 0 ? <p className={styles.none}>{t("wall.agents.none")}</p> : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long list scrolls, by keyboard too */}
      <ul className={styles.agents} tabIndex={0} aria-labelledby="wall-agents-title">
        {shown.map((agent) => (
          <Agent key={agent.agent_id} agent={agent} reasons={reasons} />
        ))}
      </ul>
      {shown.length < agents.length ? (
        <Button variant="subtle" size="xs" onClick={() => setAll(true)} data-testid="wall-all-agents">
          {t("wall.agents.all", { n: agents.length })}
        </Button>
      ) : null}
    </section>
  );
}

const NO_REASONS: readonly Reason[] = [];

const Agent = memo(function Agent({ agent, reasons }: { agent: WallAgent; reasons: readonly Reason[] }) {
  const { t } = useTranslation();
  const missing = agent.missing.map((thing) => t(`presence.missing.${thing}`));
  const why =
    agent.pause_reason !== null
      ? pauseText(t, agent.pause_reason, reasons)
      : missing.length > 0
        ? t("presence.missing.all", { things: missing.join(", ") })
        : null;
  return (
    <li className={styles.agent} data-presence={agent.presence} data-agent-id={agent.agent_id} data-testid="wall-agent">
      <PresenceIcon presence={agent.presence} />
      <strong>{agent.name}</strong>
      <span className={styles.presence} title={why ?? undefined}>
        {t(`presence.${agent.presence}`)}
        {why === null ? null : <small>{why}</small>}
      </span>
      {agent.since_unix_s === null ? null : <Since unix_s={agent.since_unix_s} />}
    </li>
  );
});
