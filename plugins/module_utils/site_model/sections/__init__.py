"""The types of the model's sections, one file for each top-level variable."""
