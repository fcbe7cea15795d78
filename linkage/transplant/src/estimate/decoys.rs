//! People who do not exist, linked with those who do: whoever is taken for a decoy is taken wrongly (after Robach, Hof and van de
//! Wiel 2025, but on the level of facts, where numbers, days and typings stay whole).
//!
//! A *stranger* has the person of one record, the typings of another, the courses of a third and the hospital of a fourth, all
//! of one source and, but for the hospital, of about one age. A *twin* has all that twins share from one record, and courses and given name from
//! another.

use linkage::{Job, Level, Model, Rules, ScoredPair};
use schema::{Phi, RecordKey};

use super::draw::Draws;
use super::{Places, count};
use crate::compare::{self, BirthFit, HlaFit};
use crate::facts::Facts;
use crate::link::Linked;
use crate::rules::LifeLine;
use crate::subject::Subject;
use crate::{LinkError, columns};

/// Strangers are so many a record, up to [`DECOYS_MAX`]; twins a quarter of that.
const STRANGERS_PER_RECORD: usize = 1;
/// More decoys would cost without telling more.
const DECOYS_MAX: usize = 40_000;
/// Donors of one decoy lie so near each other in the order of birth: a part of their source, and at least so many.
const AGE_SHARE: usize = 50;
/// See [`AGE_SHARE`].
const AGE_RECORDS_MIN: usize = 20;
/// Slips of the data that no decoy has, such as two patients on one card: about one pair, and this part of the links.
const UNMODELLED: f64 = 1e-4;

/// False links, as decoys show them, for pairs across sources or within them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FalseLinks {
    pub(super) strangers: u64,
    pub(super) stranger_links: u64,
    /// Real pairs for each pair of a stranger.
    scale: f64,
    pub(super) twin_pairs: u64,
    pub(super) twin_links: u64,
    /// Real pairs that look like twins and were not taken for one person.
    relatives: u64,
}

/// Both kinds of pairs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ByKind {
    pub(super) across: FalseLinks,
    pub(super) within: FalseLinks,
}

impl FalseLinks {
    /// As expected.
    pub(super) fn expected(&self) -> f64 {
        let twins = count(self.twin_links) / count(self.twin_pairs.max(1));
        self.scale * count(self.stranger_links) + self.merged(twins)
    }

    /// Under figures that may be, among so many links.
    pub(super) fn drawn(&self, links: f64, draws: &mut Draws) -> f64 {
        let strangers = self.scale * draws.gamma(count(self.stranger_links) + 0.5);
        let twins = draws.share(count(self.twin_links), count(self.twin_pairs));
        strangers
            + self.merged(twins.min(0.9))
            + (1.0 + UNMODELLED * links) * draws.normal().max(0.0)
    }

    /// Relatives that were merged, when `share` of them are.
    fn merged(&self, share: f64) -> f64 {
        count(self.relatives) * share / (1.0 - share)
    }
}

/// How often decoys are taken for real people.
///
/// # Errors
/// As [`crate::link`].
pub(super) fn false_links(
    places: &Places<'_>,
    linked: &Linked,
    seed: u64,
) -> Result<ByKind, LinkError> {
    let mut found = ByKind::default();
    count_relatives(places, linked, &mut found);
    let decoys = Decoys::new(places.subjects, seed);
    if decoys.donors.is_empty() {
        return Ok(found);
    }
    let subjects = decoys.beside(places.subjects);
    let (pairs, real) = (links_of(&subjects, places, linked)?, places.subjects.len());
    for (left, right) in pairs {
        let (known, decoy) = (left.min(right), left.max(right));
        if known < real && decoy >= real {
            decoys.judge(places, known, decoy - real, &mut found);
        }
    }
    decoys.count_tried(places, &mut found);
    Ok(found)
}

