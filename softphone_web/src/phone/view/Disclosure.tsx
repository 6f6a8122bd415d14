import { UnstyledButton } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import styles from "./Disclosure.module.css";

interface DisclosureProps {
  label: string;
  icon: LucideIcon;
  testid: string;
  disabled?: boolean;
  /** What is shown while it is open; `close` folds it again, and gives the focus back to what opened it. */
  children: (close: () => void) => ReactNode;
}

/** Something of a card that is opened when it is needed. */
export function Disclosure({ label, icon: Icon, testid, disabled = false, children }: DisclosureProps) {
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => {
    opener.current?.focus(); // before the focus goes down with what it is in
    setOpen(false);
  };
  return (
    <div className={styles.disclosure}>
      <UnstyledButton
        ref={opener}
        className={styles.opener}
        aria-expanded={open}
        disabled={disabled}
        onClick={() => setOpen(!open)}
        data-testid={testid}
      >
        <Icon size={16} aria-hidden="true" /> {label}
      </UnstyledButton>
      {open ? children(close) : null}
    </div>
  );
}
