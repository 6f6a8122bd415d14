import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeConnection, FakeStream, FakeTrack } from "../test/fake_connection";
import { DIRECT, Seat } from "./seat";

const ANSWER = { ok: true, understood: "seat.offer", seat_id: "s1", sdp: "v=0 answer" };

beforeEach(() => {
  vi.stubGlobal("MediaStream", FakeStream);
});

function seatWith(microphone: FakeTrack, paths = DIRECT) {
  const heardOf: string[] = [];
  let connection = new FakeConnection();
  const seat = new Seat(
    microphone.real,
    {
      connected: () => heardOf.push("connected"),
      broken: () => heardOf.push("broken"),
      heard: (line) => heardOf.push(`line ${line}`),
    },
    paths,
    (configuration) => {
      connection = new FakeConnection(configuration);
      return connection.real;
    },
  );
  return { seat, connection, heardOf };
}

describe("a seat", () => {
  it("is one bundled connection with a main line and a line to listen on", () => {
    const { connection } = seatWith(new FakeTrack("microphone"));
    expect(connection.configuration).toEqual({ bundlePolicy: "max-bundle", iceServers: [], iceTransportPolicy: "all" });
    expect(connection.log).toEqual(["transceiver microphone sendrecv", "transceiver audio recvonly"]);
  });

  it("knows relays, and goes through nothing else when it must", () => {
    const relays = [{ urls: ["turn:turn.example"], username: "1:7", credential: "secret" }];
    const { connection } = seatWith(new FakeTrack("microphone"), { relays, relayOnly: true });
    expect(connection.configuration).toMatchObject({ iceServers: relays, iceTransportPolicy: "relay" });
  });

  it("offers at once, hushed, and applies the answer", async () => {
    const { seat, connection } = seatWith(new FakeTrack("microphone"));
    const sent: string[] = [];
    const offered = await seat.offer(async (sdp) => {
      sent.push(sdp);
      connection.log.push("sent");
      return ANSWER;
    }, null);
    expect(offered).toBe(true);
    expect(seat.id).toBe("s1");
    expect(sent).toEqual(["v=0 offer"]);
    expect(connection.remote).toEqual({ type: "answer", sdp: "v=0 answer" });
    expect(connection.log.slice(2)).toEqual(["offer made", "send null", "sent", "answer set"]);
  });

  it("goes on speaking when it is made in the middle of a call", async () => {
    const microphone = new FakeTrack("microphone");
    const { seat, connection } = seatWith(microphone);
    await seat.offer(async () => ANSWER, microphone.real);
    expect(connection.log).not.toContain("send null");
  });

  it("is none when the gateway refuses or does not answer", async () => {
    const refused = seatWith(new FakeTrack("microphone"));
    expect(await refused.seat.offer(async () => ({ ok: false, understood: "seat.offer", why: "bad_sdp" }), null)).toBe(
      false,
    );
    const unheard = seatWith(new FakeTrack("microphone"));
    expect(await unheard.seat.offer(async () => null, null)).toBe(false);
    expect(unheard.connection.remote).toBeNull();
  });

  it("changes what the line sends without a new offer", async () => {
    const microphone = new FakeTrack("microphone");
    const { seat, connection } = seatWith(microphone);
    await seat.offer(async () => ANSWER, null);
    await seat.speak(microphone.real);
    await seat.speak(microphone.real);
    await seat.speak(null);
    expect(connection.log.slice(-2)).toEqual(["send microphone", "send null"]);
    expect(connection.log.filter((line) => line === "offer made")).toHaveLength(1);
  });

  it("says when it is connected, when it breaks, and which line is heard", () => {
    const { connection, heardOf } = seatWith(new FakeTrack("microphone"));
    connection.become("connecting");
    connection.become("connected");
    connection.bring(0, new FakeTrack("customer"));
    connection.bring(1, new FakeTrack("whisper"));
    connection.become("failed");
    expect(heardOf).toEqual(["connected", "line 0", "line 1", "broken"]);
  });

  it("is not broken by its own closing", () => {
    const { seat, connection, heardOf } = seatWith(new FakeTrack("microphone"));
    seat.close();
    expect(connection.connectionState).toBe("closed");
    expect(heardOf).toEqual([]);
  });

  it("counts the packets of its main line, and all of them", async () => {
    const { seat, connection } = seatWith(new FakeTrack("microphone"));
    connection.stats = [
      { type: "inbound-rtp", mid: "0", packetsReceived: 50 },
      { type: "inbound-rtp", mid: "1", packetsReceived: 7 },
      { type: "transport", packetsReceived: 60 },
      { type: "candidate-pair", packetsReceived: 999 },
    ];
    expect(await seat.inboundPackets()).toEqual({ audio: 50, all: 60 });
  });
});
