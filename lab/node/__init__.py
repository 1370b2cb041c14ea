"""Nodes of the lab's clusters that need no machine of their own: containers with systemd."""
