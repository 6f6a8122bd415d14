import { Button, Checkbox } from "@mantine/core";
import { Ban, CircleCheck, CircleHelp, Hourglass, PauseCircle, Star } from "lucide-react";
import { useTranslation } from "react-i18next";
import { DeleteTemplate } from "./DeleteTemplate";
import styles from "./Templates.module.css";
import type { KnownTemplate, Use } from "./templates";
import { categoryText, languageName, problemText, reasonText } from "./words";

const ICONS = {
  fine: CircleCheck,
  waiting: Hourglass,
  rejected: Ban,
  paused: PauseCircle,
  disabled: Ban,
  gone: CircleHelp,
  unknown: CircleHelp,
} as const satisfies Record<Use, unknown>;

interface TemplateRowProps {
  number: number;
  template: KnownTemplate;
  /** Among those that are chosen; -1: it is not. */
  place: number;
  problem: string | undefined;
  /** Which one of the same language makes room when this is chosen. */
  insteadOf: string | undefined;
  choose: () => void;
  leave: () => void;
  makeUsual: () => void;
}

/** A template as Meta has it: what it says, whether Meta sends it and why not, and what the number uses it for. */
export function TemplateRow({
  number,
  template,
  place,
  problem,
  insteadOf,
  choose,
  leave,
  makeUsual,
}: TemplateRowProps) {
  const { t, i18n } = useTranslation();
  const { name, language, use, status, reason, category, text } = template;
  const spoken = languageName(language, i18n.language);
  const Icon = ICONS[use];
  return (
    <li className={styles.row} data-testid="template" data-use={use} data-name={name} data-chosen={place >= 0}>
      <div className={styles.head}>
        <strong className={styles.name}>{name}</strong>
        <span className={styles.language}>{`${spoken} (${language})`}</span>
        <span className={styles.use} data-use={use}>
          <Icon size={16} aria-hidden="true" /> {t(`templates.use.${use}`)}
        </span>
      </div>
      {text === "" ? null : <blockquote className={styles.text}>{text}</blockquote>}
      {use === "fine" || use === "unknown" ? null : (
        <p className={styles.why} data-testid="template-why">
          {t(`templates.why.${use}`)} {reason === null ? null : reasonText(t, reason)}
        </p>
      )}
      <div className={styles.choice}>
        <Checkbox
          label={t("templates.useFor", { language: spoken })}
          description={
            place === -1 && insteadOf !== undefined ? t("templates.insteadOf", { name: insteadOf }) : undefined
          }
          checked={place >= 0}
          error={problem === undefined ? undefined : problemText(t, problem)}
          onChange={(event) => (event.currentTarget.checked ? choose() : leave())}
          data-testid="template-choose"
        />
        {place === 0 ? (
          <span className={styles.usual}>
            <Star size={15} aria-hidden="true" /> {t("templates.usual")}
          </span>
        ) : null}
        {place > 0 ? (
          <Button variant="default" size="xs" onClick={makeUsual} data-testid="template-usual">
            {t("templates.makeUsual")}
          </Button>
        ) : null}
        {template.chosen === null && place === -1 && status !== null ? (
          <DeleteTemplate number={number} template={template} />
        ) : null}
      </div>
      <small className={styles.small}>
        {[
          category === null ? null : categoryText(t, category),
          status === null ? null : t("templates.metas", { status: reason === null ? status : `${status}, ${reason}` }),
        ]
          .filter((words) => words !== null)
          .join(" · ")}
      </small>
    </li>
  );
}
