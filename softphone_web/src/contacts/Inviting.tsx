import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { PhoneIncoming } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../desk/DeskProvider";
import { useNow_s } from "../desk/useNow";
import { reasonOf } from "../dial/outlook";
import { type Callee, usePermission } from "../dial/permission";
import { reasonOfError, ruleText, stepText, whyText } from "../dial/words";
import { moment } from "../i18n/format";
import { request } from "../session/api";
import styles from "./ContactView.module.css";

const TEXT_LIMIT = 1_024;

/** A message with a button: whoever presses it calls us, without having allowed calls, and reaches who sent it first. */
export function Inviting({ number_id, callee }: { number_id: number; callee: Callee }) {
  const { t, i18n } = useTranslation();
  const { state } = useDesk();
  const now_s = useNow_s();
  const permission = usePermission(number_id, callee, state?.presence ?? "offline");
  const [text, setText] = useState(t("contacts.invite.usual"));
  const [toMe, setToMe] = useState(true);
  const sending = useMutation({
    mutationFn: async () => {
      const agent_id = toMe ? (state?.me.agent_id ?? null) : null;
      const label = t("contacts.invite.label");
      await request("POST", "/call-invites", { number_id, customer: callee, text: text.trim(), label, agent_id });
    },
    onSuccess: () => permission.refetch(),
  });
  const invite = permission.data?.invite;
  if (invite === undefined) return null;
  const why = sending.error !== null ? reasonOfError(sending.error) : invite.allowed ? null : reasonOf(invite);
  const until_s = invite.until === null ? null : Date.parse(invite.until) / 1000;
  return (
    <section className={styles.invite} aria-labelledby="contact-invite" data-testid="contact-invite">
      <h3 id="contact-invite">{t("contacts.invite.title")}</h3>
      <p className={styles.none}>{t("contacts.invite.hint")}</p>
      {invite.allowed ? (
        <>
          <Textarea
            label={t("contacts.invite.text")}
            rows={3}
            resize="vertical"
            maxLength={TEXT_LIMIT}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            data-testid="invite-text"
          />
          <label className={styles.tick}>
            <input
              type="checkbox"
              checked={toMe}
              onChange={(event) => setToMe(event.currentTarget.checked)}
              data-testid="invite-to-me"
            />
            <span>{t("contacts.invite.toMe")}</span>
          </label>
          <Button
            variant="default"
            leftSection={<PhoneIncoming size={16} aria-hidden="true" />}
            disabled={text.trim() === ""}
            loading={sending.isPending}
            onClick={() => sending.mutate()}
            data-testid="invite-send"
          >
            {t("contacts.invite.send")}
          </Button>
          {until_s === null ? null : (
            <p className={styles.none}>{t("contacts.invite.until", { when: moment(until_s, now_s, i18n.language) })}</p>
          )}
        </>
      ) : null}
      {why === null ? null : (
        <p className={styles.none} role={sending.error === null ? undefined : "alert"} data-testid="invite-why-not">
          {[whyText(t, why), ruleText(t, why), stepText(t, why.next_step)].filter((words) => words !== null).join(" ")}
        </p>
      )}
      <p className={styles.none} role="status" data-testid="invite-sent">
        {sending.isSuccess ? t("contacts.invite.sent") : ""}
      </p>
    </section>
  );
}
