import { Button } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useDesk } from "../desk/DeskProvider";
import styles from "./Empty.module.css";

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  /** What will be here. */
  words: ReactNode;
  /** What to do next: a button, a way to somewhere, or whom to ask. */
  children: ReactNode;
  /** Where it is one part of a page or form that has others. */
  part?: boolean;
  testid?: string;
}

/** Nothing is there yet. Each page's words for it are its own; that it says all three things is held by a test. */
export function Empty({ icon: Icon, title, words, children, part = false, testid }: EmptyProps) {
  return (
    <div className={styles.empty} data-part={part} data-empty="" data-testid={testid}>
      <Icon size={30} strokeWidth={1.5} aria-hidden="true" />
      <h2>{title}</h2>
      <p>{words}</p>
      <div className={styles.next} data-next="">
        {children}
      </div>
    </div>
  );
}

/** A way to the page where one goes on. */
export function Go({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Button component={Link} to={to} variant="light" size="sm">
      {children}
    </Button>
  );
}

/** To a part of this very page. */
export function GoDown({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Button
      variant="light"
      size="sm"
      onClick={() => {
        const part = document.querySelector<HTMLElement>(to);
        part?.scrollIntoView?.({ block: "center" });
        part?.focus({ preventScroll: true });
      }}
    >
      {children}
    </Button>
  );
}

/** What helps calls to come: administrators see to the numbers, everybody else to their own computer. */
export function TowardsCalls() {
  const { t } = useTranslation();
  return useDesk().state?.me.role === "administrator" ? (
    <Go to="/numbers">{t("empty.go.numbers")}</Go>
  ) : (
    <Go to="/check">{t("empty.go.check")}</Go>
  );
}
