"""The site that the browser tests look at."""
