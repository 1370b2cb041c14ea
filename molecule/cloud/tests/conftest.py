"""The cloud that the scenario made, and a project of a stranger in it."""

import clouds
import pytest


@pytest.fixture(scope="session")
def cloud():
    return clouds.connect()


@pytest.fixture(scope="session")
def strangers(cloud):
    """What others have in the cloud: as it is, and how to ask for it again."""

    def made(service, path, one, **values):
        body = values if service == "image" else {one: values}
        answer = cloud.call(service, "POST", path, body)
        return answer if service == "image" else answer[one]

    project = made("identity", "/projects", "project", name="theirs", domain_id="default")
    own = {"project_id": project["id"]}
    size = {"vcpus": 1, "ram": 64, "disk": 1}
    form = {"disk_format": "raw", "container_format": "bare"}
    # networks and groups of the model's own names, in a project of theirs
    kinds = [
        ("network", "/networks", made("network", "/networks", "network", name="storage", **own)),
        ("network", "/security-groups",
         made("network", "/security-groups", "security_group", name="kube-node", **own)),
        ("compute", "/flavors", made("compute", "/flavors", "flavor", name="theirs", **size)),
        ("image", "/images", made("image", "/images", "", name="theirs", **form)),
        ("identity", "/projects", project),
    ]  # fmt: skip
    places = [(service, f"{path}/{thing['id']}") for service, path, thing in kinds]

    def now():
        return [cloud.get(*place) for place in places]

    before = now()
    yield lambda: now() == before
    for place in places:
        cloud.delete(*place)
