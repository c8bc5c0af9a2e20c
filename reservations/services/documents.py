"""Tickets as PDF: one page each, kept once for every revision of a booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import segno

from jobs.core.errors import InvalidState
from reservations.models import Booking, ExtraLine, Ticket, TicketDocument
from reservations.queries import extras, seating
from reservations.services import signing

if TYPE_CHECKING:
    from fpdf import FPDF

WIDTH, HEIGHT, EDGE, CODE = 190.0, 88.0, 9.0, 52.0
INK, SOFT = (32, 38, 31), (93, 102, 94)


@dataclass(frozen=True, slots=True)
class Face:
    """What is printed on one ticket."""

    code: str
    short: str
    show: str
    when: str
    doors: str
    where: str
    place: tuple[tuple[str, str], ...]
    price: str
    name: str
    number: str
    beside: str = ""


def issue(booking: Booking) -> TicketDocument:
    """The document of the booking as it is now, made when it is asked for first; raises InvalidState for a cancelled one."""
    if booking.state != Booking.State.CONFIRMED:
        raise InvalidState("This booking is cancelled: its tickets are void.")
    kept = TicketDocument.objects.filter(booking=booking, revision=booking.revision).first()
    return kept or TicketDocument.objects.get_or_create(booking=booking, revision=booking.revision, defaults={"pdf": _pdf(booking)})[0]


def faces_of(booking: Booking) -> list[Face]:
    """The valid tickets of a booking as they are printed."""
    rows = booking.tickets.filter(cancelled_at=None).select_related(*seating.WITH_PLACE)
    beside = extras.in_words(extras.of_booking(booking))
    return [face_of(booking, ticket, beside) for ticket in rows]


def face_of(booking: Booking, ticket: Ticket, beside: str = "") -> Face:
    show, venue = booking.show, booking.show.map.venue
    zone = venue.zone
    return Face(
        code=signing.code_of(ticket.pk, show.pk),
        short=ticket.short,
        show=show.name,
        when=f"{show.starts_at.astimezone(zone):%A, %-d %B %Y, %H:%M}",
        doors=f"Doors {show.doors_at.astimezone(zone):%H:%M}" if show.doors_at else "",
        where=venue.whereabouts,
        place=_place(seating.described(ticket.show_seat)),
        price=f"{ticket.show_seat.zone.name}, {ticket.price} {show.currency}",
        name=booking.name,
        number=booking.number,
        beside=beside,
    )


def _place(seat: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Word and value: section, row, seat; standing has the area alone."""
    told = (("Section", seat["section"]), ("Row", seat["row"]), ("Seat", seat["label"]))
    return tuple((word, value) for word, value in told if value)


def svg_of(code: str) -> str:
    """The QR code as a picture for a page."""
    out = BytesIO()
    _qr(code).save(out, kind="svg", scale=1, border=4, xmldecl=False, svgns=False, omitsize=True, dark="#000", light="#fff")
    return out.getvalue().decode()


def _qr(code: str) -> segno.QRCode:
    return segno.make_qr(code, error="m")


def _pdf(booking: Booking) -> bytes:
    # Here: they would cost every process 30 MB, and few ever print.
    from font_roboto import Roboto, RobotoBold
    from fpdf import FPDF

    pdf = FPDF(unit="mm", format=(WIDTH, HEIGHT))
    pdf.set_creation_date(booking.booked_at)
    pdf.set_title(f"Tickets {booking.number}")
    pdf.set_lang("en")
    pdf.set_auto_page_break(False)
    pdf.add_font("Roboto", "", Roboto)
    pdf.add_font("Roboto", "B", RobotoBold)
    faces = faces_of(booking)
    for number, face in enumerate(faces, 1):
        _draw(pdf, face, f"{number} of {len(faces)}")
    if lines := extras.of_booking(booking):
        _draw_extras(pdf, faces[0], lines)
    return bytes(pdf.output())


