"""keepalived's configuration, and the check by which it knows a node that serves."""

from __future__ import annotations

import zlib

from ..host_kernel.part import HEADER
from .spec import EndpointSpec

CONFIG = "/etc/keepalived/keepalived.conf"
CHECK = "/usr/local/libexec/slipway/check-api-server"
# A check that fails lowers the priority and does not end the election: before the cluster begins
# all fail, and the first one must have the address. Unicast: networks drop multicast. VRRP's
# password would be sent in the clear, so there is none: only the peers' addresses are heard.
_CONFIG = """\
global_defs {{
    router_id {router}
    enable_script_security
    script_user root
    max_auto_priority -1
}}
vrrp_script api_server {{
    script "{check} {port}"
    interval 3
    timeout 4
    fall 2
    rise 2
    weight -50
    init_fail
}}
vrrp_instance api_server {{
    state BACKUP
    interface {interface}
    virtual_router_id {number}
    priority {priority}
    advert_int 1
    unicast_src_ip {address}
    unicast_peer {{
{peers}
    }}
    virtual_ipaddress {{
        {virtual}/{bits} dev {interface}
    }}
    track_script {{
        api_server
    }}
}}
"""
CHECK_TEXT = f'''\
#!/usr/bin/python3 -IS
{HEADER}"""Whether this node's own API server is ready: exit status 0."""

import http.client
import ssl
import sys

try:
    trust = ssl.create_default_context(cafile="/etc/kubernetes/pki/ca.crt")
    trust.check_hostname = False  # its certificate has the node's names, not localhost's
    asked = http.client.HTTPSConnection("localhost", int(sys.argv[1]), timeout=3, context=trust)
    asked.request("GET", "/readyz")
    sys.exit(asked.getresponse().status != 200)
except (OSError, http.client.HTTPException):
    sys.exit(1)
'''


def config(spec: EndpointSpec, interface: str) -> str:
    """keepalived.conf of one node."""
    peers = [member for member in spec.members if member != spec.address]
    text = _CONFIG.format(
        router=spec.address, check=CHECK, port=spec.port, interface=interface,
        number=zlib.crc32(spec.virtual.encode()) % 255 + 1,
        priority=200 - spec.members.index(spec.address), address=spec.address,
        peers="\n".join(f"        {peer}" for peer in peers), virtual=spec.virtual,
        bits=128 if ":" in spec.virtual else 32,
    )  # fmt: skip
    return HEADER + text
