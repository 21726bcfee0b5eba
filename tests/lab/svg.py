# SPDX-License-Identifier: LGPL-2.1-or-later
"""The timeline as a picture: states, ingress, egress and the reading that gave it away, over one time axis.

Colours are those of Okabe and Ito, told apart with any colour vision; B is dashed besides, and all is labelled.
"""

from xml.sax.saxutils import escape

from .timeline import Mark, Rate, Timeline, rates

WIDTH, LEFT, RIGHT = 960, 66, 24
BAND_TOP, BAND_HEIGHT = 64, 26
PANEL_HEIGHT, PANEL_GAP = 132, 40
A, B, LOST, GRID, INK, MUTED = "#0072B2", "#D55E00", "#CC0000", "#E3E6EA", "#1F2430", "#5B6270"
STATES = {
    "absent": "#C9CDD3",
    "unprotected": "#DADDE2",
    "protected": "#A8DCC9",
    "priming": "#BFE3F7",
    "primed": "#6FC7AC",
    "splitting": "#F7EFA0",
    "split": "#F0E442",
    "unsplitting": "#F7EFA0",
    "switching": "#E0B1CC",
    "failed": "#9A9FA8",
}
MARKS = {"warn": "#B07A00", "alarm": "#CC5500", "fault": LOST, "moved": INK}
STYLE = """
text { font-family: "DejaVu Sans", Verdana, sans-serif; font-size: 12px; fill: #1F2430 }
.title { font-size: 17px; font-weight: bold }
.sub, .tick { fill: #5B6270; font-size: 11px }
.panel { font-weight: bold }
.state { font-size: 11px }
.mark { font-size: 11px; paint-order: stroke; stroke: #FFFFFF; stroke-width: 4px; stroke-linejoin: round }
"""


def _ticks(span: float, count: int) -> float:
    """A round step that divides span into about `count`."""
    step = 10.0 ** -3
    while True:
        for factor in (1, 2, 5):
            if span / (step * factor) <= count:
                return step * factor
        step *= 10


