import "../i18n/leaders";
import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { devicesPtBR } from "../i18n/devices/pt-BR";
import { Trouble } from "../shell/Trouble";
import { type Device, type Draft, refusedFields, useDevices, useWriteDevice } from "./devices";
import styles from "./NumbersPage.module.css";

/** Numbers that are connected by QR code, beside those with which calls are possible. Nothing here calls anybody. */
export function LinkedDevices({ isAdministrator }: { isAdministrator: boolean }) {
  const { t } = useTranslation();
  const devices = useDevices();
  const [open, setOpen] = useState<number | "new" | null>(null);
  const none = devices.data?.length === 0;
  if (none && !isAdministrator) return null;
  return (
    <section className={styles.number} aria-labelledby="devices-title" data-testid="linked-devices">
      <h2 id="devices-title">{t("devices.title")}</h2>
      <p className={styles.department}>{t("devices.intro")}</p>
      {devices.isError ? (
        <Trouble words={t("devices.unreachable")} retry={devices.refetch} testid="devices-trouble" />
      ) : null}
      {none ? <p className={styles.none}>{t("devices.none")}</p> : null}
      <ul className={styles.devices}>
        {devices.data?.map((device) => (
          <li key={device.id} data-testid="linked-device">
            {open === device.id ? (
              <DeviceForm device={device} onClose={() => setOpen(null)} />
            ) : (
              <>
                <strong>{device.label}</strong>
                <span className={styles.figures}>{`+${device.phone}`}</span>
                <span className={styles.off}>{t("devices.noCalls")}</span>
                {device.note === "" ? null : <p className={styles.department}>{device.note}</p>}
                {isAdministrator ? (
                  <Button size="xs" variant="default" onClick={() => setOpen(device.id)} data-testid="device-change">
                    {t("devices.change")}
                  </Button>
                ) : null}
              </>
            )}
          </li>
        ))}
      </ul>
      {isAdministrator && open === "new" ? <DeviceForm device={null} onClose={() => setOpen(null)} /> : null}
      {isAdministrator && open !== "new" ? (
        <Button size="sm" variant="default" onClick={() => setOpen("new")} data-testid="device-add">
          {t("devices.add")}
        </Button>
      ) : null}
    </section>
  );
}

type Problem = keyof typeof devicesPtBR.problem;

function DeviceForm({ device, onClose }: { device: Device | null; onClose: () => void }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Draft>(
    device === null ? { label: "", phone: "", note: "" } : { ...device, phone: `+${device.phone}` },
  );
  const writing = useWriteDevice(device?.id ?? null);
  const refused = refusedFields(writing.error);
  const wrong = (field: string): string | undefined => {
    const code = refused[field];
    return code !== undefined && Object.hasOwn(devicesPtBR.problem, code)
      ? t(`devices.problem.${code as Problem}`)
      : undefined;
  };
  const { label, phone, note } = draft;

  function save(event: FormEvent): void {
    event.preventDefault();
    writing.mutate({ label, phone, note }, { onSuccess: onClose });
  }

  return (
    <form className={styles.deviceForm} onSubmit={save} data-testid="device-form">
      {(["label", "phone", "note"] as const).map((field) => (
        <TextInput
          key={field}
          label={t(`devices.${field}`)}
          {...(field === "note" ? { description: t("devices.noteHint") } : {})}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft[field]}
          error={wrong(field)}
          autoComplete="off"
          onChange={(event) => setDraft({ ...draft, [field]: event.currentTarget.value })}
          data-testid={`device-${field}`}
        />
      ))}
      {refused[""] === undefined ? null : <p role="alert">{t("devices.failed")}</p>}
      <div className={styles.ways}>
        <Button type="submit" size="sm" loading={writing.isPending} data-testid="device-save">
          {t("devices.save")}
        </Button>
        <Button size="sm" variant="default" onClick={onClose}>
          {t("devices.close")}
        </Button>
        {device === null ? null : (
          <Button
            size="sm"
            variant="default"
            onClick={() => writing.mutate(null, { onSuccess: onClose })}
            data-testid="device-remove"
          >
            {t("devices.remove")}
          </Button>
        )}
      </div>
    </form>
  );
}
