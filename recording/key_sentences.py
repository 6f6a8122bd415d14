"""The sentences of a call that say most of what was said: TextRank (Mihalcea and Tarau, 2004) over the transcript.

It understands nothing and concludes nothing: it picks. So pages call them key sentences and never a summary. The same
transcript always gives the same sentences.
"""

import re
from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recording.summary import KeySentence, Kind, Summary
from recording.transcript import Segment, Transcript

MOST: Final = 5
SHORTEST_WORDS: Final = 4
MOST_SENTENCES: Final = 1_000
"""Of more the longest are looked at: the tables are then some 50 MB."""
MOST_CHARS: Final = 400
DAMPING: Final = 0.85
ROUNDS: Final = 40
TOO_ALIKE: Final = 0.6
_WORD: Final = re.compile(r"[^\W\d_]{2,}|\d+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+")

STOP_WORDS: Final = {
    language: frozenset(words.split())
    for language, words in {
        "pt": """
            ao aos as até com como da das de dela dele do dos ela ele em era essa esse esta está este eu foi isso já
            la lá mais mas me meu minha muito na nas não no nos num numa o os ou para pela pelo pode por pra que
            quem se sem ser seu só sua também te tem ter tudo um uma vai vou você bom boa dia tarde noite obrigada
            obrigado favor sim ok oi olá alô então aí né tá senhor senhora aqui ali
        """,
        "es": """
            al algo como con cuando de del donde el ella en era es esa ese eso está esta este esto fue ha hay la las
            le lo los más me mi mucho muy no nos para pero por porque que qué se si sí sin son su sus también te
            tiene todo un una usted va voy ya yo bueno buenos buenas días tardes noches gracias favor ok hola aquí
            allí entonces
        """,
        "en": """
            about all am an and any are as at be but by can do does for from get got had has have he hello here hi
            how if in is it its just like me my no not now of ok okay on one or our out please she so some thank
            thanks that the their them then there they this to up us very was we well what when which who will with
            would yes you your
        """,
    }.items()
}


def key_sentences(transcript: Transcript, most: int = MOST) -> Summary:
    """In the order in which they were said."""
    sentences = _sentences(transcript.segments)
    stop_words = STOP_WORDS.get(transcript.language or "", frozenset())
    bags = [Counter(word for word in _WORD.findall(one.text.lower()) if word not in stop_words) for one in sentences]
    alike = _alike(bags)
    ranks = _ranked(alike)
    chosen: list[int] = []
    for place in sorted(range(len(sentences)), key=lambda place: (-round(float(ranks[place]), 9), place)):
        if len(chosen) < most and bags[place] and all(alike[place, other] < TOO_ALIKE for other in chosen):
            chosen.append(place)
    found = tuple(sentences[place] for place in sorted(chosen))
    return Summary(Kind.KEY_SENTENCES, transcript.language, "ramal", "textrank", sentences=found)


def _sentences(segments: tuple[Segment, ...]) -> list[KeySentence]:
    found = [
        KeySentence(segment.speaker, segment.start_s, sentence[:MOST_CHARS])
        for segment in segments
        for sentence in _SENTENCE_END.split(segment.text)
        if len(sentence.split()) >= SHORTEST_WORDS
    ]
    if len(found) <= MOST_SENTENCES:
        return found
    longest = sorted(range(len(found)), key=lambda place: (-len(found[place].text), place))[:MOST_SENTENCES]
    return [found[place] for place in sorted(longest)]


def _alike(bags: list[Counter[str]]) -> NDArray[np.float64]:
    """Cosine of each pair by tf-idf; nothing is like itself."""
    words = {word: column for column, word in enumerate(sorted({word for bag in bags for word in bag}))}
    in_how_many = Counter(word for bag in bags for word in bag)
    table = np.zeros((len(bags), max(len(words), 1)), np.float32)
    for row, bag in enumerate(bags):
        for word, count in bag.items():
            table[row, words[word]] = count * np.log(1 + len(bags) / in_how_many[word])
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    table /= np.where(lengths == 0, 1, lengths)
    alike: NDArray[np.float64] = (table @ table.T).astype(np.float64)
    np.fill_diagonal(alike, 0.0)
    return alike


def _ranked(alike: NDArray[np.float64]) -> NDArray[np.float64]:
    given = alike.sum(axis=1, keepdims=True)
    shares = alike / np.where(given == 0, 1, given)
    ranks = np.ones(len(alike))
    for _ in range(ROUNDS):
        ranks = (1 - DAMPING) + DAMPING * (shares.T @ ranks)
    return ranks
