"""What the law, and standards that it names, ask of whom, limit by limit: by which finding it is judged, or why not.

docs/rules/duties.md is written from it. Every source of a limit (`limits.py`) stands here.
"""

from __future__ import annotations

from typing import NamedTuple

from graph_schema.rules.limits import CHOSEN, CONDITIONS_2024, EU_ANNEX_XII, EU_ARTICLE_8, NO_35, ORDER_73


class Duty(NamedTuple):
    """One duty or limit. `codes` are the findings that judge it, of `rule_set`; `remark` says what else there is to
    know, and where nothing judges it, why."""

    source: str
    who: str
    asked: str
    rule_set: str | None = None
    codes: tuple[str, ...] = ()
    remark: str = ""


def _old(article: str, who: str, asked: str, remark: str = "", judged: bool = True) -> Duty:
    source = f"{NO_35}, {article}"
    return Duty(source, who, asked, "cn-2018-35", ("LATE_REPORT",), remark) if judged else Duty(
        source, who, asked, remark=remark
    )  # fmt: skip


def _new(article: str, who: str, asked: str, code: str = "", remark: str = "") -> Duty:
    source = f"{ORDER_73}, {article}"
    return Duty(source, who, asked, "cn-order-73", (code,), remark) if code else Duty(
        source, who, asked, remark=remark
    )  # fmt: skip


_NO_MODEL = "The log tells of batteries and vehicles, not of the certification of a model or where it is filed."
_NO_OFFER = (
    "A network of outlets, and what one of them refuses, is no event; an outlet is a registration with a region."
)

