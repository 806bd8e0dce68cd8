"""Running markets: their notebooks, what is published, and the site."""
