import { MoonStar } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk, useDispatch } from "../../desk/DeskProvider";
import { timeWithSeconds } from "../../i18n/format";
import { Note } from "./Note";

/** The browser had put this page to sleep, or it hung: what the agent would otherwise never learn. */
export function WasUnreachable() {
  const { t, i18n } = useTranslation();
  const { wasUnreachable } = useDesk();
  const dispatch = useDispatch();
  if (wasUnreachable === null) return null;
  return (
    <Note
      kind="warn"
      icon={MoonStar}
      role="status"
      testid="was-unreachable"
      close={{ label: t("ringStopped.dismiss"), press: () => dispatch({ type: "unreachable_dismissed" }) }}
    >
      <p>
        {t("quality.wasUnreachable", {
          since: timeWithSeconds(wasUnreachable.since_unix_s, i18n.language),
          until: timeWithSeconds(wasUnreachable.until_unix_s, i18n.language),
        })}
      </p>
      <p>{t("quality.keepAwake")}</p>
    </Note>
  );
}
