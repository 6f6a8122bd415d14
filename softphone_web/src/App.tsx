import { Gate } from "./Gate";
import { Boundary } from "./shell/Boundary";
import { Shell } from "./shell/Shell";

export function App() {
  return (
    <Boundary part="app">
      <Gate>{(me) => <Shell me={me} />}</Gate>
    </Boundary>
  );
}
