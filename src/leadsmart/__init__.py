"""LeadSmart: a reproducible, notebook-based report on real-estate lead generation."""

__version__ = "0.1.0"
