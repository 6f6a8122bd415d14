/** Whether this computer has been checked; browsers that keep nothing are asked again. */
const KEY = "ramal.checked";

export function wasChecked(): boolean {
  return localStorage.getItem(KEY) !== null;
}

export function rememberChecked(): void {
  localStorage.setItem(KEY, "yes");
}
