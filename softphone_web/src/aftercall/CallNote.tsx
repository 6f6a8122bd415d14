import { NotebookPen } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Disclosure } from "../phone/view/Disclosure";
import { NotePad } from "./NotePad";
import { useNote } from "./note";

/** A note beside a call, opened when there is something to write. */
export function CallNote({ call_id, withResult = false }: { call_id: string; withResult?: boolean }) {
  const { t } = useTranslation();
  return (
    <Disclosure label={t("afterCall.write")} icon={NotebookPen} testid="note-open">
      {() => <OpenNote call_id={call_id} withResult={withResult} />}
    </Disclosure>
  );
}

function OpenNote({ call_id, withResult }: { call_id: string; withResult: boolean }) {
  return <NotePad pad={useNote(call_id)} withResult={withResult} opened />;
}
