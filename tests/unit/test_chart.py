"""Charts of lines: what is not known is a gap, in the picture and in the table."""

from datetime import UTC, datetime, timedelta

from jobs.web.chart import HEIGHT, WIDTH, lines, percent, whole

AT = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(4)]


def test_a_gap_parts_a_line_and_the_table_leaves_out_what_nobody_knows() -> None:
    chart = lines("depth", "Depth", AT, {"bulk": [0.0, 10.0, None, 5.0], "default": [None, 20.0, None, None]}, whole)
    bulk, default = chart.lines
    assert [len(path.split()) for path in bulk.paths] == [4, 2]
    assert (bulk.last, default.last, chart.highest) == ("5", "20", "20")
    assert [row[1] for row in chart.rows] == [["0", "–"], ["10", "20"], ["5", "–"]]


def test_every_point_lies_in_the_picture() -> None:
    chart = lines("use", "Use", AT, {"busy": [0.0, 0.5, 1.0, 0.25]}, percent)
    for point in " ".join(chart.lines[0].paths).split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_of_nothing_there_is_a_chart_without_rows() -> None:
    assert lines("use", "Use", AT, {"busy": [None] * 4}, percent).rows == []
    assert lines("none", "None", [], {}, percent).lines == []
