import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { History, Phone, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CallNote } from "../../aftercall/CallNote";
import { choiceOf, type PastCall } from "../../calls/calls";
import type { EndedCall } from "../../contract/messages";
import { useDesk, useDispatch } from "../../desk/DeskProvider";
import { myCall, phoneIsElsewhere, ringingHere } from "../../desk/desk";
import { failureText } from "../../i18n/failure";
import { clockTime } from "../../i18n/format";
import { request } from "../../session/api";
import { callerName } from "./caller";
import { Note, SmallPrint } from "./Note";

/** How the last call of mine ended; it steps aside for the next one. */
export function LastCall() {
  const { t } = useTranslation();
  const desk = useDesk();
  const last = desk.state?.last_call ?? null;
  if (last === null || myCall(desk) !== null || ringingHere(desk).length > 0 || phoneIsElsewhere(desk)) return null;
  const broke = last.failure_code !== null;
  return (
    <Note kind={broke ? "warn" : "plain"} icon={broke ? TriangleAlert : History} role="status" testid="last-call-note">
      <strong>{t("lastCall.title")}</strong>
      <p>{endingText(t, last)}</p>
      {last.failure_code === null ? null : (
        <>
          <p>{failureText(t, last.failure_code)}</p>
          {last.failure_detail ? (
            <SmallPrint>{t("lastCall.metaSaid", { words: last.failure_detail })}</SmallPrint>
          ) : null}
          <SmallPrint>{t("lastCall.code", { code: last.failure_code })}</SmallPrint>
        </>
      )}
      <CallAgain call_id={last.call_id} />
      {desk.state?.wrap_up?.call_id === last.call_id ? null : <CallNote call_id={last.call_id} withResult />}
    </Note>
  );
}

/** Chooses the customer of the call; what may be done with them shows below. */
function CallAgain({ call_id }: { call_id: string }) {
  const { t } = useTranslation();
  const dispatch = useDispatch();
  const { state, chosen } = useDesk();
  const find = useMutation({
    mutationFn: async () => (await request("GET", `/calls/${call_id}`)) as PastCall,
    onSuccess: (call) => dispatch({ type: "callee_chosen", chosen: choiceOf(call) }),
  });
  if (!state?.call_from?.length || chosen !== null || (find.data && choiceOf(find.data) === null)) return null;
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<Phone size={15} aria-hidden="true" />}
        loading={find.isPending}
        onClick={() => find.mutate()}
        data-testid="call-again"
      >
        {t("dial.again")}
      </Button>
      {find.isError ? <p role="alert">{t("session.unreachable")}</p> : null}
    </>
  );
}

function endingText(t: TFunction, last: EndedCall): string {
  const caller = callerName(last.party);
  const time = clockTime(last.talk_s);
  if (last.outcome === "declined") return t("lastCall.declined", { caller });
  if (last.direction === "outbound" && last.outcome === "missed")
    return t(last.ended_by === "agent" ? "lastCall.cancelled" : "lastCall.unanswered", { caller });
  if (last.direction === "outbound" && last.outcome === "failed" && last.talk_s === 0)
    return t("lastCall.notMade", { caller });
  if (last.outcome === "missed") return t("lastCall.missed", { caller });
  if (last.outcome === "failed" || last.failure_code !== null) return t("lastCall.failed", { caller });
  if (last.ended_by === "customer") return t("lastCall.customer", { caller, time });
  if (last.ended_by === "agent") return t("lastCall.agent", { caller, time });
  return t("lastCall.gateway", { caller, time });
}
