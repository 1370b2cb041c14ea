"""The embedded lab: virtual hosts and their top-of-rack switch on one machine.

Standard library only: it runs before the virtual environment exists.
"""
