import { CloseButton } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./Note.module.css";

interface NoteProps {
  kind: "plain" | "warn" | "bad";
  icon: LucideIcon;
  /** `alert` for what must be acted on, `status` for news. */
  role: "alert" | "status";
  testid: string;
  close?: { label: string; press: () => void };
  children: ReactNode;
}

/** A sentence with a next step, where the eye already is. */
export function Note({ kind, icon: Icon, role, testid, close, children }: NoteProps) {
  return (
    <div className={styles.note} data-kind={kind} role={role} data-testid={testid}>
      <Icon size={19} aria-hidden="true" />
      <div className={styles.text}>{children}</div>
      {close ? (
        <CloseButton size="sm" aria-label={close.label} onClick={close.press} data-testid={`${testid}-close`} />
      ) : null}
    </div>
  );
}

export function SmallPrint({ children }: { children: ReactNode }) {
  return <p className={styles.small}>{children}</p>;
}
