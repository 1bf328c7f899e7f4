"""The verbs that change a page, behind the door `dfws_html.html`."""
