"""What must hold between parts of the model.

Each ``check`` yields the problems that it finds, with the path of the key to look at.
"""
