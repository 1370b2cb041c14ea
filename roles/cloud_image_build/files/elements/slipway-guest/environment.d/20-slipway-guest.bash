# cloud-init and netplan have the network; interfaces keep the names that udev gives.
export DIB_APT_MINIMAL_CREATE_INTERFACES=0
export DIB_BOOTLOADER_DEFAULT_CMDLINE="${DIB_SLIPWAY_COMMAND_LINE:-}"
export DIB_GRUB_TIMEOUT=1
