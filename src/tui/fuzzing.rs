//! A door to the parser of themes, for the fuzz targets in `tests/fuzz`. Not a part of the API.

/// Reads a theme; what is wrong, where something is.
pub fn theme(text: &str) -> Result<(), String> {
    super::theme::file::parse(text).map(drop)
}
