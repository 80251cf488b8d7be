//! Columns for people: as wide as their widest cell.

use unicode_width::UnicodeWidthStr;

/// The lines, the head first, as text with two spaces between columns.
pub(super) fn table<const N: usize>(lines: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.width());
        }
    }
    let pad = |(cell, width): (&String, usize)| cell.clone() + &" ".repeat(width - cell.width() + 2);
    let show = |line: &[String; N]| {
        line.iter().zip(widths).map(pad).collect::<String>().trim_end().to_owned() + "\n"
    };
    lines.iter().map(show).collect()
}
