import { ActionIcon, Loader } from "@mantine/core";
import { Menu } from "lucide-react";
import { Suspense, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, Redirect, Route, Router, Switch, useLocation, useRoute } from "wouter";
import type { Me } from "../contract/messages";
import { PhonePanel } from "../phone/view/PhonePanel";
import { Boundary } from "./Boundary";
import { BrandMark } from "./Brand";
import { CallingState } from "./CallingState";
import { ForLeaders } from "./ForLeaders";
import { LanguageSelect } from "./LanguageSelect";
import { aroundNav } from "./leaving";
import { INNER_PAGES, PAGES, type Page } from "./pages";
import styles from "./Shell.module.css";
import { SignOut } from "./SignOut";
import { ThemeSwitch } from "./ThemeSwitch";
import { ZoneNote } from "./ZoneNote";

export function Shell({ me }: { me: Me }) {
  const { t } = useTranslation();
  const pages = PAGES.filter((page) => page.roles.includes(me.role));
  const [at] = useLocation();
  const [menu, setMenu] = useState(false);
  const menuButton = useRef<HTMLButtonElement>(null);
  const [navId, groupId] = [useId(), useId()];
  const setUp = me.role === "administrator" ? pages.filter((page) => page.setsUp) : [];
  const own = pages.filter((page) => !setUp.includes(page));
  return (
    <Router aroundNav={aroundNav}>
      <a className="skip" href="#page">
        {t("shell.skip")}
      </a>
      <div className={styles.shell}>
        <div className={styles.brand}>
          <BrandMark size={34} />
          <ActionIcon
            ref={menuButton}
            className={styles.menuButton}
            variant="subtle"
            color="gray"
            size={44}
            aria-label={t("shell.navigation")}
            aria-expanded={menu}
            aria-controls={navId}
            onClick={() => setMenu(!menu)}
            data-testid="menu"
          >
            <Menu size={22} aria-hidden="true" />
          </ActionIcon>
        </div>
        <nav
          id={navId}
          className={styles.rail}
          data-open={menu}
          aria-label={t("shell.navigation")}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || !menu) return;
            setMenu(false);
            menuButton.current?.focus();
          }}
        >
          {own.map((page) => (
            <RailLink key={page.path} page={page} onGo={() => setMenu(false)} />
          ))}
          {setUp.length === 0 ? null : (
            // biome-ignore lint/a11y/useSemanticElements: no fieldset: nothing is filled in
            <div role="group" className={styles.group} aria-labelledby={groupId} data-testid="nav-administration">
              <span id={groupId}>{t("shell.administration")}</span>
              {setUp.map((page) => (
                <RailLink key={page.path} page={page} onGo={() => setMenu(false)} />
              ))}
            </div>
          )}
        </nav>
        <div className={styles.tools}>
          <div className={styles.zone}>
            <ZoneNote />
          </div>
          <LanguageSelect />
          <ThemeSwitch />
          <span className={styles.me}>{me.name}</span>
          <SignOut />
        </div>
        <main id="page" className={styles.page} tabIndex={-1}>
          <CallingState me={me} />
          <Boundary part="page" at={at}>
            <Suspense fallback={<Loader size="sm" aria-label={t("shell.loading")} />}>
              <Switch>
                {PAGES.map((page) => (
                  <Route
                    key={page.path}
                    path={page.route ?? page.path}
                    component={page.explains || pages.includes(page) ? page.component : ForLeaders}
                  />
                ))}
                {INNER_PAGES.map((page) => (
                  <Route key={page.path} path={page.route ?? page.path} component={page.component} />
                ))}
                <Route>
                  <Redirect to="/" replace />
                </Route>
              </Switch>
            </Suspense>
          </Boundary>
        </main>
        <Boundary part="phone">
          <PhonePanel />
        </Boundary>
      </div>
    </Router>
  );
}

function RailLink({ page, onGo }: { page: Page; onGo: () => void }) {
  const { t } = useTranslation();
  const [here] = useRoute(page.path === "/" ? "/" : `${page.path}/*?`);
  const badge = (page.useBadge ?? noBadge)();
  const Icon = page.icon;
  return (
    <Link
      to={page.path}
      className={styles.link}
      aria-current={here ? "page" : undefined}
      onClick={onGo}
      data-testid={`nav-${page.name}`}
    >
      <Icon size={21} aria-hidden="true" />
      <span>{t(`shell.${page.name}`)}</span>
      {badge > 0 ? (
        <strong className={styles.badge} data-testid={`badge-${page.name}`}>
          {badge}
        </strong>
      ) : null}
    </Link>
  );
}

const noBadge = () => 0;