def _draw(pdf: "FPDF", face: Face, count: str) -> None:
    pdf.add_page()
    width = WIDTH - 3 * EDGE - CODE
    _line(pdf, face.show, EDGE, EDGE, width, 20, bold=True)
    _line(pdf, face.when, EDGE, EDGE + 11, width, 12)
    _line(pdf, face.doors, EDGE, EDGE + 17, width, 10, tone=SOFT)
    _line(pdf, face.where, EDGE, EDGE + 23, width, 10, tone=SOFT)
    _seat(pdf, face.place, EDGE + 34, width)
    _line(pdf, face.price, EDGE, HEIGHT - EDGE - 12, width, 10)
    _line(pdf, f"{face.name} · booking {face.number} · ticket {count}", EDGE, HEIGHT - EDGE - 6, width, 10, tone=SOFT)
    _code(pdf, face)


def _draw_extras(pdf: "FPDF", face: Face, lines: Sequence[ExtraLine]) -> None:
    """A page for what was bought beside the seats, to show where it is handed out."""
    pdf.add_page()
    width = WIDTH - 2 * EDGE
    _line(pdf, face.show, EDGE, EDGE, width, 20, bold=True)
    _line(pdf, face.when, EDGE, EDGE + 11, width, 12)
    step = min(9.0, (HEIGHT - 2 * EDGE - 34) / len(lines))
    for number, line in enumerate(lines):
        _line(pdf, f"{line.quantity} × {line.extra.product.name}", EDGE, EDGE + 21 + number * step, width, min(16, step * 1.8), bold=True)
    _line(pdf, "Show this page with a ticket where it is handed out.", EDGE, HEIGHT - EDGE - 12, width, 10)
    _line(pdf, f"{face.name} · booking {face.number}", EDGE, HEIGHT - EDGE - 6, width, 10, tone=SOFT)


def _seat(pdf: "FPDF", place: Sequence[tuple[str, str]], y: float, width: float) -> None:
    share = width / max(len(place), 1)
    for number, (word, value) in enumerate(place):
        _line(pdf, word, EDGE + number * share, y, share, 9, tone=SOFT)
        _line(pdf, value, EDGE + number * share, y + 5, share - 3, 22, bold=True)


def _code(pdf: "FPDF", face: Face) -> None:
    """The QR code with its quiet zone, and beneath it what is typed where it can't be read."""
    left, top = WIDTH - EDGE - CODE, EDGE
    matrix = [bytes(row) for row in _qr(face.code).matrix]
    module = CODE / len(matrix)
    pdf.set_fill_color(0, 0, 0)
    for y, row in enumerate(matrix):
        for start, stop in _dark(row):
            pdf.rect(left + start * module, top + y * module, (stop - start) * module, module, style="F")
    _line(pdf, face.short, left, top + CODE + 3, CODE, 14, bold=True, align="C")
    _line(pdf, "Show this at the door.", left, top + CODE + 10, CODE, 8, tone=SOFT, align="C")


def _dark(row: bytes) -> list[tuple[int, int]]:
    """The dark stretches of a line, each drawn at once: squares side by side show seams."""
    edges = [n for n in range(len(row) + 1) if (row[n - 1] if n else 0) != (row[n] if n < len(row) else 0)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _line(
    pdf: "FPDF",
    text: str,
    x: float,
    y: float,
    width: float,
    size: float,
    *,
    bold: bool = False,
    tone: tuple[int, int, int] = INK,
    align: str = "L",
) -> None:
    """One line, smaller where it would not fit."""
    style = "B" if bold else ""
    pdf.set_font("Roboto", style, size)
    if (wide := pdf.get_string_width(text)) > width - 1:
        pdf.set_font_size(max(5.0, size * (width - 1) / wide))
    pdf.set_text_color(*tone)
    pdf.set_xy(x, y)
    pdf.cell(width, size * 0.4, text, align=align)
