/** Whether this computer has been checked; browsers that keep nothing are asked again. */
import { browserStorage } from "../storage";

const KEY = "ramal.checked";

export function wasChecked(): boolean {
  return browserStorage().getItem(KEY) !== null;
}

export function rememberChecked(): void {
  browserStorage().setItem(KEY, "yes");
}
