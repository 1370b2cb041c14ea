"""Programs that a site pulls from its registries and the lab builds from Go modules."""
