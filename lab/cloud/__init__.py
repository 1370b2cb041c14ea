"""The lab's cloud: real OpenStack services for the hosts of inventories/lab-cloud."""
