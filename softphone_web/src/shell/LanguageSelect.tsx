import { NativeSelect } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES, type Language } from "../i18n";
import styles from "./LanguageSelect.module.css";

export function LanguageSelect() {
  const { t, i18n } = useTranslation();
  return (
    <NativeSelect
      aria-label={t("shell.language")}
      size="sm"
      variant="unstyled"
      className={styles.select}
      rightSection={<ChevronDown size={15} aria-hidden="true" />}
      rightSectionWidth={22}
      value={i18n.language}
      onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
      data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
      data-testid="language-select"
    />
  );
}
