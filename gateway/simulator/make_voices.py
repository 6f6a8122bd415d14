"""Makes the recorded voices of the simulated customers: espeak-ng speaks, libopus packs 20 ms packets at 24 kbit/s.

Run it from the checkout with `python -m gateway.simulator.make_voices`; the clips are committed, so it is needed only
when a text changes. It needs espeak-ng on the PATH.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.resampler import AudioResampler

from gateway.simulator.clips import VOICES_DIR

BIT_RATE = 24_000
SAMPLE_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Script:
    """One clip: an espeak-ng voice, its speed in words a minute, its pitch (0 to 99), and the words."""

    name: str
    espeak_voice: str
    words_per_minute: int
    pitch: int
    text: str


SCRIPTS = (
    Script(
        "maria",
        "pt-br+f3",
        170,
        60,
        "Oi, boa tarde! Aqui é a Maria. Comprei uma geladeira e ela ainda não chegou. "
        "O pedido é quatro, sete, um, nove. Vocês podem ver onde ela está, por favor?",
    ),
    Script(
        "joao",
        "pt-br+m3",
        145,
        38,
        "Alô, bom dia. Meu nome é João, falo de Campinas. Recebi o boleto com o valor errado. "
        "Queria falar com o financeiro para corrigir antes de sexta-feira.",
    ),
    Script(
        "ana",
        "pt-br+f4",
        165,
        75,
        "Olá! Eu vi o anúncio de vocês no Instagram e fiquei interessada no curso de inglês. "
        "Tem turma à noite? E qual é o preço para quem paga à vista?",
    ),
    Script(
        "carlos",
        "pt-br+m7",
        162,
        25,
        "Boa noite. Aqui é o Carlos, da oficina. O equipamento que vocês instalaram parou. "
        "A luz vermelha pisca três vezes. Preciso de um técnico amanhã cedo.",
    ),
    Script(
        "lucia",
        "es-419+f2",
        170,
        55,
        "Hola, buenas tardes. Soy Lucía, llamo desde Montevideo. Quiero cambiar mi reserva. "
        "Tenía dos noches en mayo y necesito pasarlas para junio. ¿Es posible?",
    ),
    Script(
        "peter",
        "en-us+m1",
        155,
        45,
        "Hello, this is Peter. I am calling about my delivery in São Paulo. "
        "I was not at home. Could you send it again tomorrow, between ten and twelve, please?",
    ),
)


def speak(script: Script, wav: Path) -> None:
    """Write the words as a WAV file."""
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        raise FileNotFoundError("espeak-ng is not installed")
    options = ["-v", script.espeak_voice, "-s", str(script.words_per_minute), "-p", str(script.pitch), "-w", str(wav)]
    subprocess.run([espeak, *options, script.text], check=True, timeout=60)  # noqa: S603 - our own arguments


def pack(wav: Path, ogg: Path) -> None:
    """Encode a WAV file to Ogg/Opus: mono, 20 ms, 24 kbit/s, as a phone would send it."""
    with av.open(str(wav)) as source, av.open(str(ogg), "w") as target:
        options = {"application": "voip", "frame_duration": "20", "vbr": "on"}
        stream = target.add_stream("libopus", rate=SAMPLE_RATE, options=options)
        stream.bit_rate = BIT_RATE
        stream.layout = "mono"
        resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        for frame in source.decode(audio=0):
            for piece in resampler.resample(frame):
                target.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            target.mux(stream.encode(piece))
        target.mux(stream.encode(None))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for script in SCRIPTS:
            wav = Path(folder) / f"{script.name}.wav"
            speak(script, wav)
            pack(wav, VOICES_DIR / f"{script.name}.ogg")


if __name__ == "__main__":
    main()
