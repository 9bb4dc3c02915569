"""The timeline of a patient: each decision on its line, each message with all its addressees."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.delivery.repository import DeliveryState
from alerts.inbox import DeliveryView, EpisodeView
from app.pages.explained import Reader
from app.pages.labels import delivery_words, event_words, problem_words
from app.pages.language import Language
from app.pages.wording import Moment

MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One printed line; `detail` has what it stands for, where that is more than one thing."""

    at: Moment
    words: str
    detail: list[str]


def timeline(episodes: Sequence[EpisodeView], reader: Reader) -> list[TimelineLine]:
    """Return what happened and who was told, newest first."""
    lines = [line for episode in episodes for line in _lines(episode, reader.said)]
    newest = sorted(lines, key=lambda line: line[0])[: -MOST_LINES - 1 : -1]
    return [TimelineLine(reader.at(at), words, detail) for at, words, detail in newest]


def _lines(episode: EpisodeView, said: Language) -> Iterator[tuple[datetime, str, list[str]]]:
    problem = problem_words(episode, said)
    for entry in episode.timeline:
        yield entry.at, event_words(entry, problem, said), []
    for at, sent in messages(episode.deliveries).items():
        each = [delivery_words(delivery, problem, said) for delivery in sent]
        if len(each) == 1:
            yield at, each[0], []
        else:
            yield at, message_words(sent, problem, said), each


def messages(deliveries: Sequence[DeliveryView]) -> dict[datetime, list[DeliveryView]]:
    """Return the deliveries of an alert by the message that they carry: one step, one instant."""
    found: dict[datetime, list[DeliveryView]] = defaultdict(list)
    for each in deliveries:
        found[each.created_at].append(each)
    return found


def message_words(sent: Sequence[DeliveryView], problem: str, said: Language) -> str:
    """Return whom one message went to and what became of it, in numbers."""
    people = len({each.recipient for each in sent})
    whom = said.count("{count} addressee", "{count} addressees", people)
    states = Counter(each.state for each in sent)
    became = [
        said.say("{count} {state}", count=states[state], state=said.say(state.replace("-", " ")))
        for state in DeliveryState
        if states[state]
    ]
    facts = {"problem": problem, "whom": whom, "became": ", ".join(became)}
    return said.say("{problem}: message to {whom}: {became}", **facts)
