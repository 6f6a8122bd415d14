import { EdgeLabelRenderer, type EdgeProps, Handle, type NodeProps, Position } from "@xyflow/react";
import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { KIND_ICONS } from "./icons";
import { type Point, pathThrough } from "./layout";
import styles from "./PlanGraph.module.css";
import type { Step } from "./plan";

interface StepData {
  step: Step;
  name: string;
  facts: string[];
  entrances: string[];
  wrong: number;
  /** How many steps the trial came to before this one; −1: it did not. */
  order: number;
}

/** One step of the drawing. */
export function StepNode({ data, selected }: NodeProps) {
  const { t } = useTranslation();
  const { step, name, facts, entrances, wrong, order } = data as unknown as StepData;
  const Icon = KIND_ICONS[step.kind];
  return (
    <div
      className={styles.step}
      data-kind={step.kind}
      data-chosen={selected}
      data-wrong={wrong > 0}
      data-walked={order >= 0}
      data-testid="graph-step"
      data-step={name}
    >
      <Handle type="target" position={Position.Top} isConnectable={false} className={styles.handle} />
      <div className={styles.head}>
        <Icon size={15} aria-hidden="true" />
        <strong>{t(`plans.kind.${step.kind}`)}</strong>
        <code>{name}</code>
        {order < 0 ? null : <span className={styles.order}>{order + 1}</span>}
        {wrong === 0 ? null : (
          <span className={styles.wrong}>
            <TriangleAlert size={13} role="img" aria-label={t("plans.problems.one")} /> {wrong}
          </span>
        )}
      </div>
      <div className={styles.facts}>
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </div>
      {entrances.length === 0 ? null : <span className={styles.entrance}>{entrances.join(" · ")}</span>}
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={styles.handle} />
    </div>
  );
}

interface LineData {
  points: Point[];
  words: Point;
  said: string;
  walked: boolean;
}

/** A line along the bends that the layout found for it, with when it is taken. */
export function LineShown({ id, data }: EdgeProps) {
  const { points = [], words, said, walked } = (data ?? {}) as unknown as LineData;
  const arrow = `arrow-${id}`;
  return (
    <>
      <defs>
        <marker
          id={arrow}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerUnits="userSpaceOnUse"
          markerWidth="11"
          markerHeight="11"
          orient="auto"
        >
          <path d="M0,0.5 L7.5,4 L0,7.5 z" className={styles.arrow} data-walked={walked} />
        </marker>
      </defs>
      <path
        id={id}
        className={styles.line}
        data-walked={walked}
        d={pathThrough(points)}
        markerEnd={`url(#${CSS.escape(arrow)})`}
      />
      {words === undefined ? null : (
        <EdgeLabelRenderer>
          <span
            className={styles.words}
            data-walked={walked}
            style={{ transform: `translate(-50%, -50%) translate(${words.x}px, ${words.y}px)` }}
          >
            {said}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
