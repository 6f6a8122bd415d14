import { useEffect, useMemo } from "react";
import type { Me } from "../contract/messages";
import { useDesk, useDispatch, usePhone } from "../desk/DeskProvider";
import { Gate } from "../Gate";
import { PhonePanel } from "../phone/view/PhonePanel";
import { Boundary } from "../shell/Boundary";
import { BrandMark } from "../shell/Brand";
import { LanguageSelect } from "../shell/LanguageSelect";
import { SignOut } from "../shell/SignOut";
import { ZoneNote } from "../shell/ZoneNote";
import type { Bridge } from "./bridge";
import styles from "./EmbedApp.module.css";
import { handsOf } from "./hands";

/** The phone and nothing beside it. `bridge`: to the page around it; null: it has a window of its own. */
export function EmbedApp({ bridge }: { bridge: Bridge | null }) {
  return (
    <Gate>
      {(me) => (
        <>
          {bridge === null ? null : <Bridged bridge={bridge} />}
          <PhoneAlone me={me} />
        </>
      )}
    </Gate>
  );
}

function Bridged({ bridge }: { bridge: Bridge }) {
  const desk = useDesk();
  const phone = usePhone();
  const dispatch = useDispatch();
  const hands = useMemo(() => handsOf(phone, dispatch), [phone, dispatch]);
  useEffect(() => bridge.follow(desk, hands), [bridge, desk, hands]);
  useEffect(() => () => bridge.follow(null, null), [bridge]);
  return null;
}

function PhoneAlone({ me }: { me: Me }) {
  return (
    <div className={styles.alone}>
      <header className={styles.tools}>
        <BrandMark size={26} />
        <span className={styles.me}>{me.name}</span>
        <LanguageSelect />
        <SignOut />
      </header>
      <div className={styles.zone}>
        <ZoneNote />
      </div>
      <Boundary part="phone">
        <PhonePanel whole />
      </Boundary>
    </div>
  );
}
