import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Me } from "../contract/messages";
import type { Capacity } from "../numbers/capacity";
import { request } from "../session/api";
import styles from "./Trouble.module.css";

/** It changes hardly ever; who waits for it to be over sees it soon. */
const AGAIN_MS = 300_000;
const WAITING_MS = 15_000;

/** On every page while no number is enabled: that no call comes in or goes out, and who can change it. */
export function CallingState({ me }: { me: Pick<Me, "role"> }) {
  const { t } = useTranslation();
  const capacity = useQuery({
    queryKey: ["capacity"],
    queryFn: async () => (await request("GET", "/capacity")) as Capacity,
    refetchInterval: ({ state }) => (state.data?.calling === "not_enabled" ? WAITING_MS : AGAIN_MS),
  });
  if (capacity.data?.calling !== "not_enabled") return null;
  return (
    <div className={styles.trouble} role="status" data-testid="calling-not-enabled">
      <TriangleAlert size={18} aria-hidden="true" />
      <span>
        {t("shell.notEnabled.what")}{" "}
        {me.role === "administrator" ? (
          <Link to="/numbers">{t("shell.notEnabled.enable")}</Link>
        ) : (
          t("shell.notEnabled.who")
        )}
      </span>
    </div>
  );
}
