"""What a stated chemistry names, however it is written."""

import pytest

from graph_schema.rules.chemistries import LITHIUM_BASED, category_of, families_of, is_iron_phosphate


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
        ("lithium nickel cobalt aluminum oxide", {"NCA"}), ("Lithium Nickel Cobalt Aluminium Oxides", {"NCA"}),
        ("lithium nickel\u2013manganese\u2013cobalt oxides", {"NMC"}), ("lithium manganese oxides", {"LMO"}),
    ],
)  # fmt: skip
def test_families(name: str, families: set[str]) -> None:
    assert families_of(name) == families


@pytest.mark.parametrize(
    ("category", "names"),
    [
        (LITHIUM_BASED, [
            "LFP", "nca", "NMC811", "somebody's own", "Nano-LFP", "NANO LFP", "nano", "NA", "N/A", "Li-ion", "lithium polymer",
            "磷酸铁锂", "三元锂", "LFP with a lead-acid starter", "Nickel-rich NMC", "pouch, no lead tabs: LFP",
        ]),
        ("other batteries", [
            "NiMH", "Ni-MH", "Ni MH", "Ni/MH", "nickel-metal hydride", "Nickel\u2013metal hydride", "Ni-metal hydride", "ＮｉＭＨ",
            "镍氢", "金属氢化物镍氢电池", "氢镍", "Na-ion", "Na ion", "NaNiCl2", "Na3V2(PO4)3", "NaFePO4", "Na/S", "NaS",
            "sodium-ion", "Sodium iron phosphate", "钠离子", "钠离子电池",
        ]),
        ("nickel-cadmium batteries", ["Ni-Cd", "NiCd", "NICAD", "Ni/Cd", "Nickel cadmium", "nickel/cadmium", "镍镉", "镉镍蓄电池"]),
        ("lead-acid batteries", ["lead-acid", "Lead acid (VRLA)", "LEAD", "Pb", "PbA", "Pb-Ca", "VRLA", "SLA", "AGM", "铅酸", "铅酸蓄电池"]),
        (None, [None, ""]),
    ],
)  # fmt: skip
def test_the_category_of_a_chemistry_in_the_european_union(category: str | None, names: list[str | None]) -> None:
    assert {name: category_of(name) for name in names} == dict.fromkeys(names, category)
