import { Button } from "@mantine/core";
import { Lock, LockOpen, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import "../i18n/systems";
import { ApiError } from "../session/api";
import { DeedTrouble } from "../system/ChooseSome";
import { troubleText } from "../system/deeds";
import { Sure } from "../system/Sure";
import system from "../system/System.module.css";
import { type Thing, useErase, useHold } from "./retention";

interface ErasingProps {
  thing: Thing;
  call: string;
  /** Under legal hold; null: not known here, and not changed here. */
  held: boolean | null;
  /** Nobody lifts here what another hold holds. */
  fixed?: boolean;
  /** What stands beside it is out of date. */
  onDone?: () => void;
}

/** For administrators: holding what is kept of a call, and erasing it. */
export function Erasing({ thing, call, held, fixed = false, onDone }: ErasingProps) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const holding = useHold(thing, call);
  const erasing = useErase(thing, call);
  const name = t(`retention.eraseOf.${thing}`);
  const error = erasing.error ?? holding.error;
  const erase = () => erasing.mutate(undefined, { onSuccess: onDone, onSettled: () => setAsking(false) });
  return (
    <div data-testid={`erasing-${thing}`}>
      <div className={system.buttons}>
        {held === null ? null : (
          <Button
            size="xs"
            variant="default"
            leftSection={held ? <LockOpen size={14} aria-hidden="true" /> : <Lock size={14} aria-hidden="true" />}
            title={t(held ? "retention.letGoOf" : "retention.holdOf")}
            loading={holding.isPending}
            disabled={fixed}
            onClick={() => holding.mutate(!held, { onSuccess: onDone })}
            data-testid="hold"
          >
            {t(held ? "retention.letGo" : "retention.hold")}
          </Button>
        )}
        {held === true ? null : (
          <Button
            size="xs"
            variant="default"
            leftSection={<Trash2 size={14} aria-hidden="true" />}
            aria-label={name}
            disabled={asking}
            onClick={() => setAsking(true)}
            data-testid="erase"
          >
            {t("retention.erase")}
          </Button>
        )}
      </div>
      {asking ? (
        <Sure
          name={name}
          effect={t(`retention.sure.${thing}`)}
          yes={t("retention.yes")}
          pending={erasing.isPending}
          onYes={erase}
          onNo={() => setAsking(false)}
        />
      ) : null}
      <DeedTrouble words={error === null ? null : wordsOf(error)} />
    </div>
  );

  function wordsOf(wrong: Error): string {
    const code = wrong instanceof ApiError ? wrong.code : null;
    if (code === "on_hold") return t("retention.onHold");
    return code === "in_call" ? t("retention.inCall") : troubleText(t, wrong);
  }
}
