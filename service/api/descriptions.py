"""What arguments and enum values mean: one meaning for a name, wherever it stands.

An argument that means something else says so itself, by `strawberry.argument(description=...)`.
"""

from __future__ import annotations

from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

ARGUMENTS = {
    "after": "Only what comes after this cursor.",
    "allOrNothing": "Record nothing if any event would be turned away.",
    "asOf": "The world at this moment. Default: what is above, else after everything that was reported.",
    "at": "Those that hold at this moment. Default: `asOf`, else now.",
    "by": "By which value of theirs.",
    "before": "Only what comes before this cursor.",
    "claims": "Whether contested claims are followed, too.",
    "direction": "Where the substance went, where it came from, or both.",
    "element": "Of this element, by its symbol. Default: total mass.",
    "event": "The event.",
    "eventId": "The sender's id of the event.",
    "events": "The events, each as one JSON object.",
    "filter": "Which ones: all that is given must hold.",
    "first": "How many from the start. The default and the ceiling are settings.",
    "from": "Whose matter.",
    "further": "Keys of items and ids of events whose edges a bound cut off: of each, up to 100 more neighbours are"
    " told; named again, 100 more.",
    "id": "A global id, from an `id` field.",
    "ids": "Global ids, from `id` fields.",
    "key": "Its key, or another identifier of it (the key wins).",
    "kind": "Of a kind.",
    "knownAt": "What the log held at this moment. Default: what is above, else now.",
    "keys": "Keys or other identifiers.",
    "last": "How many from the end.",
    "maxDepth": "How many edges away from the root a trace goes. Default: as many as there are.",
    "maxNodes": "How many nodes a trace has at most; a smaller number is a smaller cost.",
    "onConflict": "What to do with events that come out pending or contested.",
    "orderBy": "In which order. Default: by key.",
    "scheme": "As an identifier of which scheme to read it. Default: by its form.",
    "text": "A name, or a part of one.",
    "to": "In what it may have ended up.",
}

