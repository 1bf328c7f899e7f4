"""The old doors open on the same things."""

from dfws_html import constants, testing, utils
from dfws_html.work import converters


def test_the_engines_names():
    assert constants.WORKER_CELERY == "celery"
    assert constants.WORKER_THREAD == "thread"
    assert constants.WORKER_CHANNEL == "channels"
    assert constants.WORKER_PROCESS == "process"


def test_utils_re_exports():
    assert {name: getattr(utils, name) for name in utils.__all__} == {
        "RE": converters.RE,
        "Choice": converters.Choice,
        "SerializedForm": converters.SerializedForm,
        "SignalQueue": testing.SignalQueue,
    }
