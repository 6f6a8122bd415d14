import { useEffect, useState } from "react";
import { useDesk } from "./DeskProvider";

/** The gateway's time, anew each second; Unix seconds. */
export function useNow_s(): number {
  const { clockOffset_s } = useDesk();
  const [now_s, setNow_s] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow_s(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, []);
  return now_s + clockOffset_s;
}