VALUES = {
    "BatteryFate": {
        "REUSED": "In a second-life unit, or built into something again after it was retired.",
        "RECYCLED": "It went into a recycling.",
        "IN_STOCK": "It has not ended, and an organization that is registered holds it.",
        "EXPORTED": "It was disposed of by export.",
        "LOST": "It was lost or stolen.",
        "LANDFILLED": "It was disposed of by landfill or incineration.",
        "DISMANTLED": "It ended when it came apart, and nobody says where what did not come out of it went.",
        "MIXED": "It was dismantled, and its parts have different fates.",
        "UNKNOWN": "It has not ended, and nobody holds it, or somebody who is not registered.",
    },
    "IdentifierScheme": {
        "GBT_34014": "Code of a traction battery, module or cell in China: GB/T 34014-2017.",
        "GBT_34014_REUSE": "Code of such a product that is made for reuse: GB/T 34014-2017.",
        "VIN": "Vehicle identification number: ISO 3779.",
        "CREDIT_CODE": "Unified social credit code of an organization in China: GB 32100-2015.",
        "BPN": "Business partner number of Catena-X: CX-0010.",
        "GLN": "Global location number of GS1.",
        "GTIN": "Global trade item number of GS1.",
        "EPC": "Electronic product code of GS1, as a URN.",
        "DIGITAL_LINK": "GS1 Digital Link URI.",
        "UUID": "UUID, bare or as a URN: RFC 9562.",
    },
    "FindingCountBy": {
        "CODE": "By code.",
        "RULE_SET": "By rule set.",
        "SEVERITY": "By severity.",
        "PARTY": "By organization: the keys of all that are in it.",
        "REGION": "By region: where the first of its organizations is registered.",
        "MONTH": "By the month in which it began to hold, in China, such as 2026-11.",
    },
    "Severity": {
        "NOTICE": "Worth knowing.",
        "WARNING": "To be looked into.",
        "VIOLATION": "Against a law.",
    },
    "FindingOrderField": {
        "SHOWN_AT": "By when it came to light.",
        "SINCE": "By when it began to hold.",
    },
    "OrganizationOrderField": {
        "KEY": "By key, in the order of code points.",
        "NAME": "By the name that was registered last, in the order of code points, and then by key.",
    },
    "ItemOrderField": {
        "KEY": "By key, in the order of code points.",
        "PRODUCED_AT": "By the time when it was made, or enrolled, and then by key.",
    },
    "OrderDirection": {"ASC": "From the first to the last.", "DESC": "From the last to the first."},
    "DisposalMethod": {
        "LANDFILL": "It was put into a landfill.",
        "INCINERATION": "It was burnt.",
        "EXPORT": "It left the country.",
        "LOSS": "It was lost.",
        "THEFT": "It was stolen.",
    },
    "ViewerRole": {
        "PUBLIC": "Anybody: the public part of digital IDs.",
        "PARTICIPANT": "An organization: in full what it made, holds or held; records its own events.",
        "REGULATOR": "Sees all; records for others; registers organizations.",
        "ADMIN": "Sees and records all; runs the service.",
    },
    "AttributionBasis": {
        "ELEMENT": "The content of the element is known.",
        "MASS": "Only masses are known.",
        "COUNT": "Only the number of inputs is known.",
    },
    "Claims": {
        "ACCEPTED": "Only what accepted events say.",
        "ALL": "What contested events claim, too; their edges are marked.",
    },
    "EdgeKind": {
        "HELD_BY": "An item was in the custody of an organization.",
        "PART_OF": "A unit was directly inside another.",
        "CONSUMED_IN": "An item went into an event, whole or in part.",
        "YIELDED": "An item came out of an event.",
    },
    "EventStatus": {
        "ACCEPTED": "It counts.",
        "PENDING": "It names something that is not known yet, and counts when that is.",
        "CONTESTED": "It contradicts another event, and does not count while that one does.",
        "VOIDED": "It no longer counts: a later event took it back.",
    },
    "EventType": {
        "REGISTRATION": "An organization was registered, or what is known of it changed.",
        "ENROLMENT": "Items entered without a record of their production.",
        "PRODUCTION": "Units were made, of parts and of draws on lots.",
        "INSPECTION": "An item was measured.",
        "RETIREMENT": "The first life of an item was over.",
        "TRANSFER": "Items passed from the actor to another organization.",
        "RECEIPT": "The receiver confirmed a transfer.",
        "REMOVAL": "A part was taken out of its host.",
        "DISMANTLING": "A unit was taken apart and ended; its parts came out.",
        "SCRAPPING": "A vehicle ended; what was still in it stayed with the actor.",
        "REPURPOSING": "Units for a second life were made of used batteries or modules.",
        "INSTALLATION": "A part was put into a host.",
        "RECYCLING": "Units, all that was inside them, and draws on lots became lots.",
        "REFINING": "Lots were refined, blended or split.",
        "DISPOSAL": "Items ended outside the loop.",
        "VOIDING": "Another event was taken back.",
    },
    "ItemKind": {
        "CELL": "A battery cell.",
        "MODULE": "A battery module.",
        "BATTERY": "A battery pack.",
        "COMPONENT": "Any other discrete part.",
        "VEHICLE": "A vehicle.",
        "LOT": "A lot of material.",
    },
    "ItemStatus": {
        "AVAILABLE": "In nothing, and neither retired nor ended.",
        "INSTALLED": "Inside a host.",
        "RETIRED": "It, or the host it was in, was retired, and no repurposing took it up since.",
        "IN_SECOND_LIFE": "Brought in by a repurposing, or inside such a unit.",
        "ENDED": "Recycled, dismantled, scrapped or disposed of.",
    },
    "OnConflict": {
        "KEEP": "Keep them; they may count later.",
        "REJECT": "Turn them away.",
    },
    "RecordStatus": {
        "ACCEPTED": "It counts.",
        "PENDING": "It names something that is not known yet, and counts when that is.",
        "CONTESTED": "It contradicts another event, and does not count while that one does.",
        "VOIDED": "Another event had taken it back before it came.",
        "DUPLICATE": "It was recorded before; nothing changed.",
        "REJECTED": "It was turned away, and is not stored.",
    },
    "TraceDirection": {
        "FORWARD": "Where the substance went.",
        "BACKWARD": "Where it came from.",
        "BOTH": "Both.",
    },
    "TraceRole": {
        "ROOT": "What is traced.",
        "SUBSTANCE": "It carries substance of the root, or the root carries substance of it.",
        "HOST": "Something that carries substance was inside it.",
        "CUSTODIAN": "An organization that held one of them.",
        "EVENT": "An event that opened or closed an edge.",
    },
}


def describe(schema: GraphQLSchema) -> None:
    """Describe the arguments and enum values of a schema that say nothing themselves."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                value.description = value.description or VALUES.get(kind.name, {}).get(name)
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field in kind.fields.values():
                for name, argument in field.args.items():
                    argument.description = argument.description or ARGUMENTS.get(name)
