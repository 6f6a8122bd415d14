import type { DeepText } from "../pt-BR";
import type { measuresPtBR } from "./pt-BR";

export const measuresEn: DeepText<typeof measuresPtBR> = {
  title: "Metrics",
  span: "Period",
  by: "Group by",
  today: "Today",
  lastDays: "{{days}} days",
  groups: {
    day: "By day",
    hour: "By hour of day",
    number: "By number",
    department: "By department",
    agent: "By agent",
  },
  without: { agent: "Without an agent", department: "Without a department" },
  none: "No calls in this period.",
  unreachable: "The metrics cannot be worked out right now.",
  csv: "Download CSV",
  of: {
    offered: "Received",
    answered: "Answered",
    lost: "Lost",
    answerRate: "Answered",
    serviceLevel: "Service level",
    abandonmentRate: "Abandonment",
    pickupRate: "Picked up, as Meta counts",
    meanAnswer: "Average wait",
    meanTalk: "Average talk",
    placed: "Made",
    outAnswered: "Made and answered",
    outAnswerRate: "Made and picked up by the customer",
  },
  hints: {
    serviceLevel: "answered within {{seconds}} s",
    pickupRate: "when very low, Meta hides the call button",
  },
};
