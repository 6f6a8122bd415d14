import { Gate } from "./Gate";
import { Shell } from "./shell/Shell";

export function App() {
  return <Gate>{(me) => <Shell me={me} />}</Gate>;
}