class Picture:
    def __init__(self, timeline: Timeline, subtitle: str) -> None:
        self.timeline = timeline
        self.subtitle = subtitle
        self.parts: list[str] = []
        self.begin, self.end = timeline.start, max(timeline.end, timeline.start + 1)
        panels = 3 if timeline.readings else 2
        self.panels_top = BAND_TOP + BAND_HEIGHT + 78
        self.bottom = self.panels_top + panels * PANEL_HEIGHT + (panels - 1) * PANEL_GAP
        self.height = self.bottom + 58

    def x(self, at: float) -> float:
        share = (at - self.begin) / (self.end - self.begin)
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dash: str = "") -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"{dashes}/>'
        )

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start", fill: str = "") -> None:
        style = f' style="fill:{fill}"' if fill else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"{style}>{escape(words)}</text>'
        )

    def draw(self) -> str:
        self.text(LEFT, 26, self.timeline.title, "title")
        self.text(LEFT, 45, self.subtitle, "sub")
        self._legend()
        self._bands()
        measured = rates(self.timeline.samples, 0.04)
        top = self.panels_top
        self._axis(top)
        self._rates("ingress (received)", top, measured, "rx")
        self._rates("egress (sent)", top + PANEL_HEIGHT + PANEL_GAP, measured, "tx")
        if self.timeline.readings:
            self._reading(top + 2 * (PANEL_HEIGHT + PANEL_GAP))
        self._marks()
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" width="{WIDTH}" '
            f'height="{self.height}" role="img" aria-label="{escape(self.timeline.title)}">\n<style>{STYLE}</style>\n'
            f'<rect width="{WIDTH}" height="{self.height}" rx="6" fill="#FFFFFF"/>\n{body}\n</svg>\n'
        )

    def _legend(self) -> None:
        x, y = LEFT, self.bottom + 38
        for label, colour, dash in (("adapter A", A, ""), ("adapter B", B, "7 4")):
            self.line(x, y, x + 28, y, colour, 2.5, dash)
            self.text(x + 34, y + 4, label)
            x += 112
        self.line(x, y - 5, x, y + 5, LOST, 2)
        self.text(x + 8, y + 4, "a lost datagram, by its time of sending")

    def _bands(self) -> None:
        states = self.timeline.states
        for i, (at, state) in enumerate(states):
            until = states[i + 1][0] if i + 1 < len(states) else self.end
            left, right = self.x(at), self.x(until)
            if right - left < 0.2:
                continue
            self.parts.append(
                f'<rect x="{left:.1f}" y="{BAND_TOP}" width="{right - left:.1f}" height="{BAND_HEIGHT}" '
                f'fill="{STATES.get(state, "#FFFFFF")}" stroke="#FFFFFF" stroke-width="1"/>'
            )
            if right - left > 7 * len(state) + 4:
                self.text((left + right) / 2, BAND_TOP + 17, state, "state", "middle")
        self.text(LEFT - 10, BAND_TOP + 17, "state", "tick", "end")

    def _axis(self, top: float) -> None:
        step = _ticks(self.end - self.begin, 12)
        for i in range(int((self.end - self.begin) / step) + 1):
            x = self.x(self.begin + i * step)
            self.line(x, top, x, self.bottom, GRID)
            self.text(x, self.bottom + 18, f"{i * step:g}", "tick", "middle")
        self.text(WIDTH - RIGHT, self.bottom + 42, "time (s)", "tick", "end")

    def _scale(self, top: float, low: float, high: float, unit: str, title: str) -> None:
        self.text(LEFT, top - 8, title, "panel")
        step = _ticks(high - low, 4)
        value = -(-low // step) * step
        while value <= high + step / 1e6:
            y = self._y(top, value, low, high)
            self.line(LEFT, y, WIDTH - RIGHT, y, GRID)
            self.text(LEFT - 8, y + 4, f"{round(value, 6) or 0:g}{unit}", "tick", "end")
            value += step

    @staticmethod
    def _y(top: float, value: float, low: float, high: float) -> float:
        share = (value - low) / (high - low)
        return top + PANEL_HEIGHT * (1 - min(max(share, 0.0), 1.0))

    def _curve(self, points: list[tuple[float, float]], colour: str, dash: str = "") -> None:
        if not points:
            return
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-linejoin="round"{dashes}/>'
        )

    def _rates(self, title: str, top: float, measured: list[Rate], direction: str) -> None:
        high = 1.2 * self.timeline.pps / 1000
        self._scale(top, 0, high, "k", f"{title}, packets per second")
        shown = [rate for rate in measured if self.begin <= rate.at <= self.end]
        for name, colour, dash in (("A", A, ""), ("B", B, "7 4")):
            points = [(self.x(r.middle), self._y(top, getattr(r, direction)[name] / 1000, 0, high)) for r in shown]
            if points:
                area = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
                base = top + PANEL_HEIGHT
                self.parts.append(
                    f'<polygon points="{points[0][0]:.1f},{base} {area} {points[-1][0]:.1f},{base}" '
                    f'fill="{colour}" fill-opacity="0.10"/>'
                )
            self._curve(points, colour, dash)
        if direction == "rx":
            columns = {round(self.x(at)) for at in self.timeline.lost_at}
            for x in sorted(columns):
                self.line(x, top + PANEL_HEIGHT - 9, x, top + PANEL_HEIGHT, LOST, 1.5)

    def _reading(self, top: float) -> None:
        timeline = self.timeline
        points = [(at, value) for at, value in timeline.readings if self.begin <= at <= self.end]
        values = [value for _, value in points] + list(timeline.thresholds.values())
        if not points:
            return
        margin = 0.08 * (max(values) - min(values) or 1)
        low, high = min(values) - margin, max(values) + margin
        self._scale(top, low, high, "", timeline.reading)
        for name, value in timeline.thresholds.items():
            y = self._y(top, value, low, high)
            self.line(LEFT, y, WIDTH - RIGHT, y, MARKS[name], 1.5, "3 3")
            self.text(LEFT + 6, y - 4, name, "tick", fill=MARKS[name])
        self._curve([(self.x(at), self._y(top, value, low, high)) for at, value in points], A)

    def _marks(self) -> None:
        rows: list[float] = []  # where each row of labels ends
        marks = [mark for mark in self.timeline.marks if self.begin <= mark.at <= self.end]
        labels = [self._mark(mark, rows) for mark in _joined(sorted(marks, key=lambda m: m.at))]
        for mark, (x, y, anchor) in labels:  # above all the lines
            self.text(x, y, mark.text, "mark", anchor, MARKS.get(mark.kind, INK))

    def _mark(self, mark: Mark, rows: list[float]) -> tuple[Mark, tuple[float, float, str]]:
        """Draws a mark's line; returns where its label goes."""
        x, width = self.x(mark.at), 6.3 * len(mark.text) + 12
        leftwards = x + width > WIDTH - RIGHT
        first = x - width if leftwards else x
        # below all labels that it would run through, since its line goes down from there
        row = max((i + 1 for i, end in enumerate(rows) if first <= end), default=0)
        rows[row:row + 1] = [x if leftwards else x + width]  # fmt: skip
        y = BAND_TOP + BAND_HEIGHT + 16 + 15 * min(row, 3)
        colour = MARKS.get(mark.kind, INK)
        self.line(x, y - 9, x, self.bottom, colour, 1.2, "" if mark.kind == "fault" else "2 3")
        return mark, ((x - 4, y, "end") if leftwards else (x + 4, y, "start"))


def _joined(marks: list[Mark]) -> list[Mark]:
    """Evidence of one level that comes in the same moment has one label."""
    result: list[Mark] = []
    for mark in marks:
        last = result[-1] if result else None
        if last and mark.kind == last.kind and mark.kind in ("warn", "alarm") and mark.at - last.at < 0.1:
            result[-1] = Mark(last.at, last.kind, f"{last.text}, {mark.text.removeprefix(f'{mark.kind}: ')}")
        else:
            result.append(mark)
    return result


def draw(timeline: Timeline, subtitle: str) -> str:
    """The picture as an SVG document."""
    return Picture(timeline, subtitle).draw()
