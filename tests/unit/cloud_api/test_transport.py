"""What a person reads when the cloud cannot be used; a real TLS server and real keystoneauth."""

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from json import dumps

import pytest
import yaml
from ansible.module_utils.cloud.errors import CloudError, Lost
from ansible.module_utils.cloud.transport import KeystoneTransport

PASSWORD = "hunter2-secret"


class Identity(BaseHTTPRequestHandler):
    """A STAND-IN of Keystone: one user, tokens that ``refused`` counts down."""

    def answer(self, status, body, **headers):
        raw = dumps(body).encode()
        self.send_response(status)
        for key, value in {"Content-Length": str(len(raw)), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self):
        state = self.server.state
        if self.path == "/v3":
            links = [{"rel": "self", "href": state["url"] + "/v3"}]
            version = {"id": "v3.14", "status": "stable", "links": links}
            return self.answer(200, {"version": version})
        if state["refuse"]:
            state["refuse"] -= 1
            return self.answer(401, {"error": {"message": "expired"}})
        state["seen"].append(self.headers["X-Auth-Token"])
        return self.answer(200, {"networks": []})

    def do_POST(self):
        state = self.server.state
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if state["away"]:
            return self.answer(503, {"error": {"message": "down"}})
        if PASSWORD not in sent:
            return self.answer(401, {"error": {"message": "no", "code": 401, "title": "x"}})
        state["tokens"] += 1
        catalog = [{"type": "network", "name": "neutron", "id": "1", "endpoints": [
            {"interface": "public", "region": "one", "region_id": "one", "id": "1",
             "url": state["url"]}]}]  # fmt: skip
        token = {"expires_at": "2099-01-01T00:00:00.000000Z", "issued_at": "2020-01-01T00:00:00Z",
                 "methods": ["password"], "user": {"id": "u", "name": "admin", "domain": {}},
                 "project": {"id": "p", "name": "admin", "domain": {"id": "d", "name": "d"}},
                 "roles": [], "catalog": catalog}  # fmt: skip
        return self.answer(201, {"token": token}, X_Subject_Token=f"token-{state['tokens']}")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    for name in ("right", "wrong"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", folder / f"{name}.key", "-out",
             folder / f"{name}.pem"], check=True, capture_output=True,
        )  # fmt: skip
    return folder


@pytest.fixture
def server(certificates):
    made = HTTPServer(("127.0.0.1", 0), Identity)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "right.pem", certificates / "right.key")
    made.socket = context.wrap_socket(made.socket, server_side=True)
    made.state = {"url": f"https://127.0.0.1:{made.server_port}", "tokens": 0, "refuse": 0,
                  "seen": [], "away": False}  # fmt: skip
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def clouds(tmp_path, certificates, server):
    def write(password=PASSWORD, url=server.state["url"] + "/v3", ca="right"):
        auth = {"auth_url": url, "username": "admin", "password": password,
                "project_name": "admin", "user_domain_name": "Default",
                "project_domain_name": "Default"}  # fmt: skip
        site = {"auth": auth, "region_name": "one", "cacert": str(certificates / f"{ca}.pem")}
        path = tmp_path / "clouds.yaml"
        path.write_text(yaml.safe_dump({"clouds": {"site": site}}))
        return str(path)

    return write


def networks(path, **more):
    transport = KeystoneTransport.of_file("site", path, timeout=5, **more)
    return transport.send("network", "GET", "/networks")


def test_the_catalogs_address_gets_its_version(clouds, server):
    assert networks(clouds()).body == {"networks": []}
    assert server.state["seen"] == ["token-1"]


def test_a_ca_beside_clouds_yaml(clouds, certificates):
    assert networks(clouds(ca="wrong"), ca=str(certificates / "right.pem")).status == 200


def test_an_expired_token_is_renewed_once(clouds, server):
    server.state["refuse"] = 1
    assert networks(clouds()).status == 200
    assert server.state["seen"] == ["token-2"]
    server.state["refuse"] = 2
    assert networks(clouds()).status == 401


@pytest.mark.parametrize(
    ("wrong", "kind", "line"),
    [
        ({"ca": "wrong"}, CloudError, r"TLS to https://127.0.0.1:\d+ failed: .*wrong.pem \(cacert"),
        ({"password": "x"}, CloudError, "refused admin: wrong or expired password"),
        ({"url": "https://127.0.0.1:1/v3"}, Lost, "https://127.0.0.1:1/v3: Connection refused"),
        ({"url": "https://127.0.0.1:1"}, Lost, "https://127.0.0.1:1: Connection refused"),
        ({"ca": "none"}, CloudError, "none.pem: the CA's file is not there"),
    ],
)
def test_one_line_for_each_thing_that_is_wrong(clouds, wrong, kind, line):
    with pytest.raises(kind, match=line) as caught:
        networks(clouds(**wrong))
    text = str(caught.value)
    assert "\n" not in text and PASSWORD not in text


def test_a_keystone_that_is_away_is_worth_another_try(clouds, server):
    server.state["away"] = True
    with pytest.raises(Lost):
        networks(clouds())


def test_files_and_names_that_are_not_there(clouds, tmp_path):
    with pytest.raises(CloudError, match=r"nowhere\.yaml: is not there"):
        KeystoneTransport.of_file("site", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(CloudError, match="other"):
        KeystoneTransport.of_file("other", clouds())
    path = clouds()
    (tmp_path / "clouds.yaml").write_text("clouds: [" + PASSWORD)
    with pytest.raises(CloudError) as caught:
        KeystoneTransport.of_file("site", path)
    assert PASSWORD not in str(caught.value)


def test_a_service_that_the_cloud_does_not_have(clouds):
    transport = KeystoneTransport.of_file("site", clouds(), timeout=5)
    assert transport.has("network") and not transport.has("block-storage")
    with pytest.raises(CloudError, match="no block-storage service"):
        transport.send("block-storage", "GET", "/x")
