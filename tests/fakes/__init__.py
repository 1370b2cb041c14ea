"""Stand-ins for a host: a tree of kernel attributes with behaviour, commands, crash points.

Nothing here is a proof about hardware; tests on it say ``on_fake_tree`` in their names.
"""
