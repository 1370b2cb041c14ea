#!/bin/sh
# mmdebstrap's customize hook: $1 is the image's root.
# From lab/image/build.py: FILES (tree to copy), REPOSITORY (packages), INDEX (repository.py).
set -eu
root=$1

rm -f "$root/etc/hostname" "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id" # empty: each machine gets its own from its credentials
echo '127.0.0.1 localhost' > "$root/etc/hosts"
cp -r "$FILES/." "$root/"
chroot "$root" passwd -q -d root

# The hosts' own package repository, its lists already read.
chroot "$root" apt-get -q -y clean
# shellcheck disable=SC2086 # a list of packages
chroot "$root" apt-get -q -y install --download-only $REPOSITORY
mkdir -p "$root/srv/apt"
mv "$root"/var/cache/apt/archives/*.deb "$root/srv/apt/"
python3 "$INDEX" "$root/srv/apt"
rm -rf "$root"/var/lib/apt/lists/* "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/apt ./' > "$root/etc/apt/sources.list.d/lab.list"
chroot "$root" apt-get -q update

# Services: what a server needs, nothing that only costs emulated CPU at boot.
chroot "$root" systemctl -q enable systemd-networkd ssh lab-switchdev-nic
chroot "$root" systemctl -q disable systemd-networkd-wait-online systemd-pstore \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
    e2scrub_all.timer e2scrub_reap.service || true
chroot "$root" systemctl -q mask systemd-networkd-wait-online.service systemd-binfmt.service \
    systemd-firstboot.service getty@tty1.service ldconfig.service \
    systemd-journal-catalog-update.service systemd-hwdb-update.service \
    systemd-rfkill.socket modprobe@drm.service modprobe@efi_pstore.service

mkdir -p "$root/etc/systemd/system-generators"
ln -s /dev/null "$root/etc/systemd/system-generators/systemd-ssh-generator" # no vsock here

# Kernel, initramfs and GRUB (BIOS). update-grub works in the machine, not in a chroot,
# so the first grub.cfg is written here.
printf '%s\n' virtio_pci virtio_blk ext4 >> "$root/etc/initramfs-tools/modules"
echo "UUID=$ROOT_UUID / ext4 defaults,noatime 0 1" > "$root/etc/fstab"
version=$(ls "$root/lib/modules")
# newer kernels' packages have it beside the modules
[ -e "$root/boot/vmlinuz-$version" ] ||
    cp "$root/usr/lib/modules/$version/vmlinuz" "$root/boot/vmlinuz-$version"
chroot "$root" update-initramfs -u -k "$version"
mkdir -p "$root/boot/grub/i386-pc"
cp "$root"/usr/lib/grub/i386-pc/*.mod "$root"/usr/lib/grub/i386-pc/*.lst "$root/boot/grub/i386-pc/"
cp "$root/usr/lib/grub/i386-pc/boot.img" "$root/boot/grub/i386-pc/"
chroot "$root" grub-mkimage -O i386-pc -o /boot/grub/i386-pc/core.img -p '(hd0,msdos1)/boot/grub' \
    biosdisk part_msdos ext2 normal linux search search_fs_uuid
cat > "$root/boot/grub/grub.cfg" <<GRUB
linux /boot/vmlinuz-$version root=UUID=$ROOT_UUID ro console=ttyS0 quiet mitigations=off
initrd /boot/initrd.img-$version
boot
GRUB
rm -rf "$root"/var/cache/apt/*.bin "$root"/var/log/*
# as any server has one: kubelet starts no pod without it, CoreDNS does not without a server in it
echo "nameserver 192.168.77.1" > "$root/etc/resolv.conf"
mkdir -p "$root/var/log/journal"
