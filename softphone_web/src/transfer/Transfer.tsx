import { Button, Loader, TextInput, VisuallyHidden } from "@mantine/core";
import { Building2, PhoneForwarded, User } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CurrentCall } from "../contract/messages";
import { useDesk, usePhone } from "../desk/DeskProvider";
import { Disclosure } from "../phone/view/Disclosure";
import { type Colleague, type Department, fitting, useColleagues } from "./colleagues";
import styles from "./Transfer.module.css";

/** Give the customer to somebody else: opened by a button of the call card. */
export function Transfer({ call }: { call: CurrentCall }) {
  const { t } = useTranslation();
  const desk = useDesk();
  if (call.phase !== "talking" || call.consult) return null;
  return (
    <Disclosure
      label={t("transfer.open")}
      icon={PhoneForwarded}
      testid="transfer-open"
      disabled={desk.link !== "connected"}
    >
      {(close) => <Picker call={call} onClose={close} />}
    </Disclosure>
  );
}

function Picker({ call, onClose }: { call: CurrentCall; onClose: () => void }) {
  const { t } = useTranslation();
  const colleagues = useColleagues();
  const [typed, setTyped] = useState("");
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);
  const found = colleagues.data ? fitting(colleagues.data, typed) : null;
  const nobody = found !== null && found.agents.length + found.departments.length === 0;
  return (
    <section
      className={styles.picker}
      aria-label={t("transfer.open")}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
      data-testid="transfer-picker"
    >
      <TextInput
        ref={search}
        label={t("transfer.search")}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-testid="transfer-search"
      />
      {colleagues.isError ? (
        <p className={styles.nobody} role="alert" data-testid="transfer-unreachable">
          {t("transfer.unreachable")}
        </p>
      ) : null}
      {/* There before it has words, so that these are read. */}
      <p className={styles.nobody} role="status" data-testid="transfer-found">
        {colleagues.isPending ? t("transfer.looking") : nobody ? t("transfer.nobody") : null}
        {found === null || nobody || typed === "" ? null : (
          <VisuallyHidden>{t("transfer.found", { n: found.agents.length + found.departments.length })}</VisuallyHidden>
        )}
      </p>
      <ul className={styles.list}>
        {found?.agents.map((agent) => (
          <AgentLine key={agent.agent_id} agent={agent} call_id={call.call_id} />
        ))}
        {found?.departments.map((department) => (
          <DepartmentLine key={department.id} department={department} call_id={call.call_id} />
        ))}
      </ul>
    </section>
  );
}

function AgentLine({ agent, call_id }: { agent: Colleague; call_id: string }) {
  const { t } = useTranslation();
  const phone = usePhone();
  const free = agent.presence === "free";
  const state = t(`presence.${agent.presence}`);
  return (
    <li className={styles.line} data-testid="colleague" data-agent-id={agent.agent_id} data-presence={agent.presence}>
      <User size={18} aria-hidden="true" />
      <span className={styles.who}>
        <strong>{agent.name}</strong>
        <span>{state}</span>
      </span>
      {free ? (
        <span className={styles.do}>
          <Give
            quiet
            press={() => phone.ask(call_id, agent.agent_id)}
            name={t("transfer.askWho", { name: agent.name })}
            testid="consult-ask"
          >
            {t("transfer.ask")}
          </Give>
          <Give
            press={() => phone.transfer(call_id, { to_agent: agent.agent_id })}
            name={t("transfer.toWho", { name: agent.name })}
            testid="transfer-to-agent"
          >
            {t("transfer.now")}
          </Give>
        </span>
      ) : null}
    </li>
  );
}

function DepartmentLine({ department, call_id }: { department: Department; call_id: string }) {
  const { t } = useTranslation();
  const phone = usePhone();
  return (
    <li className={styles.line} data-testid="department" data-department-id={department.id}>
      <Building2 size={18} aria-hidden="true" />
      <span className={styles.who}>
        <strong>{department.name}</strong>
        <span>{t("transfer.free", { n: department.free })}</span>
      </span>
      {department.signed_in > 0 ? (
        <span className={styles.do}>
          <Give
            press={() => phone.transfer(call_id, { to_department: department.id })}
            name={t("transfer.toWho", { name: department.name })}
            testid="transfer-to-department"
          >
            {t("transfer.now")}
          </Give>
        </span>
      ) : null}
    </li>
  );
}

interface GiveProps {
  press: () => Promise<void>;
  name: string;
  testid: string;
  quiet?: boolean;
  children: ReactNode;
}

/** Shows that it was pressed until the gateway has answered. Not disabled meanwhile: it would lose the focus. */
function Give({ press, name, testid, quiet = false, children }: GiveProps) {
  const [pressed, setPressed] = useState(false);
  return (
    <Button
      size="compact-sm"
      variant={quiet ? "default" : "filled"}
      leftSection={pressed ? <Loader size={12} color="currentColor" aria-hidden="true" /> : null}
      aria-busy={pressed}
      aria-label={name}
      onClick={() => {
        if (pressed) return;
        setPressed(true);
        void press().finally(() => setPressed(false));
      }}
      data-testid={testid}
    >
      {children}
    </Button>
  );
}