/// Pairs that link by themselves, by the weights of the run.
fn links_of(
    subjects: &[Subject],
    places: &Places<'_>,
    linked: &Linked,
) -> Result<Vec<(usize, usize)>, LinkError> {
    let mut model = linked.model.clone();
    for block in &mut model.blocks {
        block.size_max = (block.size_max * subjects.len()).div_ceil(places.subjects.len());
    }
    model.training.pairs_max = u64::MAX;
    let least = link_weight(linked);
    let facts = Facts::new(subjects);
    let rules = LifeLine::new(&facts, &model);
    let table = columns::table(&facts)?;
    let mut job = Job::prepare(model, &table, compare::all(&facts), &rules, &|_, _, _| {})?;
    let pairs = job.link(&|_, _, _| {})?.pairs;
    let heavy: Vec<ScoredPair> = pairs
        .iter()
        .filter(|pair| pair.weight >= least)
        .copied()
        .collect();
    let parts = job.parts(&heavy)?;
    Ok(heavy
        .iter()
        .zip(&parts)
        .filter(|(pair, parts)| {
            rules.veto(pair.left, pair.right).is_none()
                && rules.doubt(pair, &|| (*parts).clone()).is_none()
        })
        .map(|(pair, _)| (pair.left as usize, pair.right as usize))
        .collect())
}

/// The least weight of a pair that links by its probability; there are more records now, but not other odds.
fn link_weight(linked: &Linked) -> f32 {
    let Model { thresholds, .. } = &linked.model;
    let linking = linked
        .pairs
        .iter()
        .filter(|pair| f64::from(pair.probability) >= thresholds.link);
    linking
        .map(|pair| pair.weight)
        .fold(f32::INFINITY, f32::min)
}

/// Real pairs in two clusters with one birth date and one typing.
fn count_relatives(places: &Places<'_>, linked: &Linked, found: &mut ByKind) {
    let place = |name: &str| {
        linked
            .model
            .comparisons
            .iter()
            .position(|of| of.name == name)
    };
    let (Some(birth), Some(hla)) = (place("birth_date"), place("hla")) else {
        return;
    };
    for (pair, parts) in linked.pairs.iter().zip(&linked.parts) {
        let (left, right) = (pair.left as usize, pair.right as usize);
        let alike = parts[birth].level == Level::At(BirthFit::Same as u8)
            && parts[hla].level == Level::At(HlaFit::Compatible as u8);
        if alike && !places.are_together(left, right) {
            let (one, other) = places.stratum(left, right);
            found.of(one == other).relatives += 1;
        }
    }
}

impl ByKind {
    fn of(&mut self, within: bool) -> &mut FalseLinks {
        if within {
            &mut self.within
        } else {
            &mut self.across
        }
    }
}

/// Made-up records.
struct Decoys {
    made: Vec<Subject>,
    /// For each its donors; of a twin, the first is the other twin.
    donors: Vec<Vec<usize>>,
    /// The first so many are strangers.
    strangers: usize,
}

impl Decoys {
    fn new(subjects: &[Subject], seed: u64) -> Self {
        let by_age = by_age(subjects);
        let wanted = (STRANGERS_PER_RECORD * subjects.len()).min(DECOYS_MAX);
        let mut decoys = Self {
            made: Vec::new(),
            donors: Vec::new(),
            strangers: 0,
        };
        let mut draws = Draws::new(seed, u64::MAX);
        let places: Vec<(usize, usize)> = by_age
            .iter()
            .enumerate()
            .flat_map(|(source, rows)| (0..rows.len()).map(move |place| (source, place)))
            .collect();
        if places.is_empty() {
            return decoys;
        }
        for number in 0..wanted + wanted / 4 {
            let (source, place) = places[draws.below(places.len())];
            let rows = &by_age[source];
            let mut near = || rows[neighbour(place, rows.len(), &mut draws)];
            let (first, second, third) = (rows[place], near(), near());
            let name = format!("decoy {number}");
            if number < wanted {
                let donors = vec![first, second, third, rows[draws.below(rows.len())]];
                decoys.made.push(stranger(&name, subjects, &donors));
                decoys.donors.push(donors);
                decoys.strangers += 1;
            } else {
                decoys
                    .made
                    .push(twin(&name, &subjects[first], &subjects[second]));
                decoys.donors.push(vec![first, second]);
            }
        }
        decoys
    }

    fn beside(&self, subjects: &[Subject]) -> Vec<Subject> {
        subjects.iter().chain(&self.made).cloned().collect()
    }

