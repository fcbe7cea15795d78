//! GL strings (Milius et al., Tissue Antigens 2013): `^` between loci, `|` between genotypes, `+` between the copies,
//! `~` between the loci of a haplotype, `/` between alternatives.

use super::Fault;
use super::hla::{Locus, read as read_allele};

/// The given copy (0 or 1) of a locus; `None` when the string tells nothing of the locus, or has only one copy of it.
///
/// Where genotypes are ambiguous (`|`), a copy is the alternatives that it has in any of them.
pub(crate) fn read(text: &str, locus: Locus, copy: usize) -> Result<Option<Box<str>>, Fault> {
    let genotypes = text.rsplit('#').next().unwrap_or(text);
    if !names(genotypes, locus) {
        return Ok(None);
    }
    let mut alternatives: Vec<Box<str>> = Vec::new();
    for genotype in genotypes.split('^').flat_map(|block| block.split('|')) {
        let found = genotype
            .split('+')
            .filter_map(|haplotype| haplotype.split('~').find(|allele| is_of(allele, locus)))
            .nth(copy);
        if let Some(allele) = found {
            for one in read_allele(allele.trim(), locus)?.split('/') {
                if !alternatives.iter().any(|known| **known == *one) {
                    alternatives.push(one.into());
                }
            }
        }
    }
    if alternatives.is_empty() {
        Ok(None)
    } else {
        Ok(Some(alternatives.join("/").into()))
    }
}

/// Whether the locus may be in a GL string at all: most hold but one, and each attribute asks for its own.
fn names(text: &str, locus: Locus) -> bool {
    text.match_indices('*')
        .any(|(star, _)| text[..star].ends_with(locus.gene()))
}

/// Whether a part of a GL string is an allele of this locus.
fn is_of(allele: &str, locus: Locus) -> bool {
    let bare = allele.trim();
    let bare = bare.strip_prefix("HLA-").unwrap_or(bare);
    bare.strip_prefix(locus.gene())
        .is_some_and(|rest| rest.starts_with('*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, locus: Locus, expected: [Option<&str>; 2]) {
        for (copy, expected) in expected.into_iter().enumerate() {
            let found = read(text, locus, copy).ok().flatten();
            assert_eq!(found.as_deref(), expected, "{text} copy {copy}");
        }
    }

    #[test]
    fn a_gl_string_gives_each_copy_of_each_locus() {
        let text = "hla#3.25.0#HLA-A*24:02+HLA-A*26:01^HLA-B*52:01/HLA-B*52:02+HLA-B*35:01";
        check(text, Locus::A, [Some("A*24:02"), Some("A*26:01")]);
        check(text, Locus::B, [Some("B*52:01/B*52:02"), Some("B*35:01")]);
        check(text, Locus::Drb1, [None, None]);
        check(
            "HLA-A*24:02~HLA-B*52:01+HLA-A*26:01~HLA-B*35:01",
            Locus::B,
            [Some("B*52:01"), Some("B*35:01")],
        );
        check(
            "HLA-A*24:02+HLA-A*26:01|HLA-A*24:03+HLA-A*26:01",
            Locus::A,
            [Some("A*24:02/A*24:03"), Some("A*26:01")],
        );
        check("HLA-A*24:02", Locus::A, [Some("A*24:02"), None]);
    }
}
