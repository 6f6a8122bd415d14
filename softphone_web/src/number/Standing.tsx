import { Megaphone, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Notice } from "../admin/SaveBar";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { numberPtBR } from "../i18n/number/pt-BR";
import { useNamedPart } from "../standing/useNamedPart";
import styles from "./Number.module.css";
import type { NumberSettings } from "./settings";
import { kindText, knownIn, refusalText } from "./words";

const UNLIMITED = 2 ** 31 - 1;

/** How the number stands with Meta: health, quality, messaging limit, restrictions and warnings. */
export function Standing({ stored: { live, warnings } }: { stored: NumberSettings }) {
  const { t, i18n } = useTranslation();
  useNamedPart("number-standing");
  const now_s = useNow_s();
  const when = (at: string) => moment(Date.parse(at) / 1000, now_s, i18n.language);
  const quality = knownIn(numberPtBR.live.qualities, live.quality);
  const canSend = knownIn(numberPtBR.live.health, live.can_send);
  const errors = live.health.flatMap((each) => each.errors.map((error) => ({ ...error, entity: each.entity })));
  return (
    <section aria-labelledby="number-standing" data-testid="number-standing">
      <h2 id="number-standing">{t("number.live.title")}</h2>
      <p className={styles.hint}>
        {live.at === null ? t("number.live.never") : t("number.live.asked", { when: when(live.at) })}{" "}
        {live.failure === null ? null : t("number.live.failure", { why: refusalText(t, live.failure) })}
      </p>
      {live.coexistence === true ? (
        <Notice tone="warn" testid="number-coexistence">
          {t("number.live.coexistence")}
        </Notice>
      ) : null}
      {live.sip === true ? (
        <Notice tone="warn" testid="number-sip">
          {t("number.live.sip")}
        </Notice>
      ) : null}
      <dl className={styles.facts}>
        <Fact name={t("number.live.name")} value={live.verified_name} />
        <Fact
          name={t("number.live.quality")}
          value={quality === null ? live.quality : t(`number.live.qualities.${quality}`)}
        />
        <Fact name={t("number.live.tier")} value={tierText()} testid="number-tier" />
        <Fact
          name={t("number.live.canSend")}
          value={canSend === null ? live.can_send : t(`number.live.health.${canSend}`)}
          testid="number-health"
        />
      </dl>
      {errors.length === 0 ? null : (
        <ul className={styles.list}>
          {errors.map((error) => {
            const entity = knownIn(numberPtBR.live.entity, error.entity);
            return (
              <li key={`${error.entity}-${error.code}`} data-state="missing">
                <TriangleAlert size={18} aria-hidden="true" />
                <p>
                  <strong>{entity === null ? error.entity : t(`number.live.entity.${entity}`)}</strong> {error.said}{" "}
                  {error.solution} <small>{t("number.atMeta.code", { code: error.code })}</small>
                </p>
              </li>
            );
          })}
        </ul>
      )}
      <h3>{t("number.live.restrictions")}</h3>
      {live.restrictions.length === 0 ? <p className={styles.hint}>{t("number.live.none")}</p> : null}
      <ul className={styles.list} data-testid="number-restrictions" hidden={live.restrictions.length === 0}>
        {live.restrictions.map(({ kind, until }) => (
          <li key={kind} data-state="missing">
            <TriangleAlert size={18} aria-hidden="true" />
            <p>
              {kindText(t, kind)} {until === null ? null : t("number.live.until", { when: when(until) })}{" "}
              <small>{kind}</small>
            </p>
          </li>
        ))}
      </ul>
      <h3>{t("number.live.warnings")}</h3>
      {warnings.length === 0 ? <p className={styles.hint}>{t("number.live.noWarnings")}</p> : null}
      <ul className={styles.list} data-testid="number-warnings" hidden={warnings.length === 0}>
        {warnings.map(({ at, type, until }) => (
          <li key={`${at}-${type}`}>
            <Megaphone size={18} aria-hidden="true" />
            <p>
              <strong>{when(at)}</strong> {kindText(t, type)}{" "}
              {until === null ? null : t("number.live.until", { when: when(until) })} <small>{type}</small>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );

  function tierText(): string {
    if (live.messaging_limit === null) return live.tier;
    if (live.messaging_limit >= UNLIMITED) return t("number.live.tierUnlimited");
    return t("number.live.tierValue", { limit: live.messaging_limit.toLocaleString(i18n.language) });
  }
}

function Fact({ name, value, testid }: { name: string; value: string; testid?: string }) {
  const { t } = useTranslation();
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testid}>{value === "" ? t("number.live.unknown") : value}</dd>
    </div>
  );
}
