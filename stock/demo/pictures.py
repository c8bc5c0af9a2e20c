"""Pictures of the demonstration's wares: plain shapes on a warm ground, drawn large and made small for smooth edges."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageColor, ImageDraw

SIZE, SCALE = (640, 480), 2
GROUND, SHADOW, WOOD, DARK = "#efe9dc", "#ddd4c2", "#b98b5e", "#4a4238"
Colour = tuple[int, int, int]


def png(drawing: str, colour: str) -> bytes:
    """A picture of that drawing in that colour."""
    image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), GROUND)
    pen = Pen(ImageDraw.Draw(image), colour)
    DRAWINGS[drawing](pen)
    out = BytesIO()
    image.resize(SIZE, Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


class Pen:
    """Draws in units of the finished picture."""

    def __init__(self, draw: ImageDraw.ImageDraw, colour: str) -> None:
        self.draw = draw
        self.colour = colour
        self.light, self.deep = _mixed(colour, "#ffffff", 0.35), _mixed(colour, "#000000", 0.25)

    def shade(self, x: int, y: int, width: int) -> None:
        """The shadow of what stands there."""
        self.oval(x - width // 2, y - 12, x + width // 2, y + 16, fill=SHADOW)

    def oval(self, *box: int, fill: str | Colour) -> None:
        self.draw.ellipse([n * SCALE for n in box], fill=fill)

    def ring(self, *box: int, fill: str | Colour, width: int) -> None:
        self.draw.ellipse([n * SCALE for n in box], outline=fill, width=width * SCALE)

    def bow(self, *box: int, start: int, end: int, fill: str | Colour, width: int) -> None:
        self.draw.arc([n * SCALE for n in box], start, end, fill=fill, width=width * SCALE)

    def box(self, *box: int, fill: str | Colour, round: int = 0) -> None:
        self.draw.rounded_rectangle([n * SCALE for n in box], round * SCALE, fill=fill)

    def shape(self, *points: tuple[int, int], fill: str | Colour) -> None:
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def line(self, *points: tuple[int, int], fill: str | Colour, width: int) -> None:
        self.draw.line([(x * SCALE, y * SCALE) for x, y in points], fill=fill, width=width * SCALE, joint="curve")


def _mixed(one: str, other: str, part: float) -> Colour:
    a, b = ImageColor.getrgb(one)[:3], ImageColor.getrgb(other)[:3]
    red, green, blue = (round(x + (y - x) * part) for x, y in zip(a, b, strict=True))
    return red, green, blue


def mug(pen: Pen) -> None:
    pen.shade(320, 370, 300)
    pen.ring(390, 180, 490, 310, fill=pen.deep, width=22)
    pen.box(220, 140, 420, 374, fill=pen.colour, round=34)
    pen.box(220, 140, 252, 374, fill=pen.light, round=16)
    pen.oval(220, 120, 420, 168, fill=pen.deep)
    pen.oval(236, 128, 404, 160, fill=DARK)


def bowl(pen: Pen) -> None:
    pen.shade(320, 372, 260)
    pen.draw.pieslice([n * SCALE for n in (150, 40, 490, 380)], 0, 180, fill=pen.colour)
    pen.box(270, 360, 370, 384, fill=pen.deep, round=8)
    pen.oval(150, 176, 490, 244, fill=pen.deep)
    pen.oval(170, 186, 470, 234, fill=pen.light)


def bottle(pen: Pen) -> None:
    pen.shade(320, 410, 210)
    pen.box(296, 50, 344, 100, fill=WOOD, round=6)
    pen.box(290, 86, 350, 200, fill=pen.light, round=10)
    pen.box(250, 160, 390, 412, fill=pen.colour, round=42)
    pen.box(268, 200, 288, 380, fill=pen.light, round=10)


def lamp(pen: Pen) -> None:
    pen.shade(320, 410, 240)
    pen.oval(170, 110, 470, 330, fill="#f8efcf")
    pen.box(310, 230, 330, 400, fill=WOOD)
    pen.box(250, 392, 390, 414, fill=WOOD, round=10)
    pen.shape((260, 90), (380, 90), (450, 250), (190, 250), fill=pen.colour)
    for x in (235, 280, 325, 370):
        pen.line((x + (320 - x) // 3, 92), (x, 248), fill=pen.deep, width=3)


def chair(pen: Pen) -> None:
    pen.shade(320, 424, 250)
    for x in (236, 396):
        pen.line((x, 270), (x - 14 if x < 300 else x + 14, 424), fill=pen.deep, width=14)
    for x in (250, 382):
        pen.line((x, 70), (x, 270), fill=pen.deep, width=14)
    for y in (84, 130, 176):
        pen.box(244, y, 390, y + 24, fill=pen.colour, round=10)
    pen.box(214, 256, 418, 286, fill=pen.light, round=12)


def shelf(pen: Pen) -> None:
    for y in (170, 320):
        pen.box(130, y, 510, y + 22, fill=pen.colour, round=4)
        for x in (180, 450):
            pen.line((x, y + 22), (x, y + 62), fill=DARK, width=8)
    for x, height, fill in ((200, 90, pen.deep), (232, 76, pen.light), (262, 96, WOOD), (292, 82, pen.colour)):
        pen.box(x, 170 - height, x + 26, 170, fill=fill, round=3)
    pen.box(380, 262, 440, 320, fill=pen.deep, round=12)
    pen.oval(370, 206, 450, 276, fill="#7f9a6e")


def plant(pen: Pen) -> None:
    pen.shade(320, 420, 220)
    for left, top, right, bottom in (
        (220, 90, 300, 260),
        (340, 90, 420, 260),
        (275, 40, 365, 250),
        (190, 160, 320, 270),
        (320, 160, 450, 270),
    ):
        pen.oval(left, top, right, bottom, fill="#6f8d62" if left % 2 else "#86a377")
    pen.shape((220, 250), (420, 250), (394, 420), (246, 420), fill=pen.colour)
    pen.box(206, 236, 434, 276, fill=pen.light, round=8)


def can(pen: Pen) -> None:
    pen.shade(330, 398, 320)
    pen.bow(250, 60, 430, 300, start=180, end=360, fill=pen.deep, width=18)
    pen.line((250, 340), (110, 170), fill=pen.deep, width=30)
    pen.shape((80, 176), (136, 130), (156, 160), (104, 204), fill=WOOD)
    pen.box(230, 180, 450, 400, fill=pen.colour, round=24)
    pen.oval(230, 160, 450, 206, fill=pen.deep)


def clock(pen: Pen) -> None:
    pen.oval(178, 100, 478, 400, fill=SHADOW)
    pen.oval(170, 80, 470, 380, fill=pen.colour)
    pen.oval(190, 100, 450, 360, fill="#fbf8f1")
    for box in ((314, 112, 326, 136), (314, 324, 326, 348), (202, 224, 226, 236), (414, 224, 438, 236)):
        pen.box(*box, fill=pen.deep)
    pen.line((320, 230), (320, 140), fill=DARK, width=8)
    pen.line((320, 230), (384, 268), fill=DARK, width=10)
    pen.oval(308, 218, 332, 242, fill=pen.colour)


def book(pen: Pen) -> None:
    pen.box(222, 92, 446, 406, fill=SHADOW, round=12)
    pen.box(210, 76, 434, 390, fill="#fbf8f1", round=10)
    pen.box(204, 70, 424, 384, fill=pen.colour, round=10)
    pen.box(204, 70, 234, 384, fill=pen.deep, round=10)
    pen.box(392, 70, 402, 384, fill=pen.deep)
    pen.box(262, 130, 366, 180, fill=pen.light, round=6)


def bag(pen: Pen) -> None:
    pen.shade(320, 412, 280)
    pen.bow(250, 50, 390, 310, start=180, end=360, fill=pen.deep, width=16)
    pen.shape((200, 180), (440, 180), (462, 412), (178, 412), fill=pen.colour)
    pen.line((197, 206), (443, 206), fill=pen.light, width=4)
    pen.box(270, 260, 370, 350, fill=pen.light, round=10)


def blanket(pen: Pen) -> None:
    pen.shade(320, 388, 380)
    for nth, y in enumerate((300, 230, 160)):
        pen.box(150 + nth * 6, y, 490 - nth * 6, y + 86, fill=pen.colour if nth % 2 else pen.light, round=36)
        for x in range(210, 440, 60):
            pen.box(x, y + 8, x + 14, y + 78, fill=pen.deep, round=6)
    for x in range(176, 470, 16):
        pen.line((x, 384), (x, 402), fill=pen.deep, width=4)


DRAWINGS: dict[str, Callable[[Pen], None]] = {
    drawing.__name__: drawing for drawing in (mug, bowl, bottle, lamp, chair, shelf, plant, can, clock, book, bag, blanket)
}
