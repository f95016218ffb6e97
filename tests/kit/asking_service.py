"""A nameko service that asks `echo`, in an eventlet process of its own; says on stdout, as JSON, how that went.

Run by test_ask.py: ``python -m tests.kit.asking_service AMQP_URL``.
"""

import os
import warnings

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
warnings.simplefilter("ignore")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from nameko.containers import ServiceContainer  # noqa: E402
from nameko.testing.services import dummy  # noqa: E402

from services.kit import context  # noqa: E402
from services.kit.ask import Ask  # noqa: E402
from services.kit.refusal import Refusal  # noqa: E402
from tests.kit.echo import Say, Shout, Whisper  # noqa: E402


class NeighbourService:
    name = "neighbour"
    echo = Ask("echo")

    @dummy
    def pass_on(self, text):
        return self.echo(Say(text=text)).text

    @dummy
    def pass_on_for_ana(self):
        context.current.set(context.Context(actor="guest:ana", request_id="r-7"))
        context.cause.set("message-1")
        return self.echo(Say(text="Ana")).text

    @dummy
    def shout(self):
        try:
            self.echo(Shout(text="HEY"))
        except Refusal as refusal:
            return type(refusal).__name__

    @dummy
    def whisper(self):
        self.echo._client._deadline = 0.3
        started = time.monotonic()
        try:
            self.echo(Whisper(text="psst"))
        except Refusal as refusal:
            return type(refusal).__name__, time.monotonic() - started


def main(amqp_url):
    container = ServiceContainer(NeighbourService, config={"AMQP_URI": amqp_url, "max_workers": 50})
    container.start()
    ticks = []

    def tick():
        while True:
            ticks.append(time.monotonic())
            eventlet.sleep(0.01)

    def invoke(method, *arguments):
        """Run a method in a worker of the container, as a message would."""
        entrypoint = next(e for e in container.entrypoints if e.method_name == method)
        done = eventlet.event.Event()

        def handle_result(_, result, exc_info):
            done.send(result) if exc_info is None else done.send_exception(*exc_info)
            return result, exc_info

        container.spawn_worker(entrypoint, arguments, {}, handle_result=handle_result)
        return done.wait()

    eventlet.spawn(tick)
    passed_on = [eventlet.spawn(invoke, "pass_on", f"word {n}") for n in range(40)]
    said = {
        "passed_on": [thread.wait() for thread in passed_on],
        "for_ana": [invoke("pass_on_for_ana") for _ in range(2)],
        "refused": invoke("shout"),
        "silent": invoke("whisper"),
        "longest_pause": max(b - a for a, b in zip(ticks, ticks[1:], strict=False)),
        "threads": len(sys._current_frames()),
    }
    container.stop()
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