    /// Takes up a pair of a real record with a decoy that was taken for one person.
    fn judge(&self, places: &Places<'_>, real: usize, decoy: usize, found: &mut ByKind) {
        let within = places.subjects[real].source == self.made[decoy].source;
        let of = found.of(within);
        let gave = |&donor: &usize| places.are_together(donor, real);
        if decoy < self.strangers {
            of.stranger_links += u64::from(!self.donors[decoy].iter().any(gave));
        } else {
            of.twin_links +=
                u64::from(gave(&self.donors[decoy][0]) && !gave(&self.donors[decoy][1]));
        }
    }

    /// Counts what could have been taken for one person.
    fn count_tried(&self, places: &Places<'_>, found: &mut ByKind) {
        let mut members = vec![Vec::new(); places.subjects.len()];
        for (place, &cluster) in places.cluster_of.iter().enumerate() {
            members[cluster].push(place);
        }
        for (twin, donors) in self.donors.iter().enumerate().skip(self.strangers) {
            for &member in &members[places.cluster_of[donors[0]]] {
                let within = places.subjects[member].source == self.made[twin].source;
                found.of(within).twin_pairs += 1;
            }
        }
        // Every real pair is met twice, once from each side.
        let scale = count(places.subjects.len() as u64) / (2.0 * count(self.strangers as u64));
        for of in [&mut found.across, &mut found.within] {
            (of.strangers, of.scale) = (self.strangers as u64, scale);
        }
    }
}

/// The records of each source in the order of birth; sources of a few records make no decoys.
fn by_age(subjects: &[Subject]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..subjects.len()).collect();
    order.sort_by_key(|&place| {
        let subject = &subjects[place];
        let birth = subject.birth_dates.expose().first().copied();
        (subject.source.as_str(), birth, subject.key.expose())
    });
    order
        .chunk_by(|&one, &other| subjects[one].source == subjects[other].source)
        .filter(|rows| rows.len() >= AGE_RECORDS_MIN)
        .map(<[usize]>::to_vec)
        .collect()
}

/// Another place of about the same age.
fn neighbour(place: usize, records: usize, draws: &mut Draws) -> usize {
    let reach = (records / AGE_SHARE)
        .max(AGE_RECORDS_MIN - 1)
        .min(records - 1);
    let low = place.saturating_sub(reach / 2).min(records - 1 - reach);
    let at = low + draws.below(reach);
    at + usize::from(at >= place)
}

fn stranger(name: &str, subjects: &[Subject], donors: &[usize]) -> Subject {
    let [person, typed, treated, placed] = [0, 1, 2, 3].map(|place| &subjects[donors[place]]);
    Subject {
        key: RecordKey::new(name),
        birth_dates: person.birth_dates.clone(),
        sex: person.sex,
        initials: person.initials.clone(),
        typings: typed.typings.clone(),
        blood: typed.blood.clone(),
        prefectures: placed.prefectures.clone(),
        facilities: placed.facilities.clone(),
        ..treated.clone()
    }
}

fn twin(name: &str, other: &Subject, treated: &Subject) -> Subject {
    Subject {
        key: RecordKey::new(name),
        birth_dates: other.birth_dates.clone(),
        sex: other.sex,
        initials: Phi::new(named_otherwise(other, treated)),
        typings: other.typings.clone(),
        blood: other.blood.clone(),
        prefectures: other.prefectures.clone(),
        facilities: other.facilities.clone(),
        ..treated.clone()
    }
}

/// The family's initials with another's given name. A first kana is the family's alone.
fn named_otherwise(family: &Subject, given: &Subject) -> Box<[Box<str>]> {
    let given = given.initials.expose().iter().find(|name| name.is_ascii());
    let name = |told: &str| match (
        told.chars().next(),
        given.and_then(|name| name.chars().last()),
    ) {
        (Some(first), Some(last)) if told.is_ascii() => format!("{first}{last}").into(),
        _ => told.into(),
    };
    family
        .initials
        .expose()
        .iter()
        .map(|told| name(told))
        .collect()
}
