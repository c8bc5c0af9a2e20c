"""What the demonstration sells."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

COLOURS = {"sage": "#8fa58c", "terracotta": "#c4694a", "ink": "#3d4f6b", "ochre": "#d3a03c", "linen": "#d8cdb8", "plum": "#7d4f6d"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One design, made in several colours. `units` lie in the first colour; the others have fewer."""

    drawing: str
    name: str
    price: str
    units: int
    colours: tuple[str, ...]
    tags: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Ware:
    sku: str
    name: str
    description: str
    price: Decimal
    units: int
    tags: tuple[str, ...]
    drawing: str
    colour: str
    backorder: bool


KINDS = (
    Kind("mug", "Stoneware mug", "14.50", 120, ("sage", "terracotta", "ink"), ("kitchen", "ceramics"),
         "Thrown by hand, glazed inside and out. Holds 320 ml, and goes into the dishwasher."),
    Kind("bowl", "Serving bowl", "32.00", 40, ("linen", "ochre"), ("kitchen", "ceramics"),
         "Wide enough for a salad for six. The glaze varies a little from bowl to bowl."),
    Kind("bottle", "Glass bottle", "18.90", 75, ("sage", "ink", "plum"), ("kitchen", "glass"),
         "A litre of water for the table, with a stopper of cork."),
    Kind("lamp", "Table lamp", "89.00", 18, ("ochre", "linen", "terracotta"), ("living room", "light"),
         "A shade of folded paper on a foot of turned ash. Takes an E27 bulb; 1.8 m of cable."),
    Kind("chair", "Kitchen chair", "145.00", 12, ("ink", "sage"), ("living room", "wood"),
         "Solid beech, made without a single screw. Comes assembled."),
    Kind("shelf", "Wall shelf", "64.00", 26, ("linen", "ink"), ("living room", "wood"),
         "Two boards of oak, 80 cm, with brackets of black steel. Carries 20 kg."),
    Kind("plant", "Planter", "27.50", 54, ("terracotta", "linen", "ink"), ("garden", "ceramics"),
         "Frost-proof, with a hole for the water and a saucer to catch it. 24 cm."),
    Kind("can", "Watering can", "39.00", 0, ("sage", "ochre"), ("garden", "metal"),
         "Five litres, galvanised and painted, with a rose of brass."),
    Kind("clock", "Wall clock", "72.00", 9, ("plum", "ink"), ("living room",),
         "Runs silently: the seconds glide. 28 cm, one AA battery."),
    Kind("book", "Notebook", "11.00", 300, ("ochre", "plum", "sage"), ("desk", "paper"),
         "192 pages of dotted paper that does not mind a fountain pen. Lies flat."),
    Kind("bag", "Canvas bag", "24.00", 64, ("linen", "terracotta"), ("outdoors", "textile"),
         "Heavy organic canvas with long handles, and a pocket inside for the keys."),
    Kind("blanket", "Wool blanket", "98.00", 15, ("ink", "ochre", "plum"), ("living room", "textile"),
         "Woven from new wool, 130 by 190 cm. Warm, and light enough for summer nights."),
)  # fmt: skip


def wares() -> Iterator[Ware]:
    """Each design in each of its colours. Some are sold out, one may be ordered before it is there."""
    for number, kind in enumerate(KINDS, start=1):
        for nth, colour in enumerate(kind.colours):
            units = max(kind.units // (1 + 2 * nth) - (4 if nth == 2 else 0), 0)
            name, tags = f"{kind.name}, {colour}", (*kind.tags, colour)
            sku = f"H-{number:02d}-{colour[:3].upper()}"
            price = Decimal(kind.price)
            yield Ware(sku, name, kind.description, price, units, tags, kind.drawing, COLOURS[colour], kind.drawing == "can" and nth == 0)
