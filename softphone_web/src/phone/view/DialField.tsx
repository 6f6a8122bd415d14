import { Button, NativeSelect, TextInput } from "@mantine/core";
import { Phone } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk, usePhone } from "../../desk/DeskProvider";

/** A number typed, and one of ours to call it from; for agents who may call. */
export function DialField() {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const [callee, setCallee] = useState("");
  const [from, setFrom] = useState("");
  const numbers = desk.state?.call_from ?? [];
  const first = numbers[0];
  if (first === undefined || desk.state?.presence !== "free" || desk.link !== "connected") return null;
  const number_id = from === "" ? first.number_id : Number(from);

  async function place(event: FormEvent) {
    event.preventDefault();
    const answered = await phone.placeCall(number_id, callee, crypto.randomUUID());
    if (answered.ok) setCallee("");
  }

  return (
    <form onSubmit={(event) => void place(event)} aria-label={t("dial.title")} data-testid="dial-form">
      {numbers.length > 1 ? (
        <NativeSelect
          label={t("dial.from")}
          value={String(number_id)}
          onChange={(event) => setFrom(event.currentTarget.value)}
          data={numbers.map((number) => ({ value: String(number.number_id), label: number.label }))}
          data-testid="dial-from"
        />
      ) : null}
      <TextInput
        label={t("dial.callee")}
        type="tel"
        inputMode="tel"
        autoComplete="off"
        value={callee}
        onChange={(event) => setCallee(event.currentTarget.value)}
        data-testid="dial-callee"
      />
      <Button
        type="submit"
        fullWidth
        mt="xs"
        leftSection={<Phone size={18} aria-hidden="true" />}
        disabled={callee.trim().length < 3}
        loading={desk.pending.includes("call.place")}
        data-testid="dial-button"
      >
        {t("dial.call")}
      </Button>
    </form>
  );
}
