/** What an agent does with a call that asks nothing of microphone and seat: a command, and a refusal shown where the
 * agent looks. */
import type { Answered, CommandName, SendCommand } from "../desk/connection";
import type { DeskStore } from "../desk/store";

interface CommandParts {
  store: DeskStore;
  send: SendCommand;
}

export class CallCommands<Parts extends CommandParts = CommandParts> {
  constructor(protected readonly parts: Parts) {}

  /** `reason`: a code of the company's list. */
  async pause(reason: string | null = null): Promise<void> {
    await this.command("availability.set", { availability: "paused", reason });
  }

  /** The last call is written up: the next one may ring. */
  async endWrapUp(): Promise<void> {
    await this.command("wrap_up.end", {});
  }

  /** Calls a customer; the call then shows in the state. `key` is the same for the same wish. */
  placeCall(
    number_id: number,
    callee: number | string,
    key: string,
    confirm_risk = false,
    by?: "phone" | "bsuid",
  ): Promise<Answered<"call.place">> {
    return this.command("call.place", { number_id, callee, key, confirm_risk, ...(by === undefined ? {} : { by }) });
  }

  async decline(call_id: string): Promise<void> {
    await this.command("call.decline", { call_id });
  }

  async hangUp(call_id: string): Promise<void> {
    await this.command("call.hang_up", { call_id });
  }

  /** The customer hears music while they are held, and nobody hears them. */
  async hold(call_id: string, held: boolean): Promise<void> {
    await this.command("call.hold", { call_id, held });
  }

  /** Starts or stops the recording, where the number's policy leaves that to agents. */
  async record(call_id: string, on: boolean): Promise<void> {
    await this.command("recording.set", { call_id, on });
  }

  /** Nothing of what is said is kept while it is held back. */
  async holdBackRecording(call_id: string, held_back: boolean): Promise<void> {
    await this.command("recording.hold_back", { call_id, held_back });
  }

  /** Gives the customer to a colleague or a department, unasked. */
  async transfer(call_id: string, to: { to_agent: number } | { to_department: number }): Promise<void> {
    await this.command("call.transfer", { call_id, ...to });
  }

  /** Speak with a colleague first; the customer hears music. */
  async ask(call_id: string, agent_id: number): Promise<void> {
    await this.command("consult.ask", { call_id, agent_id });
  }

  async leaveConsult(call_id: string): Promise<void> {
    await this.command("consult.leave", { call_id });
  }

  async handOver(call_id: string): Promise<void> {
    await this.command("consult.hand_over", { call_id });
  }

  async joinAll(call_id: string): Promise<void> {
    await this.command("consult.join", { call_id });
  }

  async leaveCall(call_id: string): Promise<void> {
    await this.command("supervise.leave", { call_id });
  }

  async setMuted(call_id: string, muted: boolean): Promise<void> {
    this.parts.store.dispatch({ type: "mute_wished", call_id, muted });
    await this.parts.send("call.mute", { call_id, muted });
  }

  /** Sends a command and shows a refusal where the agent looks. */
  protected async command<C extends CommandName>(
    name: C,
    message: Parameters<typeof this.parts.send<C>>[1],
  ): Promise<Answered<C>> {
    this.parts.store.dispatch({ type: "command_sent", command: name });
    const answered = await this.parts.send(name, message);
    const refused = answered.ok ? { why: null } : { why: answered.why, who: answered.ack?.who };
    this.parts.store.dispatch({ type: "command_answered", command: name, ...refused });
    return answered;
  }
}
