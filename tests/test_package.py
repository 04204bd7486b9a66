"""What is shipped."""

import zipfile

from hatchling.builders.wheel import WheelBuilder

from tests.constants import ROOT


def test_a_wheel_holds_only_the_package(tmp_path):
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.partition("/")[0] for name in names}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"constructs_ebs"}
    assert "constructs_ebs/py.typed" in names
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "constructs_ebs").rglob("*.[pj][ys]")}
    for folder in ("imdsv2", "construction", "resource_reader"):
        assert f"constructs_ebs/_upstream/{folder}/index.js" in modules
    assert modules <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
