import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import styles from "./Admin.module.css";

export const OF_A_NUMBER = ["settings", "readiness", "plan", "hours", "templates", "recording", "sounds"] as const;
export type OfANumber = (typeof OF_A_NUMBER)[number];

/** Sounds are everybody's; with a number in the address their page leads back to it. */
export function addressOf(number: number, page: OfANumber): string {
  return page === "sounds" ? `/sounds?number=${number}` : `/numbers/${number}/${page}`;
}

/** All pages of one number, the same on each of them. On a narrow screen a strip, with the one that is shown in sight. */
export function NumberNav({ number, page }: { number: number; page: OfANumber }) {
  const { t } = useTranslation();
  const here = useRef<HTMLAnchorElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another place in the strip
  useEffect(() => {
    const strip = here.current?.parentElement;
    if (strip && here.current) strip.scrollLeft = here.current.offsetLeft - strip.offsetLeft - 12;
  }, [page]);
  return (
    <nav className={styles.numberTabs} aria-label={t("admin.pages")} data-testid="number-nav">
      {OF_A_NUMBER.map((other) => (
        <Link
          key={other}
          ref={other === page ? here : undefined}
          to={addressOf(number, other)}
          aria-current={other === page ? "page" : undefined}
          data-testid={`tab-${other}`}
        >
          {t(`numbers.page.${other}`)}
        </Link>
      ))}
    </nav>
  );
}
