"""One body for two worlds: an operation is a generator that yields requests, and two drivers run it.

``blocking.run`` performs each request on the calling thread and never imports asyncio;
``asynchronous.run`` awaits each on the running loop and never blocks it.
A store's code is written once, as ``result = yield from some_flow()`` and ``reply = yield Work(...)``.
"""

from .deadline import Deadline
from .gate import Gate
from .request import Abandonable, Flow, Pause, Request, Work

__all__ = ["Abandonable", "Deadline", "Flow", "Gate", "Pause", "Request", "Work"]
