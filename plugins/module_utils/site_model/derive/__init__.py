"""Pure functions from the model to what a layer needs.

Each fact is written once by the operator; all the rest is here.
"""
