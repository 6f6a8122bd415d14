import { NativeSelect } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ListenButton } from "../sounds/ListenButton";
import styles from "./PlanPage.module.css";
import { usePage } from "./page";
import { soundName } from "./words";

interface SoundInputProps {
  label: string;
  value: string | null;
  /** What no sound is called, where none is needed. */
  nothing: string | null;
  /** Of the words. */
  language: string;
  error?: string | undefined;
  onChange: (to: string | null) => void;
  testid: string;
}

/** Parts of longer announcements: nobody would play one alone. */
const PARTS = /^queue_position_/;

export function SoundInput({ label, value, nothing, language, error, onChange, testid }: SoundInputProps) {
  const { t } = useTranslation();
  const { names, sounds } = usePage();
  const option = (id: string) => ({ value: id, label: soundName(t, names, id) });
  const shipped = sounds.shipped.filter(({ id }) => !PARTS.test(id) || id === value);
  const gone = value !== null && !names.sounds.has(value) ? [option(value)] : [];
  const groups = [
    { group: t("plans.soundsUploaded"), items: [...gone, ...sounds.uploaded.map(({ id }) => option(id))] },
    { group: t("plans.soundsShipped"), items: shipped.map(({ id }) => option(id)) },
  ];
  return (
    <div className={styles.sound}>
      <NativeSelect
        label={label}
        error={error}
        rightSection={<ChevronDown size={16} aria-hidden="true" />}
        value={value ?? ""}
        data={[
          ...(nothing === null ? [] : [{ value: "", label: nothing }]),
          ...groups.filter(({ items }) => items.length > 0),
        ]}
        onChange={(event) => onChange(event.currentTarget.value === "" ? null : event.currentTarget.value)}
        data-testid={testid}
      />
      {value !== null && names.sounds.has(value) ? (
        <ListenButton id={value} name={soundName(t, names, value)} language={language} />
      ) : null}
    </div>
  );
}
