//! Loads mapping files and applies them: the door, normalisers, issues with their place.
