"""The documentation's handlers, letter for letter but for the permission of the last one.

There it says none, so that only the server may trigger it; its page calls it from a browser.
"""
# ruff: noqa
# mypy: ignore-errors

from dfws_html.decorators import everyone, signal
import time

@signal(path="myproject.first_signal", is_allowed_to=everyone, queue="celery")
def my_first_signal(window_info, content=None):
    print(content)

@signal(path="myproject.first_signal", is_allowed_to=everyone, queue="slow")
def my_first_signal_slow(window_info, content=None):
    time.sleep(100)
    print(content)


from dfws_html.tasks import WINDOW, trigger, SERVER
from dfws_html.decorators import everyone, signal
from django.http.response import HttpResponse

def any_view(request):  # this is a standard Django view
    trigger(request, 'myproject.first_signal', to=[SERVER, WINDOW], content="hello from a view")
    return HttpResponse()

@signal(path="myproject.second_signal", is_allowed_to=everyone, queue="slow")
def second_signal(window_info):
    trigger(window_info, 'myproject.first_signal', to=[SERVER, WINDOW], content="hello from Celery")


from dfws_html.decorators import signal
from dfws_html.tasks import WINDOW, trigger
from dfws_html.utils import SerializedForm
from django import forms


class MyForm(forms.Form):
    title = forms.CharField()

@signal(path='signal.name', is_allowed_to=everyone)
def my_signal_function(window_info, form_data: SerializedForm(MyForm)=None, title=None, id=None):
    print(form_data and form_data.is_valid())
    trigger(window_info, 'myproject.first_signal', to=WINDOW, title=title)
