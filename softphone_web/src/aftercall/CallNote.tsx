import { UnstyledButton } from "@mantine/core";
import { NotebookPen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./AfterCall.module.css";
import { NotePad } from "./NotePad";
import { useNote } from "./note";

/** A note beside a call, opened when there is something to write. */
export function CallNote({ call_id, withResult = false }: { call_id: string; withResult?: boolean }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <div className={styles.note}>
      <UnstyledButton
        className={styles.opener}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        data-testid="note-open"
      >
        <NotebookPen size={16} aria-hidden="true" /> {t("afterCall.write")}
      </UnstyledButton>
      {open ? <OpenNote call_id={call_id} withResult={withResult} /> : null}
    </div>
  );
}

function OpenNote({ call_id, withResult }: { call_id: string; withResult: boolean }) {
  return <NotePad pad={useNote(call_id)} withResult={withResult} />;
}
