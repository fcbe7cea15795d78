//! A model proposed from the data alone: what each column is, which say something, how they are compared, and which
//! rules find the candidate pairs at a bounded cost. Nothing here knows the truth, and the same files give the same model.

mod candidates;
mod choose;
mod evidence;
mod field;
mod gather;
mod headings;
mod levels;
mod look;
mod nothing;
mod profile;
mod relation;
mod sight;
mod spelled;
mod write;

pub use gather::Ignored;

use candidates::{Extent, candidates, keys};
use field::Field;
use look::{Look, learn, looks};
use sight::Sight;

use crate::blocking::Blocks;
use crate::{Codes, LinkageError, Model, Table, TableIds};

/// Pairs that the rules of a proposal may give: so many for each record, and at least so many.
const PAIRS_PER_RECORD: u64 = 40;
const PAIRS_MIN: u64 = 2_000_000;
/// A file whose records are doubles of each other less often than this, for each record linked to another file, has none.
const DOUBLES_MAX: f64 = 0.2;

/// The files as they were read: text by heading.
#[derive(Clone, Copy)]
pub struct RawFiles<'a> {
    /// The files' names, as the model's sources.
    pub source_names: &'a [String],
    /// Each row's file, by its place among the names.
    pub sources: &'a [u16],
    /// Every heading of every file once, with a value a row; rows of files that lack it have none.
    pub columns: &'a [(String, Codes)],
}

/// What to propose.
#[derive(Clone, Debug, Default)]
pub struct ProposalOptions {
    /// The model's name.
    pub name: String,
    /// Headings that are no evidence: the id and truth columns.
    pub ignore: Vec<String>,
}

/// A model, and why it is as it is.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The model.
    pub model: Model,
    /// The same as TOML with comments: what each column was taken for and each rule's cost.
    pub text: String,
    /// Headings that are no evidence, and why.
    pub ignored: Vec<Ignored>,
    /// Each blocking rule with its cost, in the model's order.
    pub rules: Vec<ProposedRule>,
    /// Share of all matches that the rules are thought to give.
    pub recall: f64,
}

/// A rule and what it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedRule {
    /// The rule's name in the model.
    pub name: String,
    /// Pairs that it gives, counted.
    pub pairs: u64,
    /// Records of its largest block.
    pub largest: u64,
    /// Share of the likely matches that it gives.
    pub found: f64,
    /// Share that the rules before it do not give.
    pub added: f64,
}

/// Proposes a model for one file with doubles, for two to be linked, or for several that may have both.
///
/// # Errors
/// [`LinkageError::Unfit`] when nothing in the files can serve as evidence.
pub fn propose(files: &RawFiles<'_>, options: &ProposalOptions) -> Result<Proposal, LinkageError> {
    let source_count = files.source_names.len();
    let (all, mut ignored) =
        gather::gather(files.columns, files.sources, source_count, &options.ignore)?;
    let mut fields = Vec::new();
    for field in all {
        match evidence::refused(&field, source_count) {
            Some(reason) => ignored.extend(told(&field, &reason)),
            None => fields.push(field),
        }
    }
    if fields.is_empty() {
        return Err(LinkageError::unfit(
            "no column of the files can tell whether two records are one",
        ));
    }
    let table = table_of(files, &mut fields)?;
    let found = Findings::new(&fields, &table, files, source_count)?;
    ignored.extend(found.ignored.iter().cloned());
    write::written(&fields, &found, files, options, ignored, |model| {
        Blocks::build(model, &table).map(|blocks| blocks.report().clone())
    })
}

fn told(field: &Field, reason: &str) -> Vec<Ignored> {
    let headings = field.settings.headings().iter();
    headings
        .map(|heading| Ignored {
            heading: heading.clone(),
            reason: reason.to_owned(),
        })
        .collect()
}

/// The fields' typed columns as a table; they are taken out of the fields.
fn table_of(files: &RawFiles<'_>, fields: &mut [Field]) -> Result<Table, LinkageError> {
    let mut ids = TableIds::default();
    for (row, &source) in files.sources.iter().enumerate() {
        ids.push(&files.source_names[usize::from(source)], &row.to_string());
    }
    let mut table = Table::of(ids);
    for field in fields {
        let empty = crate::Column::Opaque(Vec::new());
        table.add(
            field.settings.name.as_str(),
            std::mem::replace(&mut field.column, empty),
        )?;
    }
    Ok(table)
}

