"""The addresses of the demo."""

from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import path

from demo.board.views import board, first_board
from demo.booking.views import booking
from demo.house.views import house
from demo.people.views import sign_in, sign_out
from demo.recipes.views import recipe, recipes
from demo.tour.views import tour
from demo.trouble.views import trouble

urlpatterns = [
    path("", house, name="house"),
    path("signals/", tour, name="tour"),
    path("board/", first_board, name="board"),
    path("board/<slug:slug>/", board, name="board"),
    path("booking/", booking, name="booking"),
    path("recipes/", recipes, name="recipes"),
    path("recipes/<slug:slug>/", recipe, name="recipes"),
    path("trouble/", trouble, name="trouble"),
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", sign_out, name="sign-out"),
    *staticfiles_urlpatterns(),
]
