import "@xyflow/react/dist/base.css";
import { ActionIcon, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type Edge, type Node, Panel, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { drawingOf } from "./graph";
import { fitting, placed, STEP_HEIGHT, STEP_WIDTH } from "./layout";
import styles from "./PlanGraph.module.css";
import { LineShown, StepNode } from "./PlanGraphParts";
import { useWords } from "./page";
import { ofStep } from "./problems";
import type { StepsProps } from "./StepList";
import { factsOf, lineWords } from "./words";

const NODES = { step: StepNode };
const LINES = { line: LineShown };

/** The plan, drawn from top to bottom. Where things stand follows from the plan alone; nothing is dragged. */
export function PlanGraph(props: StepsProps) {
  return (
    <ReactFlowProvider>
      <Drawn {...props} />
    </ReactFlowProvider>
  );
}

function Drawn({ plan, chosen, problems, walked, onChoose }: StepsProps) {
  const { t } = useTranslation();
  const words = useWords();
  const scheme = useComputedColorScheme("light");
  const flow = useReactFlow();

  const drawing = useMemo(() => drawingOf(plan), [plan]);
  const said = useMemo(
    () =>
      new Map(
        drawing.lines.flatMap((line) => {
          const step = plan.steps[line.from];
          return step === undefined ? [] : [[line.id, lineWords(words, step, line.fields)] as const];
        }),
      ),
    [drawing, plan, words],
  );
  const places = useMemo(() => placed(drawing, (line) => said.get(line) ?? ""), [drawing, said]);

  const nodes = useMemo<Node[]>(
    () =>
      drawing.steps.flatMap((name) => {
        const step = plan.steps[name];
        const position = places.steps.get(name);
        if (step === undefined || position === undefined) return [];
        const wrong = ofStep(problems, name).length;
        const facts = factsOf(words, step);
        const entrances = (drawing.entrances.get(name) ?? []).map((entrance) => t(`plans.entrance.${entrance}`));
        const order = walked === null ? -1 : walked.steps.indexOf(name);
        return [
          {
            id: name,
            type: "step",
            position,
            width: STEP_WIDTH,
            height: STEP_HEIGHT,
            selected: name === chosen,
            ariaRole: "button",
            data: { step, name, facts, entrances, wrong, order },
          },
        ];
      }),
    [drawing, plan, places, problems, walked, chosen, words, t],
  );

  const edges = useMemo<Edge[]>(
    () =>
      drawing.lines.map((line) => ({
        id: line.id,
        source: line.from,
        target: line.to,
        type: "line",
        focusable: false,
        data: { ...places.lines.get(line.id), said: said.get(line.id), walked: walked?.lines.has(line.id) === true },
      })),
    [drawing, places, said, walked],
  );

  // Another picture, or another place for it: show all of it.
  const { ref, width } = useElementSize();
  const { zoom, height, x, y } = fitting(places, width);
  const fit = () => void flow.setViewport({ x, y, zoom });
  useEffect(() => {
    if (width > 0) void flow.setViewport({ x, y, zoom });
  }, [flow, width, x, y, zoom]);

  return (
    <div ref={ref} className={styles.graph} style={{ height }} data-testid="plan-graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        edgeTypes={LINES}
        colorMode={scheme}
        minZoom={0.3}
        maxZoom={1.4}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        multiSelectionKeyCode={null}
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        onNodeClick={(_, node) => onChoose(node.id)}
        onNodesChange={(changes) => {
          // The keyboard selects, too; a click has been told already.
          const picked = changes.find((change) => change.type === "select" && change.selected);
          if (picked?.type === "select" && picked.id !== chosen) onChoose(picked.id);
        }}
        aria-label={t("plans.graph.label")}
        ariaLabelConfig={{
          "node.a11yDescription.default": t("plans.graph.step"),
          "node.a11yDescription.keyboardDisabled": t("plans.graph.step"),
          "node.a11yDescription.ariaLiveMessage": () => "",
        }}
      >
        <Panel position="top-right" className={styles.zoom}>
          <Zoom icon={ZoomIn} label={t("plans.graph.zoomIn")} onClick={() => void flow.zoomIn()} />
          <Zoom icon={ZoomOut} label={t("plans.graph.zoomOut")} onClick={() => void flow.zoomOut()} />
          <Zoom icon={Maximize2} label={t("plans.graph.fit")} onClick={fit} />
        </Panel>
      </ReactFlow>
    </div>
  );
}

function Zoom({ icon: Icon, label, onClick }: { icon: typeof ZoomIn; label: string; onClick: () => void }) {
  return (
    <ActionIcon variant="default" size={30} aria-label={label} title={label} onClick={onClick}>
      <Icon size={15} aria-hidden="true" />
    </ActionIcon>
  );
}
