"""A host's datapath: names, VFs, eswitch, bond, Open vSwitch, in the order that works."""
