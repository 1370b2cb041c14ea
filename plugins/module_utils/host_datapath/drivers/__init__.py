"""What belongs to one driver, a file each."""
