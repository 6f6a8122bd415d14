import "../i18n/leaders";
import { Loader, VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { LayoutDashboard, ShieldAlert, WifiOff } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { useDesk } from "../desk/DeskProvider";
import { request } from "../session/api";
import { Empty, Go } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import type { Colleagues } from "../transfer/colleagues";
import { Agents } from "./Agents";
import { Filters } from "./Filters";
import { Loads } from "./Loads";
import { useWall } from "./live";
import { Waited } from "./Since";
import { ClockOffset, useSecondsSince } from "./second";
import { Up } from "./Up";
import { Waiting } from "./Waiting";
import styles from "./Wall.module.css";
import {
  isFiltered,
  placesOf,
  readWish,
  type Summary,
  shownAgents,
  shownCalls,
  shownNumbers,
  summaryOf,
  WAIT_TARGET_S,
  type Wall,
  type Wish,
  writeWish,
} from "./wall";

const NAMES_STALE_MS = 300_000;

/** Who waits, who talks, and how everybody is, live. What is looked at stands in the address, and survives a reload. */
export function WallPage() {
  const { t } = useTranslation();
  const desk = useDesk();
  const { wall, trouble, retry } = useWall();
  const missing = trouble === "forbidden" ? "role" : wall?.departments?.length === 0 ? "department" : null;
  return (
    <section className={styles.page} aria-labelledby="wall-title" data-testid="wall">
      <h1 id="wall-title">{t("wall.title")}</h1>
      {desk.link === "lost" && wall !== null ? (
        <p className={styles.offline} role="alert" data-testid="wall-offline">
          <WifiOff size={17} aria-hidden="true" /> {t("wall.offline")}
        </p>
      ) : null}
      {missing !== null ? (
        <div className={styles.missing} data-testid="grant-missing">
          <ShieldAlert size={30} strokeWidth={1.5} aria-hidden="true" />
          <h2>{t(`wall.missing.${missing}.title`)}</h2>
          <p>{t(`wall.missing.${missing}.body`)}</p>
        </div>
      ) : trouble !== null && trouble !== "no_connection" ? (
        <Trouble words={t("wall.unreachable")} retry={retry} testid="wall-trouble" />
      ) : wall === null ? (
        <p className={styles.loading}>
          <Loader size="sm" aria-label={t("shell.loading")} /> {t("wall.loading")}
        </p>
      ) : (
        <ClockOffset value={wall.clockOffset_s}>
          <Shown wall={wall} stale={desk.link !== "connected"} />
        </ClockOffset>
      )}
    </section>
  );
}

function Shown({ wall, stale }: { wall: Wall; stale: boolean }) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const wish = useMemo(() => readWish(search), [search]);
  const choose = (changes: Partial<Wish>): void => {
    const written = writeWish({ ...wish, ...changes });
    navigate(written === "" ? path : `${path}?${written}`, { replace: true });
  };
  const departmentOf = useDepartmentNames(wall);
  const narrow = useMediaQuery("(max-width: 760px)") ?? false;
  const places = useMemo(() => placesOf(wall), [wall]);
  const { waiting, up } = useMemo(() => shownCalls(wall, wish), [wall, wish]);
  const agents = useMemo(() => shownAgents(wall, wish), [wall, wish]);
  const summary = useMemo(() => summaryOf(wall, wish), [wall, wish]);
  const filtered = isFiltered(wish);
  const row_px = narrow ? 84 : 40;
  return (
    <div className={styles.shown} data-stale={stale || undefined}>
      <Tiles summary={summary} />
      {wall.calls.size === 0 && wall.agents.size === 0 ? <Quiet /> : null}
      <Filters wall={wall} wish={wish} choose={choose} departmentOf={departmentOf} />
      <div className={styles.columns}>
        <div className={styles.calls}>
          <Waiting calls={waiting} places={places} departmentOf={departmentOf} filtered={filtered} row_px={row_px} />
          <Up
            wall={wall}
            calls={up}
            order={wish.order}
            setOrder={(order) => choose({ order })}
            filtered={filtered}
            row_px={row_px}
            part_px={narrow ? 350 : 138}
          />
        </div>
        <div className={styles.side}>
          <Agents agents={agents} />
          <Loads numbers={shownNumbers(wall, wish)} />
        </div>
      </div>
    </div>
  );
}

/** Nobody has signed in since the gateway was started, and nobody calls. */
function Quiet() {
  const { t } = useTranslation();
  const isAdministrator = useDesk().state?.me.role === "administrator";
  return (
    <div className={styles.quiet}>
      <Empty part icon={LayoutDashboard} title={t("empty.title.wall")} words={t("wall.quiet")} testid="wall-quiet">
        {isAdministrator ? <Go to="/people">{t("empty.go.people")}</Go> : t("empty.ask.agents")}
      </Empty>
    </div>
  );
}

function Tiles({ summary }: { summary: Summary }) {
  const { t } = useTranslation();
  const { longest_unix_s } = summary;
  return (
    <>
      <dl className={styles.tiles}>
        <div data-testid="wall-tile-waiting">
          <dt>{t("wall.tile.waiting")}</dt>
          <dd>{summary.waiting}</dd>
        </div>
        <div data-testid="wall-tile-longest">
          <dt>{t("wall.tile.longest")}</dt>
          <dd>{longest_unix_s === null ? t("none") : <Waited unix_s={longest_unix_s} />}</dd>
        </div>
        <div data-testid="wall-tile-up">
          <dt>{t("wall.tile.up")}</dt>
          <dd>{summary.up}</dd>
        </div>
        <div data-testid="wall-tile-free">
          <dt>{t("wall.tile.free")}</dt>
          <dd>{summary.free}</dd>
        </div>
      </dl>
      <VisuallyHidden role="status">
        {longest_unix_s === null ? t("wall.say.nobody") : <Said since_unix_s={longest_unix_s} />}
      </VisuallyHidden>
    </>
  );
}

/** Said when customers begin to wait, and when one waits too long; not each time that one comes or goes. */
function Said({ since_unix_s }: { since_unix_s: number }) {
  const { t } = useTranslation();
  const late = useSecondsSince(since_unix_s) >= WAIT_TARGET_S;
  return late ? t("wall.say.late", { seconds: WAIT_TARGET_S }) : t("wall.say.waiting");
}

/** What departments are called: by the numbers on the wall, and by who has no number of its own. */
function useDepartmentNames(wall: Wall): (id: number | null) => string {
  const { t } = useTranslation();
  const colleagues = useQuery({
    queryKey: ["departments", "names"],
    queryFn: async () => ((await request("GET", "/colleagues")) as Colleagues).departments,
    staleTime: NAMES_STALE_MS,
  });
  const names = new Map<number, string>((colleagues.data ?? []).map(({ id, name }) => [id, name]));
  for (const { department_id, department } of wall.numbers.values()) {
    if (department_id !== null && department !== null) names.set(department_id, department);
  }
  return (id) => (id === null ? t("numbers.noDepartment") : (names.get(id) ?? t("none")));
}
