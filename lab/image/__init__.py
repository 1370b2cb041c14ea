"""The lab's disk image: a bare Debian with a real boot loader, built once."""
