import { Button, Loader, SegmentedControl } from "@mantine/core";
import "@mantine/core/styles/FloatingIndicator.css";
import "@mantine/core/styles/NumberInput.css";
import "@mantine/core/styles/SegmentedControl.css";
import { useElementSize } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { AskBeforeLeaving, Meanwhile, Notice, SaveBar } from "../admin/SaveBar";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { useAskBeforeLeaving } from "../shell/leaving";
import { AddStep } from "./AddStep";
import { useEditing } from "./editing";
import { walkedBy } from "./graph";
import styles from "./PlanPage.module.css";
import { ProblemCount } from "./ProblemCount";
import { useWords } from "./page";
import { changesBetween, samePlan } from "./plan";
import { problemsIn, type StoredPlan, usePlanCheck, useSavePlan, useTrial, windowOf } from "./plans";
import { StepForm } from "./StepForm";
import { StepList } from "./StepList";
import { TextsForm } from "./TextsForm";
import { TrialPanel } from "./TrialPanel";
import { visited } from "./trial";
import { WholeForm } from "./WholeForm";
import { changesText, stepTitle } from "./words";

const PlanGraph = lazy(async () => ({ default: (await import("./PlanGraph")).PlanGraph }));
const NARROW_PX = 640;

export function PlanEditor({ number, stored }: { number: number; stored: StoredPlan }) {
  const { t } = useTranslation();
  const words = useWords();
  const { now, change, unsaved, theirs, kept, forget } = useEditing(number, stored);
  const { plan, chosen } = now;
  const check = usePlanCheck(number, plan);
  const save = useSavePlan(number);
  const trial = useTrial(number);
  const leaving = useAskBeforeLeaving(unsaved, forget);
  const { ref, width } = useElementSize();
  const [view, setView] = useState<"graph" | "list" | null>(null);
  const form = useRef<HTMLHeadingElement>(null);
  const stepsId = useId();

  const window_s = windowOf(stored.usual);
  const problems = problemsIn(save.error) !== null && !unsaved ? [] : check.problems;
  const tried = trial.data !== undefined && trial.data.plan === plan ? trial.data.walk : null;
  const walked = tried === null ? null : walkedBy(visited(tried));
  const shown = view ?? (width > 0 && width < NARROW_PX ? "list" : "graph");
  const step = chosen === null ? undefined : plan.steps[chosen];

  /** From the drawing or the list into the form, where work goes on: to its first field that is wrong, if one is. */
  function choose(name: string): void {
    change({ type: "chosen", step: name });
    requestAnimationFrame(() => {
      const wrong = form.current?.parentElement?.querySelector<HTMLElement>('[aria-invalid="true"]');
      if (wrong) wrong.focus();
      else if (width < NARROW_PX) form.current?.focus();
      else form.current?.focus({ preventScroll: true });
    });
  }

  function saveAt(version: number): void {
    const wrong = problems.find((problem) => problem.step !== null);
    if (wrong?.step && check.state === "checked") {
      choose(wrong.step);
      return;
    }
    const own = samePlan(plan, stored.usual) ? null : plan;
    save.mutate(
      { plan: own, version },
      { onSuccess: ({ version }) => change({ type: "version_is", saved: plan, version }) },
    );
  }

  useUndoKeys(now.before.length > 0, now.after.length > 0, change);

  return (
    <div ref={ref} className={styles.editor}>
      <AskBeforeLeaving leaving={leaving} />
      {theirs === null || save.isPending ? null : (
        <Meanwhile
          by={theirs.changed_by}
          at={theirs.changed_at}
          differences={changesText(t, changesBetween(plan, theirs.plan ?? theirs.usual))}
          onTheirs={() => {
            const saved = theirs.plan ?? theirs.usual;
            change({ type: "plan_replaced", to: saved });
            change({ type: "version_is", saved, version: theirs.version });
            save.reset();
          }}
          onMine={() => saveAt(theirs.version)}
        />
      )}
      {kept ? (
        <Notice tone="info" testid="plan-kept">
          {t("admin.keptFromBefore")}
        </Notice>
      ) : null}
      {stored.readable ? null : (
        <Notice tone="warn" testid="plan-unreadable">
          {t("plans.unreadable")}
        </Notice>
      )}
      {stored.problems.length > 0 && !unsaved ? (
        <Notice tone="warn" testid="plan-broken">
          {t("plans.problems.since")}
        </Notice>
      ) : null}
      <div className={styles.standing}>
        <Standing stored={stored} />
        {samePlan(plan, stored.usual) ? null : (
          <Button
            size="xs"
            variant="default"
            onClick={() => change({ type: "plan_replaced", to: stored.usual })}
            data-testid="use-usual"
          >
            {t("plans.useUsual")}
          </Button>
        )}
      </div>
      <div className={styles.columns}>
        <section className={styles.steps} aria-labelledby={stepsId}>
          <div className={styles.stepsHead}>
            <h2 id={stepsId}>{t("plans.steps")}</h2>
            <SegmentedControl
              size="xs"
              aria-label={t("plans.view.label")}
              value={shown}
              onChange={(to) => setView(to === "list" ? "list" : "graph")}
              data={(["graph", "list"] as const).map((value) => ({ value, label: t(`plans.view.${value}`) }))}
              data-testid="plan-view"
            />
          </div>
          {shown === "list" || width === 0 ? (
            <StepList plan={plan} chosen={chosen} problems={problems} walked={walked} onChoose={choose} />
          ) : (
            <Suspense fallback={<Loader size="sm" aria-label={t("plans.graph.loading")} />}>
              <PlanGraph plan={plan} chosen={chosen} problems={problems} walked={walked} onChoose={choose} />
            </Suspense>
          )}
          <AddStep plan={plan} chosen={chosen} onAdd={(kind, after) => change({ type: "step_added", kind, after })} />
        </section>
        <section className={styles.form} aria-labelledby="step-form-title" data-testid="step-form" data-step={chosen}>
          <h2 id="step-form-title" ref={form} tabIndex={-1}>
            {chosen === null ? t("plans.whole") : stepTitle(words, chosen, step)}
          </h2>
          {chosen === null || step === undefined ? null : (
            <StepForm
              key={chosen}
              plan={plan}
              name={chosen}
              step={step}
              problems={problems}
              window_s={window_s}
              change={change}
            />
          )}
        </section>
      </div>
      <WholeForm
        plan={plan}
        problems={problems}
        window_s={window_s}
        closedUnheard={stored.closed_unheard}
        change={change}
      />
      <TextsForm plan={plan} problems={problems} window_s={window_s} change={change} />
      <TrialPanel
        plan={plan}
        ready={check.state !== "checking" && problems.length === 0}
        trial={trial}
        onChoose={choose}
      />
      <SaveBar
        unsaved={unsaved ? changesText(t, changesBetween(now.saved, plan)) : null}
        saving={save}
        onSave={() => saveAt(now.version)}
        undo={now.before.length > 0 ? () => change({ type: "undone" }) : undefined}
        redo={now.after.length > 0 ? () => change({ type: "redone" }) : undefined}
      >
        {unsaved || problems.length > 0 ? (
          <ProblemCount plan={plan} check={{ ...check, problems }} window_s={window_s} onChoose={choose} />
        ) : null}
      </SaveBar>
    </div>
  );
}

/** Whose plan this is, and since when. */
function Standing({ stored }: { stored: StoredPlan }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const { plan, readable, changed_at, changed_by } = stored;
  const when = changed_at === null ? null : moment(Date.parse(changed_at) / 1000, now_s, i18n.language);
  const words =
    plan === null && readable
      ? t("plans.none")
      : when === null
        ? null
        : changed_by === null
          ? t("plans.changedAt", { when })
          : t("plans.changedBy", { name: changed_by, when });
  return <p data-testid="plan-standing">{words}</p>;
}

/** Ctrl+Z and Ctrl+Shift+Z, where no text field has undoing of its own. */
function useUndoKeys(canUndo: boolean, canRedo: boolean, change: (what: { type: "undone" | "redone" }) => void): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      if (event.shiftKey ? !canRedo : !canUndo) return;
      event.preventDefault();
      change({ type: event.shiftKey ? "redone" : "undone" });
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [canUndo, canRedo, change]);
}
