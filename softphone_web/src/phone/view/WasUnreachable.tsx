import { MoonStar } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk, useDispatch } from "../../desk/DeskProvider";
import { Note } from "./Note";

/** The browser had put this page to sleep, or it hung: what the agent would otherwise never learn. */
export function WasUnreachable() {
  const { t, i18n } = useTranslation();
  const { wasUnreachable } = useDesk();
  const dispatch = useDispatch();
  if (wasUnreachable === null) return null;
  const clock = new Intl.DateTimeFormat(i18n.language, { timeStyle: "medium" });
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
          since: clock.format(wasUnreachable.since_unix_s * 1000),
          until: clock.format(wasUnreachable.until_unix_s * 1000),
        })}
      </p>
      <p>{t("quality.keepAwake")}</p>
    </Note>
  );
}
