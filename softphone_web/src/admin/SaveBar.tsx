import { Button } from "@mantine/core";
import { CircleCheck, Redo2, TriangleAlert, Undo2 } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { ApiError } from "../session/api";
import type { Leaving } from "../shell/leaving";
import styles from "./Admin.module.css";

interface SaveBarProps {
  /** What differs from what is saved, in words; null: nothing. */
  unsaved: string | null;
  saving: { isPending: boolean; isSuccess: boolean; error: Error | null };
  onSave: () => void;
  undo?: (() => void) | undefined;
  redo?: (() => void) | undefined;
  /** What the checks say, between the buttons. */
  children?: ReactNode;
}

/** Always in sight: what is not saved yet, and saving it. */
export function SaveBar({ unsaved, saving, onSave, undo, redo, children }: SaveBarProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.save} data-testid="save-bar" data-unsaved={unsaved !== null}>
      <div className={styles.saveWords}>
        <p role="status" data-testid="save-state">
          {unsaved === null ? (
            <>
              <CircleCheck size={16} aria-hidden="true" />{" "}
              {t(saving.isSuccess ? "admin.saved" : "admin.nothingChanged")}
            </>
          ) : (
            <>
              {t("admin.unsaved")} {unsaved}
            </>
          )}
        </p>
        {children}
        <SaveTrouble error={saving.error} />
      </div>
      <div className={styles.saveButtons}>
        {undo === undefined && redo === undefined ? null : (
          <>
            <Button
              variant="default"
              size="sm"
              disabled={undo === undefined}
              onClick={undo}
              leftSection={<Undo2 size={16} aria-hidden="true" />}
              data-testid="undo"
            >
              {t("admin.undo")}
            </Button>
            <Button
              variant="default"
              size="sm"
              disabled={redo === undefined}
              onClick={redo}
              leftSection={<Redo2 size={16} aria-hidden="true" />}
              data-testid="redo"
            >
              {t("admin.redo")}
            </Button>
          </>
        )}
        <Button
          size="sm"
          disabled={unsaved === null}
          loading={saving.isPending}
          onClick={onSave}
          aria-label={t(saving.isPending ? "admin.saving" : "admin.save")}
          data-testid="save"
        >
          {t("admin.save")}
        </Button>
      </div>
    </div>
  );
}

/** Why it was not saved. What somebody else saved meanwhile has words of its own (`Meanwhile`). */
function SaveTrouble({ error }: { error: Error | null }) {
  const { t } = useTranslation();
  if (error === null || (error instanceof ApiError && error.code === "changed_meanwhile")) return null;
  const answered = error instanceof ApiError && error.status < 500;
  const words = !answered
    ? t("admin.saveFailed")
    : error.status === 422
      ? t("admin.saveRefused")
      : t("admin.saveRefusedOther", { code: error.code });
  return (
    <p className={styles.saveTrouble} role="alert" data-testid="save-trouble">
      <TriangleAlert size={16} aria-hidden="true" /> {words}
    </p>
  );
}

interface MeanwhileProps {
  by: string | null;
  at: string | null;
  /** What their version has that mine does not, in words. */
  differences: string;
  onTheirs: () => void;
  onMine: () => void;
}

/** Somebody else has saved since this was read: who, what it does to what is here, and the two ways on. */
export function Meanwhile({ by, at, differences, onTheirs, onMine }: MeanwhileProps) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const time = at === null ? t("none") : moment(Date.parse(at) / 1000, now_s, i18n.language);
  return (
    <div className={styles.notice} role="alert" data-tone="warn" data-testid="meanwhile">
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        <strong>
          {by === null ? t("admin.meanwhile.titleUnknown", { time }) : t("admin.meanwhile.title", { name: by, time })}
        </strong>
        <p>{t("admin.meanwhile.body")}</p>
        {differences === "" ? null : (
          <p data-testid="meanwhile-differences">{t("admin.meanwhile.differs", { what: differences })}</p>
        )}
        <div className={styles.noticeButtons}>
          <Button size="xs" onClick={onTheirs} data-testid="meanwhile-theirs">
            {t("admin.meanwhile.theirs")}
          </Button>
          <Button size="xs" variant="default" onClick={onMine} data-testid="meanwhile-mine">
            {t("admin.meanwhile.mine")}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** Somebody follows a link while something is not saved: asked in the page, for a dialog would cover the phone. */
export function AskBeforeLeaving({ leaving }: { leaving: Leaving }) {
  const { t } = useTranslation();
  const stay = useRef<HTMLButtonElement>(null);
  const { leave } = leaving;
  useEffect(() => {
    if (leave !== null) stay.current?.focus();
  }, [leave]);
  if (leave === null) return null;
  return (
    <div className={styles.notice} role="alertdialog" aria-labelledby="leaving-title" data-tone="warn">
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        <strong id="leaving-title">{t("admin.leaving.title")}</strong>
        <div className={styles.noticeButtons}>
          <Button size="xs" ref={stay} onClick={leaving.stay} data-testid="leaving-stay">
            {t("admin.leaving.stay")}
          </Button>
          <Button size="xs" variant="default" onClick={leave} data-testid="leaving-leave">
            {t("admin.leaving.leave")}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** Something worth knowing about the page as a whole. */
export function Notice({ tone, testid, children }: { tone: "info" | "warn"; testid: string; children: ReactNode }) {
  return (
    <div className={styles.notice} data-tone={tone} data-testid={testid}>
      <TriangleAlert size={18} aria-hidden="true" />
      <div>{children}</div>
    </div>
  );
}
