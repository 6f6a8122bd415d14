import { Button } from "@mantine/core";
import { UserX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import "../i18n/systems";
import { useDesk } from "../desk/DeskProvider";
import { ApiError } from "../session/api";
import { DeedTrouble } from "../system/ChooseSome";
import { troubleText } from "../system/deeds";
import { Sure } from "../system/Sure";
import { useForget } from "./retention";

/** For administrators: everything that tells who a customer is or what they said goes. */
export function Forgetting({ contact, name }: { contact: number; name: string }) {
  const { t } = useTranslation();
  const { state } = useDesk();
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const forgetting = useForget(contact);
  if (state?.me.role !== "administrator") return null;
  const { error } = forgetting;
  const forget = () =>
    forgetting.mutate(undefined, {
      onSuccess: () => navigate("/contacts", { replace: true }),
      onError: () => setAsking(false),
    });
  return (
    <div data-testid="forgetting">
      {asking ? (
        <Sure
          name={t("retention.forget.button")}
          effect={t("retention.forget.sure", { name })}
          yes={t("retention.forget.yes")}
          pending={forgetting.isPending}
          onYes={forget}
          onNo={() => setAsking(false)}
        />
      ) : (
        <Button
          variant="default"
          size="xs"
          leftSection={<UserX size={14} aria-hidden="true" />}
          onClick={() => setAsking(true)}
          data-testid="forget"
        >
          {t("retention.forget.button")}
        </Button>
      )}
      <DeedTrouble words={error === null ? null : wordsOf(error)} />
    </div>
  );

  function wordsOf(wrong: Error): string {
    const code = wrong instanceof ApiError ? wrong.code : null;
    if (code === "on_hold") return t("retention.forget.onHold");
    return code === "in_call" ? t("retention.forget.inCall") : troubleText(t, wrong);
  }
}
