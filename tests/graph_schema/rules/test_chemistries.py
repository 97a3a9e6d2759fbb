"""What a stated chemistry names, however it is written."""

import pytest

from graph_schema.rules.chemistries import families_of, is_iron_phosphate


@pytest.mark.parametrize(
    "name",
    [
        "LFP", "lfp", "LFP (prismatic)", "LFP/graphite", "C-LFP", "LiFePO4", "LiFePO₄", "LIFEPO4/C", "磷酸铁锂",
        "磷酸铁锂电池", "Lithium Iron Phosphate", "lithium-iron-phosphate", "LFP_2", "ＬＦＰ",
    ],
)  # fmt: skip
def test_iron_phosphate_by_its_names(name: str) -> None:
    assert is_iron_phosphate(name)


@pytest.mark.parametrize(
    "name",
    [
        None, "", "LMFP", "磷酸锰铁锂", "LFP+NMC622", "LFP+LMFP", "磷酸铁锂+三元", "LTO/LFP", "NMC811", "LMO", "half poly",
        "sodium iron phosphate", "lithium manganese iron phosphate",
    ],
)  # fmt: skip
def test_what_is_another_or_mixed_is_no_iron_phosphate(name: str | None) -> None:
    assert not is_iron_phosphate(name)


@pytest.mark.parametrize(
    ("name", "families"),
    [
        ("NMC622", {"NMC"}), ("ncm", {"NMC"}), ("镍钴锰酸锂", {"NMC"}), ("镍锰钴酸锂", {"NMC"}), ("钴酸锂", {"LCO"}), ("镍锰酸锂", set()), ("NCA", {"NCA"}), ("三元锂", {"NMC or NCA"}),
        ("锰酸锂", {"LMO"}), ("LiCoO2", {"LCO"}), ("钛酸锂", {"LTO"}), ("LFP+NMC", {"LFP", "NMC"}), ("Na-ion", set()),
    ],
)  # fmt: skip
def test_families(name: str, families: set[str]) -> None:
    assert families_of(name) == families
