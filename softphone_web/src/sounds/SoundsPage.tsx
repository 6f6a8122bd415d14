import { NativeSelect } from "@mantine/core";
import { AudioLines, ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearch } from "wouter";
import admin from "../admin/Admin.module.css";
import { ForAdministrators } from "../admin/Granted";
import { NumberNav } from "../admin/NumberNav";
import { Loading } from "../admin/NumberPage";
import { useNumbers } from "../admin/office";
import { LANGUAGES } from "../i18n";
import { clockTime } from "../i18n/format";
import { Empty, GoDown } from "../shell/Empty";
import { ListenButton } from "./ListenButton";
import styles from "./SoundsPage.module.css";
import { SpeakForm } from "./SpeakForm";
import { type ShippedSound, shippedName, useSounds } from "./sounds";
import { UploadedRow } from "./UploadedRow";
import { UploadForm } from "./UploadForm";

/** Everything that customers may hear. */
export function SoundsPage() {
  return (
    <ForAdministrators>
      <AllOfThem />
    </ForAdministrators>
  );
}

/** Whoever comes from a number's pages finds them here, too. */
function OfNumber() {
  const given = new URLSearchParams(useSearch()).get("number");
  const number = useNumbers().data?.find(({ id }) => String(id) === given);
  if (number === undefined) return null;
  return (
    <div>
      <p className={admin.label}>{number.label}</p>
      <NumberNav number={number.id} page="sounds" />
    </div>
  );
}

function AllOfThem() {
  const { t, i18n } = useTranslation();
  const sounds = useSounds();
  const [language, setLanguage] = useState(i18n.language);
  const { data } = sounds;
  const inOrder = (shipped: ShippedSound[]) =>
    shipped.toSorted((one, other) =>
      shippedName(t, one.id).localeCompare(shippedName(t, other.id), i18n.language, { numeric: true }),
    );
  return (
    <section className={styles.page} aria-labelledby="sounds-title" data-testid="sounds">
      <h1 id="sounds-title">{t("sounds.title")}</h1>
      <OfNumber />
      <p className={styles.intro}>{t("sounds.intro")}</p>
      {data === undefined ? <Loading query={sounds} /> : null}
      {data === undefined ? null : (
        <>
          <UploadForm />
          <SpeakForm speaks={data.speaks} />
          <section aria-labelledby="sounds-uploaded">
            <h2 id="sounds-uploaded">{t("sounds.uploaded")}</h2>
            {data.uploaded.length === 0 ? (
              <Empty
                part
                icon={AudioLines}
                title={t("empty.title.sounds")}
                words={t("sounds.uploadedNone")}
                testid="sounds-none"
              >
                <GoDown to="[data-testid=upload] button">{t("empty.go.upload")}</GoDown>
              </Empty>
            ) : null}
            <ul className={styles.rows}>
              {data.uploaded.map((sound) => (
                <UploadedRow key={sound.id} sound={sound} />
              ))}
            </ul>
          </section>
          <section aria-labelledby="sounds-shipped">
            <div className={styles.head}>
              <h2 id="sounds-shipped">{t("sounds.shippedTitle")}</h2>
              <NativeSelect
                size="xs"
                label={t("sounds.language")}
                rightSection={<ChevronDown size={15} aria-hidden="true" />}
                data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
                value={language}
                onChange={(event) => setLanguage(event.currentTarget.value)}
                data-testid="sounds-language"
              />
            </div>
            <ul className={styles.rows}>
              {inOrder(data.shipped).map((sound) => (
                <Shipped key={sound.id} sound={sound} language={language} />
              ))}
            </ul>
          </section>
        </>
      )}
    </section>
  );
}

function Shipped({ sound, language }: { sound: ShippedSound; language: string }) {
  const { t } = useTranslation();
  const name = shippedName(t, sound.id);
  const about = [
    clockTime(sound.duration_ms / 1000),
    ...(sound.languages.length === 0 ? [t("sounds.music")] : []),
    ...(sound.loops ? [t("sounds.loops")] : []),
  ];
  return (
    <li data-testid="shipped-sound" data-sound={sound.id}>
      <ListenButton id={sound.id} name={name} language={language} />
      <div className={styles.what}>
        <strong>{name}</strong>
        <p>{about.join(" · ")}</p>
      </div>
    </li>
  );
}
