"""Pages, retries and looking before repeating, against a STAND-IN of the APIs."""

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.errors import CloudError, said
from ansible.module_utils.cloud.transport import Answer
from ansible.module_utils.converge import Clock
from fakes.cloud import StandInCloud


@pytest.fixture
def api():
    return StandInCloud()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def cloud(api, pauses):
    return Cloud(api, clock=Clock(lambda: 0.0, pauses.append))


def create(cloud, api, name="blue"):
    def found():
        known = cloud.list("network", "/networks", "networks", {"name": name})
        return {"network": known[0]} if known else None

    return cloud.create("network", "/networks", {"network": {"name": name}}, found)


def test_all_pages(api, cloud):
    api.page = 3
    for number in range(8):
        api.put("network", "networks", name=f"n{number}")
    assert len(cloud.list("network", "/networks", "networks")) == 8
    assert len(api.asked) == 3


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503, 504])
def test_what_passes_by_is_repeated(api, cloud, pauses, status):
    api.faults = [status, status]
    create(cloud, api)
    assert len(api.of("networks")) == 1
    assert len(pauses) == 2 and pauses[1] > pauses[0] > 0


def test_a_create_whose_answer_was_lost_is_not_done_twice(api, cloud):
    api.faults = ["lost"]
    assert create(cloud, api)["network"]["name"] == "blue"
    assert len(api.of("networks")) == 1


def test_a_create_that_never_came_is_repeated(api, cloud):
    api.faults = ["broken", "broken"]
    create(cloud, api)
    assert len(api.of("networks")) == 1


def test_the_number_of_tries_has_a_limit(api, cloud, pauses):
    api.faults = [503] * 100
    with pytest.raises(CloudError, match="network POST /networks: HTTP 503: injected"):
        create(cloud, api)
    assert len(pauses) == cloud.tries - 1 and sum(pauses) < 40


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_a_refusal_is_final(api, cloud, pauses, status):
    api.faults = [status]
    with pytest.raises(CloudError) as caught:
        create(cloud, api)
    assert caught.value.status == status and pauses == []


def test_a_conflict_that_stays_is_not_repeated(api, cloud, pauses):
    said = {"NeutronError": {"type": "OverQuota", "message": "Quota exceeded", "detail": ""}}
    api.handlers.append(lambda s, m, *rest: Answer(409, said) if m == "POST" else None)
    with pytest.raises(CloudError, match="OverQuota: Quota exceeded"):
        create(cloud, api)
    assert pauses == []


def test_the_services_own_pause_is_kept(api, cloud, pauses):
    answers = iter([Answer(429, {}, {"retry-after": "7"})])
    api.handlers.append(lambda s, m, *rest: next(answers, None) if m == "POST" else None)
    create(cloud, api)
    assert pauses == [7.0]


def test_what_is_gone_need_not_be_deleted(api, cloud):
    cloud.delete("network", "/networks/none")
    assert cloud.get("network", "/networks/none") is None


def test_a_token_that_stays_refused_is_one_line(api, cloud):
    api.handlers.append(lambda *rest: Answer(401, {"error": {"message": "secret-token"}}))
    with pytest.raises(CloudError, match="the cloud refuses the token, also a new one") as caught:
        create(cloud, api)
    assert "secret-token" not in str(caught.value)


def test_many_at_once_and_the_first_error_after_all_have_ended(cloud):
    ended = []

    def work(number):
        if number == 2:
            raise CloudError("two")
        ended.append(number)
        return number * 2

    with pytest.raises(CloudError, match="two"):
        cloud.each(work, range(20))
    assert len(ended) == 19
    assert cloud.each(lambda n: n + 1, range(3)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"itemNotFound": {"message": "Flavor not found", "code": 404}}, "Flavor not found"),
        ({"NeutronError": {"type": "X", "message": "in use", "detail": ""}}, "X: in use"),
        ({"error_message": {"faultstring": "Node is locked", "debuginfo": None}}, "Node is locked"),
        ({"error_message": '{"faultcode": "Client", "faultstring": "in use"}'}, "in use"),
        ({"errors": [{"status": 400, "detail": "bad trait"}]}, "bad trait"),
        ("<html>\n502 Bad\n</html>", "<html> 502 Bad </html>"),
        (None, "no reason given"),
    ],
)
def test_each_services_way_to_say_why(body, text):
    assert said(body) == text