/// What the first look shows.
struct Findings {
    /// Whether the field is compared, by field.
    used: Vec<bool>,
    ignored: Vec<Ignored>,
    /// Whether only records of different files can be one.
    across_alone: bool,
    /// By source: likely doubles within it for each of its records that has a partner elsewhere.
    doubles: Vec<f64>,
    /// By field: the share of the likely matches that share its value, where that is so rare that it must name the collection a
    /// record comes from, which holds each thing once.
    collections: Vec<Option<f64>>,
    /// By field: by how much the numbers of one differ between two files, as ages do between two censuses.
    shifts: Vec<f64>,
    /// Share of the likely matches in which given name and surname stand in each other's place.
    exchanged: f64,
    /// The chosen rules: keys, largest block, and what they find.
    rules: Vec<Chosen>,
    recall: f64,
}

/// A rule that was chosen.
struct Chosen {
    name: String,
    on: Vec<String>,
    fields: Vec<usize>,
    size_max: usize,
    found: f64,
    added: f64,
}

impl Findings {
    fn new(
        fields: &[Field],
        table: &Table,
        files: &RawFiles<'_>,
        source_count: usize,
    ) -> Result<Self, LinkageError> {
        let mut extent = Extent {
            sources: files.sources,
            across_alone: false,
        };
        let pairs_max = PAIRS_MIN.max(PAIRS_PER_RECORD * files.sources.len() as u64);
        let keys = keys(fields, table)?;
        let mut possible = candidates(&keys, extent, pairs_max);
        let mut sights = fields.iter().map(Sight::new).collect::<Vec<_>>();
        let names = candidates::name_pairs(fields).first().copied();
        let mut looks = looks(&keys, &possible, &sights, extent, names);
        let mut shared = (0..fields.len())
            .map(|by| evidence::pairs_of_one_value(fields, by, &sights, extent))
            .collect::<Vec<_>>();
        let ((used, ignored), doubles) = evidence_and_doubles(
            fields,
            (&mut looks, &shared),
            &sights,
            &mut extent,
            source_count,
        );
        for candidate in &mut possible {
            candidates::recount(candidate, &keys, extent);
        }
        learn(&mut looks, &sights, &used, extent, &shared);
        if relation::shift_numbers(&mut sights, fields, (&mut looks, &mut shared), extent) {
            learn(&mut looks, &sights, &used, extent, &shared);
        }
        let exchanged = exchanged(names, &sights, &looks);
        let mut choice = choose::choose((&possible, &keys), &looks, extent, pairs_max);
        let tied = names.filter(|_| exchanged >= write::EXCHANGED_MIN);
        choose::with_rules_to_learn_from(
            &mut choice,
            &possible,
            &keys,
            (&looks, &used),
            tied.as_slice(),
        );
        let rules = choice.rules.iter().zip(&choice.found);
        let rules = rules.map(|(&rule, &found)| Chosen::new(&possible[rule], &keys, found));
        Ok(Self {
            rules: rules.collect(),
            exchanged,
            recall: choice.recall,
            collections: relation::collections(fields, &looks),
            shifts: sights.iter().map(|sight| sight.shift).collect(),
            used,
            ignored,
            across_alone: extent.across_alone,
            doubles,
        })
    }
}

