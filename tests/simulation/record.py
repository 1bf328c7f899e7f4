"""What everybody wrote down: what was published, what each page was told, what ran."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class CallLog:
    """One call of a page, and every outcome that it was given."""

    mark: int
    load: str
    reply: bool
    acked: bool = False
    outcomes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Published:
    """One entry of the history, and to which load it belongs if a load's call caused it."""

    topics: tuple[str, ...]
    mark: str | None
    load: str | None = None


@dataclass
class PageLog:
    """What one load of a page was told, in order; each event a word, a life and what it says."""

    load: str
    life: str
    began: int
    events: list[tuple] = field(default_factory=list)
    calls: list[CallLog] = field(default_factory=list)
    asked: set[tuple[str, int]] = field(default_factory=set)
    left: bool = False  # it was closed before the end

    def told(self, life, number, topics, mark):
        self.events.append(("told", life, number, topics, mark))

    def topics(self, life, starts, all_topics, requested):
        self.events.append(("topics", life, starts, all_topics, requested))

    def checked(self, life, number):
        self.events.append(("checked", life, number))

    def resynced(self, life, number, topics):
        self.events.append(("resync", life, number, topics))

    def void(self, life):
        self.events.append(("void", life))


@dataclass
class Record:
    """All of it."""

    published: dict[tuple[str, int], Published] = field(default_factory=dict)
    pages: list[PageLog] = field(default_factory=list)
    # Jobs by the mark of their call and their handler.
    runs: Counter[tuple[int, str]] = field(default_factory=Counter)
    # Those that need not have run: too late, of another life, or dead with their worker.
    excused: set[tuple[int, str]] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)  # calls that nobody takes although all is calm
    began: set[tuple[int, str]] = field(default_factory=set)
    # Of each withdrawn call, by its mark, the jobs that had begun when the ledger heard of it.
    withdrawn: dict[int, set[tuple[int, str]]] = field(default_factory=dict)
    handlers: dict[str, bool] = field(default_factory=dict)  # by key, whether it is reliable
    life: str = ""
