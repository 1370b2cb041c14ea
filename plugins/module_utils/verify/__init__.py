"""Proof on the hosts of a play, and the report on the controller."""
