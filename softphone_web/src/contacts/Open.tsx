import { PhoneCall, Ticket } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Contact } from "./contacts";
import styles from "./Open.module.css";

/** What somebody owes them. */
export function Open({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  return (
    <div className={styles.open}>
      {contact.callback_id === null ? null : (
        <Link to="/callbacks" className={styles.due} data-testid="contact-callback">
          <PhoneCall size={14} aria-hidden="true" /> {t("contacts.callback")}
        </Link>
      )}
      {contact.protocol === null ? null : (
        <span className={styles.protocol} data-testid="contact-protocol">
          <Ticket size={14} aria-hidden="true" /> {t("contacts.protocol", { code: contact.protocol })}
        </span>
      )}
    </div>
  );
}
