"""In which country a region is, however it is spelled."""

import pytest
from stdnum import numdb

from graph_schema.identifiers.uscc import PROVINCES
from graph_schema.rules.parties import Party
from graph_schema.rules.regions import country_of


@pytest.mark.parametrize(
    "text",
    ["CN", "cn", " CN ", "CHN", "CN-44", "cn-44", " CN-44", "CN_44", "CN-GD", "CHN-44", "CN-440300", "44", "440300",
     "Guangdong", "GUANGDONG", "inner  mongolia", "广东", "广东省", "内蒙古", "China", "中国", "ＣＮ－４４"],
)  # fmt: skip
def test_china_is_told_in_many_ways(text: str) -> None:
    assert country_of(text) == "CN"


@pytest.mark.parametrize(
    ("text", "country"),
    [("DE", "DE"), ("de", "DE"), ("DEU", "DE"), ("DE-BY", "DE"), ("FR-75", "FR"), ("EL", "GR"), ("UK", "GB"),
     ("Germany", "DE"), ("德国", "DE"), ("EU", "EU"), ("HK", "HK"), ("Georgia", "GE")],
)  # fmt: skip
def test_so_is_any_other_country(text: str, country: str) -> None:
    assert country_of(text) == country


@pytest.mark.parametrize("text", [None, "", "-", "somewhere", "XX", "ZZ", "99", "1", "广", "CNX", "10", "C N", "001"])
def test_what_nobody_knows_is_no_country(text: str | None) -> None:
    assert country_of(text) is None
    assert not Party("KEY", ((b"1", {"key": "KEY", "region": text}),)).located


def test_every_province_is_known_by_its_chinese_name() -> None:
    divisions = numdb.get("cn/loc")
    names = [divisions.info(code)[0][1].get("province") for code in PROVINCES if code not in ("10", "71", "81", "82")]
    assert len(names) == 31
    for name in names:
        assert country_of(name) == country_of(name[:2]) == "CN", name
