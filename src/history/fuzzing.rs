//! A door to the parser of searches, for the fuzz targets in `tests/fuzz`. Not a part of the API.

/// What FTS5 is asked for what a user types, and for lines of whoever is called so.
pub fn expressions(typed: &str) -> [Option<String>; 2] {
    [super::words::expression(typed), super::words::author(typed)]
}
