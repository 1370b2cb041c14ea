"""Images against a STAND-IN of Glance."""

import hashlib

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.marks import Mark
from ansible.module_utils.cloud.runner import side_by_side
from ansible.module_utils.cloud.transport import Answer
from ansible.module_utils.cloud_image_build import NOT_BUILT
from ansible.module_utils.cloud_images import CloudImages
from ansible.module_utils.converge import Clock, ConvergeError, converge, failed
from fakes.cloud_services import StandInServices

MARK = Mark("alpha")


@pytest.fixture
def api():
    return StandInServices()


@pytest.fixture
def image(tmp_path):
    def make(content=b"first", **more):
        path = tmp_path / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return {"source": path.name, "sha256": path.name, "disk_format": "raw", **more}

    make.folder = str(tmp_path)
    return make


def subject(api, folder, wants, **more):
    cloud = Cloud(api, clock=Clock(lambda: 0.0, lambda seconds: None))
    return CloudImages(cloud, MARK, wants, folder=folder, **more)


@pytest.fixture
def run(api, image):
    def start(check=False, adopt=False, **wants):
        return converge(subject(api, image.folder, wants, adopt=adopt), check=check,
                        runner=side_by_side(4))  # fmt: skip

    return start


def images(api):
    return {i["name"]: i for i in api.of("images", "image")}


def test_uploaded_once_with_properties(api, run, image):
    wants = {"debian": image(properties={"hw_disk_bus": "scsi"})}
    step = run(check=True, **wants).steps[0]
    assert step["name"] == "image:debian" and step["after"]["source"].startswith("/")
    assert api.changes() == []
    run(**wants)
    found = images(api)["debian"]
    assert api.stored[found["id"]] == b"first"
    assert (found["hw_disk_bus"], found["visibility"], found["tags"]) == (
        "scsi", "public", [MARK.tag])  # fmt: skip
    assert not run(**wants).changed


def test_what_the_run_itself_will_build_is_announced_in_check_mode(api, run):
    unbuilt = {"source": "/not/there.qcow2", "sha256": NOT_BUILT}
    done = run(check=True, debian=unbuilt)
    assert [s["name"] for s in done.steps] == ["image:debian"] and not done.refusals
    assert done.steps[0]["after"]["sha256"] == NOT_BUILT
    with pytest.raises(ConvergeError, match="debian has a recipe and is not built"):
        run(debian={"source": "", "sha256": ""})
    assert api.changes() == []


def test_drift_of_properties_and_visibility(api, run, image):
    wants = {"debian": image(properties={"hw_disk_bus": "scsi", "old": "1"})}
    run(**wants)
    found = images(api)["debian"]
    found |= {"hw_disk_bus": "ide", "visibility": "private", "by_hand": "x"}
    checked = subject(api, image.folder, wants)
    assert len(failed(checked.verify(checked.observe()))) == 1
    run(debian=image(properties={"hw_disk_bus": "scsi"}))
    assert (found["hw_disk_bus"], found["visibility"], found["by_hand"]) == ("scsi", "public", "x")
    assert "old" not in found


def test_a_new_content_is_a_new_image_and_the_former_goes_when_no_server_has_it(api, run, image):
    run(debian=image())
    old = images(api)["debian"]
    server = api.put("compute", "servers", name="kube-1", image=old["id"])
    wants = {"debian": image(b"second")}
    done = run(**wants)
    former = f"debian.{old['slipway_sha256'][:8]}"
    assert [s["name"] for s in done.steps] == ["image:debian", f"hidden:{former}"]
    assert old["os_hidden"] and old["name"] == former
    assert done.left == [f"image {former}: servers have it, such as kube-1"]
    assert not run(**wants).changed
    api.of("servers", "compute").remove(server)
    assert [s["name"] for s in run(**wants).steps] == [f"image:{former}:delete"]
    assert list(images(api)) == ["debian"]


def test_without_servers_the_former_goes_at_once(api, run, image):
    run(debian=image())
    done = run(debian=image(b"second"))
    assert [s["name"].partition(".")[0] for s in done.steps] == ["image:debian", "image:debian"]
    assert api.stored[images(api)["debian"]["id"]] == b"second"
    assert len(api.of("images", "image")) == 1


def test_back_to_the_former_content_while_it_is_kept(api, run, image):
    run(debian=image())
    api.put("compute", "servers", name="kube-1", image=images(api)["debian"]["id"])
    run(debian=image(b"second"))
    run(debian=image())
    assert not run(debian=image()).changed
    assert images(api)["debian"]["os_hidden"] is False


def test_a_source_that_is_not_as_the_model_says_leaves_nothing(api, run, image):
    with pytest.raises(ConvergeError, match=r"has SHA-256 \w+, the model says 0000"):
        run(debian=image() | {"sha256": "0" * 64})
    assert api.of("images", "image") == []


def test_the_former_content_stays_when_the_new_one_is_not_as_the_model_says(api, run, image):
    run(debian=image())
    with pytest.raises(ConvergeError, match="has SHA-256"):
        run(debian=image(b"second") | {"sha256": "0" * 64})
    assert [api.stored[i["id"]] for i in api.of("images", "image")] == [b"first"]


def test_a_source_that_is_not_there_is_refused_before_anything(api, run, image):
    with pytest.raises(ConvergeError, match=r"image-source: image debian: .* is not there"):
        run(debian=image() | {"source": "nowhere"}, other=image())
    assert api.changes() == []


def test_what_glance_stored_otherwise_is_taken_away(api, run, image):
    def spoil(service, method, path, body, query, data):
        if path.endswith("/file"):
            api.glance(service, method, path, body, query, [b"other", *data][:1])
            list(data)
            return Answer(204)
        return None

    api.handlers.insert(0, spoil)
    with pytest.raises(ConvergeError, match="what Glance stored is not what"):
        run(debian=image())
    assert api.of("images", "image") == []


def test_a_record_without_content_from_a_cut_run_is_made_anew(api, run, image):
    wants = {"debian": image()}
    run(**wants)
    images(api)["debian"]["status"] = "queued"
    assert run(**wants).steps[0]["why"] == "is made anew: the API cannot change status"
    assert images(api)["debian"]["status"] == "active"


def test_strangers(api, run, image):
    theirs = api.put("image", "images", name="debian", status="active", disk_format="raw",
                     container_format="bare", visibility="public", os_hidden=False)  # fmt: skip
    with pytest.raises(ConvergeError, match="image debian is not the kit's"):
        run(debian=image(), adopt=True)
    theirs["name"] = "other"
    run(debian=image())
    run()
    assert api.of("images", "image") == [theirs]


@pytest.mark.parametrize("place", range(2))
@pytest.mark.parametrize("fault", [503, 409, "lost", "broken"])
def test_faults_leave_nothing_double(api, run, image, fault, place):
    wants = {"debian": image()}
    api.faults = [None] * place + [fault]
    run(**wants)
    assert not run(**wants).changed
    assert len(api.of("images", "image")) == 1


def test_a_password_in_a_source_is_not_shown(api, run, image):
    wants = {"debian": image() | {"source": "https://me:secret@images.example.org/a.qcow2"}}
    assert "secret" not in str(run(check=True, **wants).steps)