impl Chosen {
    fn new(
        candidate: &candidates::Candidate,
        keys: &[candidates::CandidateKey<'_>],
        (found, added): (f64, f64),
    ) -> Self {
        let keys_of = || candidate.keys.iter().map(|&key| &keys[key]);
        Self {
            name: choose::name_of(candidate, keys),
            on: keys_of().map(|key| key.text.clone()).collect(),
            fields: keys_of().flat_map(|key| key.fields.clone()).collect(),
            size_max: candidate.size_max,
            found,
            added,
        }
    }
}

/// What is evidence, and the doubles within each file. Of files without doubles only pairs across them stay, and the extent
/// says so.
fn evidence_and_doubles(
    fields: &[Field],
    (looks, shared): (&mut Vec<Look>, &[Vec<Look>]),
    sights: &[Sight<'_>],
    extent: &mut Extent<'_>,
    source_count: usize,
) -> ((Vec<bool>, Vec<Ignored>), Vec<f64>) {
    if source_count < 2 {
        let evidence = evidence_of(fields, looks, sights, *extent, shared);
        return (evidence, vec![0.0; source_count]);
    }
    let whole = looks.clone();
    let mut restrict = |looks: &mut Vec<Look>, used: &[bool]| {
        let doubles = doubles_of(looks, sights, used, *extent, shared, source_count);
        extent.across_alone = doubles.iter().all(|&doubles| doubles < DOUBLES_MAX);
        looks.retain(|look| extent.holds(look.left, look.right));
        (doubles, *extent)
    };
    let (_, tried) = restrict(looks, &vec![true; fields.len()]);
    let evidence = evidence_of(fields, looks, sights, tried, shared);
    // What is no evidence may have misled.
    *looks = whole;
    let (doubles, _) = restrict(looks, &evidence.0);
    (evidence, doubles)
}

/// Which fields are compared, and why the others are not.
fn evidence_of(
    fields: &[Field],
    looks: &mut [Look],
    sights: &[Sight<'_>],
    extent: Extent<'_>,
    shared: &[Vec<Look>],
) -> (Vec<bool>, Vec<Ignored>) {
    let mut used = vec![true; fields.len()];
    let mut ignored = Vec::new();
    for (repeated, other) in evidence::repeated(fields) {
        if used[other] && used[repeated] {
            used[repeated] = false;
            let reason = format!("`{}` repeats it in part or in whole", fields[other].name());
            ignored.extend(told(&fields[repeated], &reason));
        }
    }
    let chances = learn(looks, sights, &used, extent, shared);
    for place in 0..fields.len() {
        if evidence::is_chance(place, &fields[place], looks, sights, &chances) {
            used[place] = false;
            ignored.extend(told(
                &fields[place],
                "records that share a value of it have nothing else in common",
            ));
        }
    }
    for (settled, by) in evidence::settled(fields, sights, &used, &chances, shared) {
        if used[by] && used[settled] {
            used[settled] = false;
            ignored.extend(told(
                &fields[settled],
                &format!("`{}` says as much already", fields[by].name()),
            ));
        }
    }
    (used, ignored)
}

/// The same, learnt as if no file held anything twice: then the households within a file show how different records agree, and
/// only what agrees beyond that is a double.
fn doubles_of(
    looks: &[Look],
    sights: &[Sight<'_>],
    used: &[bool],
    extent: Extent<'_>,
    shared: &[Vec<Look>],
    source_count: usize,
) -> Vec<f64> {
    let apart = Extent {
        across_alone: source_count > 1,
        ..extent
    };
    let (mut across, mut within) = (Vec::new(), Vec::new());
    for look in looks {
        let part = if apart.holds(look.left, look.right) {
            &mut across
        } else {
            &mut within
        };
        part.push(look.again());
    }
    let chances = learn(&mut across, sights, used, apart, shared);
    look::weigh(&mut within, sights, used, &chances);
    across.append(&mut within);
    doubles(&across, extent.sources, source_count)
}

/// Likely matches within each source for each likely match of its records with another source.
fn doubles(looks: &[Look], sources: &[u16], source_count: usize) -> Vec<f64> {
    let mut within = vec![0.0; source_count];
    let mut across = vec![1e-9; source_count];
    for look in looks.iter().filter(|look| look.chance > 0.5) {
        let (left, right) = (
            usize::from(sources[look.left as usize]),
            usize::from(sources[look.right as usize]),
        );
        if left == right {
            within[left] += look.matches();
        } else {
            across[left] += look.matches();
            across[right] += look.matches();
        }
    }
    within
        .iter()
        .zip(&across)
        .map(|(within, across)| within / across)
        .collect()
}

/// The share of the likely matches whose given name and surname stand in each other's place.
fn exchanged(names: Option<(usize, usize)>, sights: &[Sight<'_>], looks: &[Look]) -> f64 {
    let Some((given, surname)) = names else {
        return 0.0;
    };
    let (mut matches, mut exchanged) = (1e-9, 0.0);
    for look in looks.iter().filter(|look| look.chance > 0.5) {
        matches += look.matches();
        let crossed = look.levels[given] != 0
            && look::exchanged((&sights[given], &sights[surname]), look.left, look.right);
        exchanged += if crossed { look.matches() } else { 0.0 };
    }
    exchanged / matches
}