DUTIES = (
    _new("vehicle data after the certificate", "vehicle maker, importer",
         "vehicle identity, battery codes and sale data within 20 days of the certificate of conformity", "LATE_REPORT",
         "The production of the vehicle counts as its certificate."),
    _new("dismantling information", "vehicle maker, importer",
         "file dismantling information within 6 months of the compulsory certification", remark=_NO_MODEL),
    _new("battery code", "battery maker, importer", "code every battery by GB/T 34014",
         remark="A code that breaks GB/T 34014 is found (`CODE_MALFORMED`). A key of another scheme is not: imported "
                "batteries and files of other systems name batteries by theirs, and the label may bear a code all the "
                "same."),
    _new("take-back", "battery maker, importer",
         "take back what it sold, but for what went to vehicle makers; an outlet in each province of sale; no refusal",
         remark=_NO_OFFER),
    _new("take-back of vehicle makers", "vehicle maker, importer",
         "take back what is in its vehicles; an outlet in each prefecture-level city of sale; no refusal",
         remark=_NO_OFFER),
    _new("Art. 19 and the custody duties", "swap operator, repairer, dismantler",
         "hand retired batteries only to a utilization enterprise or an outlet of a battery or vehicle maker",
         "UNAUTHORIZED_RECIPIENT"),
    _new("Art. 19 and the custody duties", "everyone upstream",
         "waste batteries go to a lawfully established utilization enterprise", "UNAUTHORIZED_RECIPIENT",
         "Lawfully established is who has an authorization at that moment; being on the white list is not asked."),
    _new("duty of vehicle dismantlers", "vehicle dismantler",
         "a new-energy vehicle that is scrapped without its traction battery is incomplete; vehicles of the swap kind "
         "are exempt", "BATTERY_MISSING_AT_SCRAPPING",
         "Judged of a vehicle in which a battery was ever recorded, when it is scrapped, dismantled or recycled: every "
         "battery must be in it, replaced by another, or taken out by a vehicle dismantler."),
    _new("Art. 18", "utilization enterprise",
         "investment filing, environmental assessment and discharge permit, or it may not operate",
         "UNAUTHORIZED_PROCESSING",
         "The three together are an authorization of its registration, with the dates between which it holds."),
    _new("Art. 22", "everyone", "no waste battery in electric bicycles or other banned uses", "FORBIDDEN_USE",
         "The electric bicycle is the use that the article names."),
    _new("Art. 24(7)", "utilization enterprise", "inbound waste batteries within 30 days", "LATE_REPORT"),
    _new("Art. 24(7)", "utilization enterprise", "outbound products within 30 days", "LATE_REPORT"),
    _new("Art. 42", "penalized firms", "no application to the white list for 2 years, and delisting",
         remark="Neither penalties nor the white list are in the log."),
    _old("certificate of conformity or import clearance", "vehicle maker, importer",
         "vehicle data within 15 working days", "The production of the vehicle counts as its certificate."),
    _old("Art. 4", "vehicle maker, importer", "back-fill of vehicles made before, within 12 months",
         "It was over in August 2019, for vehicles made before any log of voltrace begins: what occurred before the "
         "log learned its first event was carried over, and is not judged.", judged=False),
    _old("Art. 10", "repairer", "repair or replacement within 30 working days"),
    _old("Art. 11", "outlet", "retired batteries in and out, within 30 working days each"),
    _old("Art. 13", "vehicle dismantler", "scrapping certificate, and batteries out, within 15 working days each"),
    _old("Art. 14", "reuse enterprise", "reuse products out, within 15 working days",
         "That is when a utilizer hands on a second-life unit, but for one whose authorizations are not for "
         "REPURPOSING; when it was made has no limit."),
    _old("Art. 14", "reuse enterprise", "its own waste batteries in and out, within 15 working days each",
         "In is when it retires one itself, out when it hands that on. Only of a utilizer that is authorized for "
         "REPURPOSING and not for RECYCLING: recyclers have no such limit."),
    _old("Art. 15", "recycler", "receipt, and completion of the recycling, within 30 working days each"),
    Duty(CONDITIONS_2024, "utilization enterprise", "recover 98 % of Ni, Co, Mn, Cu and Al, 90 % of Li",
         "cn-conditions-2024", ("RECOVERY_BELOW_THRESHOLD",),
         "Of each chemistry as it is stated, over the whole chain of plants; of lithium iron phosphate, not Ni, Co and "
         "Mn."),
    Duty(CONDITIONS_2024, "utilization enterprise", "recover 98 % of the electrode powder",
         remark="Powder is a mixture, and what of a battery it would be is not stated: only elements are followed. The "
                "black mass from a kilogram of battery is in `voltrace report recovery`."),
    Duty("conditions for enterprises that utilize waste traction batteries, edition of 2019", "utilization enterprise",
         "recover 98 % of Ni, Co and Mn, 85 % of Li, 97 % of rare earths",
         remark="Superseded by the edition of 2024, and we have read no source of its numbers."),
    Duty(EU_ANNEX_XII, "recycler in the European Union",
         "recover 90 % of Co, Cu and Ni, 50 % of Li by the end of 2027; 95 % and 80 % by the end of 2031",
         "eu-2023-1542", ("RECOVERY_BELOW_THRESHOLD",),
         "A calendar year is judged by what was to be reached before it began. All lithium-based batteries are one "
         "category; lead-acid, nickel-cadmium and other ones are judged by themselves, and so is what nobody states a "
         "chemistry of."),
    Duty("Regulation (EU) 2023/1542, Annex XII, part B", "recycler in the European Union",
         "a recycling efficiency of 65 % by the end of 2025, 70 % by the end of 2030",
         remark="It weighs only what comes from the battery. The masses of salts are mostly reagents and water, and "
                "nothing in the log tells them apart."),
    Duty(EU_ARTICLE_8, "maker in the European Union",
         "recycled content from 2031-08-18: Co 16 %, Ni and Li 6 %, Pb 85 %; from 2036-08-18: Co 26 %, Ni 15 %, "
         "Li 12 %, Pb 85 %", "eu-2023-1542", ("RECYCLED_CONTENT_BELOW_MINIMUM",)),
    Duty("GB/T 34014-2017", "battery maker", "codes that keep to the scheme, and a date that exists",
         "integrity", ("CODE_MALFORMED",)),
    Duty("GB/T 34014-2017", "reuse enterprise", "keep the original code, and link it", "integrity",
         ("ORIGINAL_CODE_LOST",)),
    Duty("GB 32100-2015 and ISO 3779", "everyone", "credit codes and VINs that keep to their scheme", "integrity",
         ("CODE_MALFORMED",)),
    Duty(CHOSEN, "receiver of a retired battery", "confirm it within 30 days", "integrity", ("UNCONFIRMED_TRANSFER",)),
    Duty(CHOSEN, "carrier of a retired battery", "hand it on within 30 days", "cn-order-73",
         ("UNAUTHORIZED_RECIPIENT",),
         "No law that we know asks a carrier for an authorization to have it; to whom it brings it counts."),
    Duty(CHOSEN, "holder of a retired battery", "let something be heard of it within 12 months", "integrity",
         ("STALE_CUSTODY",)),
    Duty("custom of the trade", "reuse enterprise", "a state of health of 80 % for reuse, 70 % for repurposing",
         remark="No law asks for it; the inspections of a battery stand in its history."),
)  # fmt: skip
