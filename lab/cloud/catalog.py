"""Users, roles and the catalog through Keystone's API; runs in the services' venv.

stdin: ``{"url": …, "passwords": {user: …}, "region": …,
"catalog": {service: [type, path]}}``. Addresses are
set for each instance (database.py), so an endpoint's here is only its interface.
"""

import json
import sys
from typing import Any


def main(wanted: dict[str, Any]) -> None:
    import openstack

    cloud = openstack.connect(
        auth_url=wanted["url"], username="admin", password=wanted["passwords"]["admin"],
        project_name="admin", user_domain_id="default", project_domain_id="default",
        region_name=wanted["region"], identity_endpoint_override=wanted["url"],
    )  # fmt: skip
    identity = cloud.identity
    roles = {name: identity.find_role(name, ignore_missing=False) for name in ("admin", "service")}
    admin = identity.find_project("admin", ignore_missing=False)
    service = identity.create_project(name="service", domain_id="default")

    def user(name: str, project: Any) -> Any:
        made = identity.create_user(
            name=name, password=wanted["passwords"][name], domain_id="default",
            default_project_id=project.id,
        )  # fmt: skip
        for role in roles.values():
            identity.assign_project_role_to_user(project, made, role)
        return made

    for name, (kind, _) in wanted["catalog"].items():
        if name != "keystone":
            user(name, service)
        made = identity.find_service(name) or identity.create_service(name=name, type=kind)
        for interface in ("public", "internal"):
            identity.create_endpoint(
                service_id=made.id, interface=interface, region_id=wanted["region"],
                url=f"https://{interface}.invalid",
            )  # fmt: skip
    # the kit's: binding:profile of Neutron wants the role service, Ironic's lists the system's
    kit = user("slipway", admin)
    for each in (kit, identity.find_user("admin", ignore_missing=False)):
        identity.assign_system_role_to_user(each, roles["admin"], "all")


if __name__ == "__main__":
    main(json.load(sys.stdin))
