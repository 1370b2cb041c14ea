"""The report of a verification: assembled, judged and written on the controller."""
