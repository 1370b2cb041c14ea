"""The services' configuration files, rendered for an instance."""
