import { UnstyledButton } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import { type ReactNode, useState } from "react";
import styles from "./Disclosure.module.css";

interface DisclosureProps {
  label: string;
  icon: LucideIcon;
  testid: string;
  disabled?: boolean;
  /** What is shown while it is open; `close` folds it again. */
  children: (close: () => void) => ReactNode;
}

/** Something of a card that is opened when it is needed. */
export function Disclosure({ label, icon: Icon, testid, disabled = false, children }: DisclosureProps) {
  const [open, setOpen] = useState(false);
  return (
    <div className={styles.disclosure}>
      <UnstyledButton
        className={styles.opener}
        aria-expanded={open}
        disabled={disabled}
        onClick={() => setOpen(!open)}
        data-testid={testid}
      >
        <Icon size={16} aria-hidden="true" /> {label}
      </UnstyledButton>
      {open ? children(() => setOpen(false)) : null}
    </div>
  );
}
