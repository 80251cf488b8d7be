//! Doors to the parser of themes and to that of a terminal's answers, for the fuzz targets in `tests/fuzz`. Not a part of the API.

/// Reads a theme; what is wrong, where something is.
pub fn theme(text: &str) -> Result<(), String> {
    super::theme::file::parse(text).map(drop)
}

/// Reads what a terminal answers to the question for its background: what of it was typed by the user.
pub fn answers(heard: &[u8]) -> Vec<u8> {
    super::theme::detect::read(heard).1
}
