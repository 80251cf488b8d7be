"""A screen of tmux, drawn cell by cell as SVG: the text stays text."""
import itertools, re, unicodedata
from html import escape

CELL_W, CELL_H, SIZE, PAD, BAR = 8.43, 19, 14, 14, 34  # most monospace fonts advance by 0.602 of their size
ROWS = 24
# A terminal's ink, its ground, and its sixteen colours.
DARK = "#d5dae3", "#11151c", ["#3b4252", "#f0717b", "#8fd18a", "#e6c87a", "#6cb0f6", "#c678dd", "#5fcfd6", "#d5dae3",
           "#7b8494", "#ffa0a0", "#a9e6a2", "#f7dc97", "#8fc7ff", "#f5b8f0", "#86e6ec", "#ffffff"]
LIGHT = "#24292f", "#fdfdfb", ["#24292f", "#b3261e", "#1a7f37", "#8a6100", "#0a5fc2", "#8250df", "#11737f", "#6e7781",
           "#57606a", "#a40e26", "#116329", "#633c01", "#0550ae", "#6639ba", "#0b5a63", "#8c959f"]
FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
PLAIN = (None, None, frozenset())  # colour of the ink, of the ground, attributes
SWITCHES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
COLOUR = "#{:02x}{:02x}{:02x}".format


def palette(n, colours):
    """Colour `n` of the 256."""
    if n < 16:
        return colours[n]
    cube = (n - 16) // 36, (n - 16) // 6 % 6, (n - 16) % 6
    return COLOUR(*(level and 55 + 40 * level for level in cube)) if n < 232 else COLOUR(*[8 + 10 * (n - 232)] * 3)


def restyle(style, parameters, colours):
    """The style after `ESC [ parameters m` (ECMA-48, 8.3.117, as tmux writes it)."""
    pair, on = list(style[:2]), set(style[2])
    codes = iter([24 if code == "4:0" else int(code.split(":")[0] or 0) for code in parameters.split(";")])
    for code in codes:
        ground = int(code in (48, 49) or code // 10 in (4, 10))
        if code == 0:
            pair, on = [None, None], set()
        elif code in SWITCHES:
            on.add(SWITCHES[code])
        elif code - 20 in SWITCHES or code == 22:
            on -= {"bold", "dim"} if code == 22 else {SWITCHES[code - 20]}
        elif code in (38, 48):
            pair[ground] = palette(next(codes), colours) if next(codes) == 5 else COLOUR(next(codes), next(codes), next(codes))
        elif 30 <= code < 50:
            pair[ground] = None if code % 10 == 9 else colours[code % 10]
        elif 90 <= code < 108:
            pair[ground] = colours[code % 10 + 8]
    return (*pair, frozenset(on))


def cells(capture, colours):
    """The clusters of characters of a capture: [row, column, width in cells, text, style]."""
    style, found = PLAIN, []
    for row, line in enumerate(capture.split("\n")[:ROWS]):
        column = 0
        for parameters, char in re.findall(r"\x1b\[([\d;:]*)m|\x1b\].*?\x1b\\|([^\x00-\x1f\x7f])", line):
            if not char:
                style = restyle(style, parameters, colours)
            elif column and (unicodedata.category(char) in ("Mn", "Me", "Cf", "Sk") and ord(char) > 127
                             or found[-1][3].endswith("\u200d")):
                found[-1][3] += char  # marks, joiners, skin colours, and what is joined
            else:
                found.append([row, column, 2 if unicodedata.east_asian_width(char) in "WF" else 1, char, style])
                column += found[-1][2]
    return found


def draw(capture, cursor, title, columns=100, terminal=DARK):
    """The picture. Runs of narrow characters are fitted to their cells, wide ones stand in the middle of theirs."""
    default, paper, colours = terminal
    width, height = round(columns * CELL_W + 2 * PAD), round(BAR + ROWS * CELL_H + 1.5 * PAD)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
           f"<title>{escape(title)}</title>",
           f"<style>text{{font-family:{FONTS};font-size:{SIZE}px;white-space:pre}}</style>",
           f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="9" fill="{paper}" stroke="#8a93a3"/>',
           f'<path d="M1 {BAR}V9.5A8.5 8.5 0 0 1 9.5 1H{width - 9.5}A8.5 8.5 0 0 1 {width - 1} 9.5V{BAR}Z" fill="#dde2ea"/>',
           *(f'<circle cx="{18 + 18 * n}" cy="{BAR / 2}" r="5.5" fill="#b4bcc9"/>' for n in range(3)),
           f'<text x="{width / 2}" y="{BAR / 2 + 5}" text-anchor="middle" fill="#333b48" font-weight="bold">lanchat</text>']

    def box(row, column, cols, colour, more=""):
        out.append(f'<rect x="{PAD + column * CELL_W:.2f}" y="{BAR + PAD / 2 + row * CELL_H}" width="{cols * CELL_W:.2f}" '
                   f'height="{CELL_H}" fill="{colour}"{more}/>')

    # One run: cells of one row and style; a wide one, or one of several characters, is a run of its own.
    for (row, style, _), run_of in itertools.groupby(
            cells(capture, colours), lambda cell: (cell[0], cell[4], cell[1] if cell[2] == 2 or len(cell[3]) > 1 else None)):
        run_of = list(run_of)
        column, cols, text = run_of[0][1], sum(cell[2] for cell in run_of), "".join(cell[3] for cell in run_of)
        ink, ground, on = style[0] or default, style[1], style[2]
        if "reverse" in on:
            ink, ground = ground or paper, ink
        if ground:
            box(row, column, cols, ground)
        more = "".join(text for key, text in {
            "bold": ' font-weight="bold"', "dim": ' opacity=".62"', "italic": ' font-style="italic"',
            "underline": ' text-decoration="underline"'}.items() if key in on)
        for part in re.finditer(r"\S+(?: \S+)*", text):
            x, y = PAD + (column + part.start()) * CELL_W, BAR + PAD / 2 + row * CELL_H + 14
            length = len(part[0]) * CELL_W
            fit = (f'x="{x + cols * CELL_W / 2:.2f}" text-anchor="middle"' if run_of[0][2] == 2 or len(run_of[0][3]) > 1 else
                   f'x="{x:.2f}" textLength="{length:.2f}" lengthAdjust="spacingAndGlyphs"')
            out.append(f'<text {fit} y="{y}" fill="{ink}"{more}>{escape(part[0])}</text>')
    if cursor:
        box(cursor[1], cursor[0], 1, default, ' opacity=".55"')  # what stands under it can be read
    return "\n".join([*out, "</svg>", ""])
