import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { AskedNow, RingingCall } from "../../contract/messages";
import { callerName } from "./caller";

const FLASH_MS = 1_000;

/** While a call or a colleague rings the tab's title takes turns between who it is and the product. */
export function useTitle(ringing: readonly RingingCall[], asked: AskedNow | null): void {
  const { t } = useTranslation();
  const party = ringing[0]?.party;
  const caller = party === undefined ? null : callerName(party);
  const asker = asked?.by ?? null;
  useEffect(() => {
    const usual = t("app.name");
    document.title = usual;
    if (caller === null && asker === null) return;
    const calling =
      caller === null ? `☎ ${t("transfer.asks", { name: asker ?? "" })}` : t("ring.documentTitle", { caller });
    document.title = calling;
    const timer = setInterval(() => {
      document.title = document.title === calling ? usual : calling;
    }, FLASH_MS);
    return () => {
      clearInterval(timer);
      document.title = usual;
    };
  }, [caller, asker, t]);
}
