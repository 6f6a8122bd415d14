import { CloseButton } from "@mantine/core";
import { ClipboardCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useRoute } from "wouter";
import { useDesk } from "../desk/DeskProvider";
import { rememberChecked, wasChecked } from "./done";
import styles from "./FirstCheck.module.css";

/** On a computer that was never checked: the way there, until it is taken or sent away. */
export function FirstCheck() {
  const { t } = useTranslation();
  const { link, state } = useDesk();
  const [known, setKnown] = useState(wasChecked);
  const [here] = useRoute("/check");
  if (known || here || wasChecked() || link !== "connected" || state?.presence !== "offline") return null;
  return (
    <div className={styles.hint} data-testid="first-check">
      <ClipboardCheck size={19} aria-hidden="true" />
      <p>
        {t("phone.firstCheck")} <Link to="/check">{t("phone.firstCheckGo")}</Link>
      </p>
      <CloseButton
        size="sm"
        aria-label={t("phone.firstCheckClose")}
        onClick={() => {
          rememberChecked();
          setKnown(true);
        }}
      />
    </div>
  );
}
