"""CNI plugins of the lab."""
