import { CircleCheck, CircleHelp, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import styles from "./Number.module.css";
import type { Finding } from "./settings";
import { findingText, findingTitle } from "./words";

const ICONS = { fine: CircleCheck, missing: CircleX, unknown: CircleHelp };

/** What Meta said when it was asked about a number, line by line. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const said = ({ code, said: words }: Finding) =>
    code === "webhook" ? moment(Date.parse(words) / 1000, now_s, i18n.language) : words;
  return (
    <ul className={styles.list} role="status" data-testid="findings">
      {findings.map((finding) => {
        const Icon = ICONS[finding.state];
        const words = findingText(t, finding);
        return (
          <li
            key={`${finding.code}-${finding.said}`}
            data-state={finding.state}
            data-testid="finding"
            data-code={finding.code}
          >
            <Icon size={18} aria-hidden="true" />
            <p>
              <strong>{findingTitle(t, finding)}</strong> {words ?? t(`number.state.${finding.state}`)}{" "}
              {finding.said === "" ? null : <small>{said(finding)}</small>}
            </p>
          </li>
        );
      })}
    </ul>
  );
}
