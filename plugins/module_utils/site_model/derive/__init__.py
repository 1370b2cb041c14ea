"""Pure functions from the model to what a layer needs. Each fact is written once, the rest is here."""
