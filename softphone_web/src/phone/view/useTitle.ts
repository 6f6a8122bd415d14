import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { RingingCall } from "../../contract/messages";
import { callerName } from "./caller";

const FLASH_MS = 1_000;

/** While a call rings the tab's title takes turns between the caller and the product. */
export function useTitle(ringing: readonly RingingCall[]): void {
  const { t } = useTranslation();
  const party = ringing[0]?.party;
  const caller = party === undefined ? null : callerName(party);
  useEffect(() => {
    const usual = t("app.name");
    document.title = usual;
    if (caller === null) return;
    const calling = t("ring.documentTitle", { caller });
    document.title = calling;
    const timer = setInterval(() => {
      document.title = document.title === calling ? usual : calling;
    }, FLASH_MS);
    return () => {
      clearInterval(timer);
      document.title = usual;
    };
  }, [caller, t]);
}
