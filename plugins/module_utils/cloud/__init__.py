"""What modules of the cloud share: its APIs, marks, and how a kind of object is brought to a state.

Runs on the controller, with the kit's Python and openstacksdk; no Ansible.
"""
