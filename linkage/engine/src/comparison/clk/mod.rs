//! Keyed Bloom filters, so that parties who may not show each other names can still be linked.
//!
//! Each party cuts its identifying fields into short grams, hashes every gram with a key that only the parties know, and
//! sets bits of a filter: similar texts give similar filters, which a third party compares by Dice's coefficient
//! (R. Schnell, T. Bachteler and J. Reiher, "Privacy-preserving record linkage using Bloom filters", BMC Medical
//! Informatics and Decision Making 9:41, 2009). All fields of a record go into one filter, each with its own weight, which
//! gives away less than a filter a field (E. A. Durham et al., "Composite Bloom filters for secure record linkage", IEEE
//! Transactions on Knowledge and Data Engineering 26, 2014); it is called a cryptographic long-term key, CLK.
//!
//! # What it protects, and what not
//!
//! - Without the key, nobody can hash a guessed name and look for it. Whoever has the key *and* the filters can: the key
//!   must never reach the party that links, and everybody who encodes with one key can recognise everybody's records.
//! - Filters are pseudonyms, not anonymous data. The same record always gives the same filter, so that filters can be
//!   counted, and linked with each other by anyone who holds two sets made with one key.
//! - Frequent grams set frequent bits. Attacks by frequency alone, without the key, have re-identified common names (M. Kuzu
//!   et al., 2011; F. Niedermeyer et al., 2014; P. Christen et al., "Pattern-mining based cryptanalysis of Bloom filters",
//!   2018), and attacks by comparing the graph of similarities with one of known persons work on any encoding that keeps
//!   similarity (A. Vidanage et al., 2020), this one with all its hardening included.
//! - Hardening makes attacks dearer and linkage worse; it does not end them. A salt (Niedermeyer et al., 2014) makes the same
//!   name give other bits for each value of a field that is never mistyped, such as the year of birth: an error in that
//!   field makes the record unfindable. Balanced filters hide how many grams a record has, folded ones which (R. Schnell and
//!   C. Borgs, "Randomized response and balanced Bloom filters for privacy preserving record linkage", 2016; "XOR-folding for
//!   Bloom filter-based encryptions for privacy-preserving record linkage", 2016).
//!
//! Use it under a contract that names who holds the key, who links, and when the filters are deleted.
//!
//! Bits are chosen independently by the hash's own output, not by double hashing, whose pattern eases attacks
//! (Niedermeyer et al., 2014).

mod encoder;
mod filter;
mod settings;

pub use encoder::Encoder;
pub use filter::{Filter, dice};
pub use settings::{Field, Hardening, Settings};
