import { Button } from "@mantine/core";
import { Headphones } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { headsets } from "./start";

/** The buttons of a headset, once it is chosen. */
export function HeadsetSettings({ className }: { className: string | undefined }) {
  const { t } = useTranslation();
  const [names, setNames] = useState(() => headsets()?.names() ?? []);
  const [failed, setFailed] = useState(false);
  const all = headsets();
  if (all === null) return <p className={className}>{t("headset.unsupported")}</p>;

  async function choose(): Promise<void> {
    setFailed(false);
    const now = (await all?.choose().catch(() => null)) ?? null;
    if (now === null) setFailed(true);
    else setNames(now);
  }

  return (
    <div data-testid="headset-settings">
      <p className={className}>{t("headset.why")}</p>
      <p role="status">
        {failed
          ? t("headset.failed")
          : names.length === 0
            ? t("headset.none")
            : t("headset.used", { names: names.join(", ") })}
      </p>
      <Button
        variant="default"
        leftSection={<Headphones size={17} aria-hidden="true" />}
        onClick={() => void choose()}
        data-testid="headset-choose"
      >
        {t("headset.choose")}
      </Button>
    </div>
  );
}
