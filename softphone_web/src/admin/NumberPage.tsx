import { Loader, NativeSelect } from "@mantine/core";
import { ArrowLeft, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useParams } from "wouter";
import { ApiError } from "../session/api";
import { Trouble } from "../shell/Trouble";
import styles from "./Admin.module.css";
import { ForAdministrators, GrantMissing } from "./Granted";
import { addressOf, NumberNav, type OfANumber } from "./NumberNav";
import { type OfficeNumber, useNumbers } from "./office";

interface NumberPageProps {
  page: OfANumber;
  children: (number: OfficeNumber) => ReactNode;
}

/** A page about one number, which the address names: its head, the way to its neighbours, and its content. */
export function NumberPage(props: NumberPageProps) {
  return (
    <ForAdministrators>
      <OfTheNumber {...props} />
    </ForAdministrators>
  );
}

function OfTheNumber({ page, children }: NumberPageProps) {
  const { t } = useTranslation();
  const { id } = useParams<{ id: string }>();
  const numbers = useNumbers();
  const number = numbers.data?.find((known) => String(known.id) === id);
  return (
    <section className={styles.page} aria-labelledby="number-page-title" data-testid={`${page}-page`}>
      <Link to="/numbers" className={styles.back}>
        <ArrowLeft size={16} aria-hidden="true" /> {t("admin.toNumbers")}
      </Link>
      <div className={styles.head}>
        <h1 id="number-page-title">{t(`numbers.page.${page}`)}</h1>
        {number === undefined ? null : <WhichNumber numbers={numbers.data ?? []} chosen={number} page={page} />}
      </div>
      {number === undefined ? null : <NumberNav number={number.id} page={page} />}
      {numbers.isPending ? <Loader size="sm" aria-label={t("shell.loading")} /> : null}
      {numbers.isError && numbers.data === undefined ? (
        <Trouble words={t("admin.unreachable")} retry={numbers.refetch} testid="number-page-trouble" />
      ) : null}
      {numbers.data !== undefined && number === undefined ? <p>{t("admin.unknownNumber")}</p> : null}
      {number === undefined ? null : children(number)}
    </section>
  );
}

export function WhichNumber({
  numbers,
  chosen,
  page,
}: {
  numbers: OfficeNumber[];
  chosen: OfficeNumber;
  page: OfANumber;
}) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  if (numbers.length < 2) return <p className={styles.label}>{chosen.label}</p>;
  return (
    <NativeSelect
      aria-label={t("admin.number")}
      rightSection={<ChevronDown size={16} aria-hidden="true" />}
      data={numbers.map(({ id, label }) => ({ value: String(id), label }))}
      value={String(chosen.id)}
      onChange={(event) => navigate(addressOf(Number(event.currentTarget.value), page))}
      data-testid="which-number"
    />
  );
}

interface LoadingProps {
  query: { isPending: boolean; isError: boolean; error: Error | null; refetch: () => unknown; fetchStatus: string };
}

/** What stands there until a page's own data are there, or why they are not. */
export function Loading({ query }: LoadingProps) {
  const { t } = useTranslation();
  if (query.error instanceof ApiError && query.error.status === 403) return <GrantMissing />;
  if (query.isError) return <Trouble words={t("admin.unreachable")} retry={query.refetch} testid="page-trouble" />;
  if (query.fetchStatus === "paused") return <p role="status">{t("admin.noNetwork")}</p>;
  return <Loader size="sm" aria-label={t("shell.loading")} />;
}
