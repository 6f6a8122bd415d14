"""A browser's place in a seat, taken by GStreamer's webrtcbin: libnice, OpenSSL's DTLS and libsrtp, none of it ours.

For the system's Python, which has Debian's GStreamer bindings; it knows nothing of Ramal. JSON lines: it writes its
`offer`, reads the `answer`, then writes its DTLS state when it changes (`state`), and every Opus packet as hexadecimal
digits: those of a 440 Hz tone that went in (`said`), those of the main line that came out (`heard`). It ends with its
input.
"""

import json
import os
import sys
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

OPUS = "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2"
MICROPHONE = (
    "audiotestsrc is-live=true wave=sine freq=440 volume=0.3 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 "
    "! opusenc name=encoder frame-size=20 bitrate=24000 ! rtpopuspay pt=111 "
    f"! {OPUS} ! webrtcbin name=peer bundle-policy=max-bundle"
)


def tell(what: str, value: str) -> None:
    """From any thread: one line is one write."""
    os.write(1, json.dumps({what: value}).encode() + b"\n")


class Peer:
    def __init__(self, loop: Any) -> None:
        self.loop = loop
        self.pipeline = Gst.parse_launch(MICROPHONE)
        self.webrtc = self.pipeline.get_by_name("peer")
        self.ice = self.webrtc.get_property("ice-agent")  # kept: the property hands out the bin's own reference
        self.ice.emit("add-local-ip-address", "127.0.0.1")  # unasked it gathers nothing on the loopback interface
        self.webrtc.emit(
            "add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(OPUS)
        )
        self.webrtc.connect("on-negotiation-needed", self.negotiate)
        self.webrtc.connect("pad-added", self.listen)
        self.webrtc.connect("notify::connection-state", self.changed)
        told = self.pipeline.get_by_name("encoder").get_static_pad("src")
        told.add_probe(Gst.PadProbeType.BUFFER, self.packet, "said")
        self.pipeline.set_state(Gst.State.PLAYING)

    def negotiate(self, webrtc: Any) -> None:
        webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise: Any) -> None:
        reply = promise.get_reply()  # kept: the offer is a part of it
        offer = reply.get_value("offer")
        self.webrtc.emit("set-local-description", offer, Gst.Promise.new())
        tell("offer", offer.sdp.as_text())

    def answered(self, text: str) -> None:
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.webrtc.emit("set-remote-description", answer, Gst.Promise.new())

    def listen(self, webrtc: Any, pad: Any) -> None:
        """A line has packets."""
        if pad.get_direction() is not Gst.PadDirection.SRC:
            return
        ear = Gst.parse_bin_from_description("rtpopusdepay name=depay ! fakesink sync=false async=false", False)
        depay = ear.get_by_name("depay")
        ear.add_pad(Gst.GhostPad.new("sink", depay.get_static_pad("sink")))
        depay.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self.packet, "heard")
        self.pipeline.add(ear)
        ear.sync_state_with_parent()
        pad.link(ear.get_static_pad("sink"))

    def packet(self, pad: Any, info: Any, what: str) -> Any:
        buffer = info.get_buffer()
        tell(what, buffer.extract_dup(0, buffer.get_size()).hex())
        return Gst.PadProbeReturn.OK

    def changed(self, webrtc: Any, _: Any) -> None:
        tell("state", webrtc.get_property("connection-state").value_nick)

    def read(self, channel: Any, _: Any) -> bool:
        line = sys.stdin.readline()
        if not line:
            self.pipeline.set_state(Gst.State.NULL)
            self.loop.quit()
            return False
        self.answered(json.loads(line)["answer"])
        return True


def main() -> None:
    Gst.init(None)
    loop = GLib.MainLoop()
    peer = Peer(loop)
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, peer.read)
    loop.run()


if __name__ == "__main__":
    main()
