//! What a similarity costs, against other libraries in the same run: `cargo bench -p linkage --bench similarity`.
//!
//! Names of 4 to 16 letters are made up; every second pair is a name and its misspelling, the others are any two names.
//! Each method is timed in turn over a few thousand pairs, several rounds over, and its best round counts: so a machine with
//! other work does not disturb the ratio to `strsim` that is printed. A method of `rapidfuzz` prepares the left name once for sixteen right ones, as its `BatchComparator` is meant to be used; ours
//! prepares every name once.

#![allow(clippy::unwrap_used, reason = "a benchmark panics on purpose")]
#![allow(clippy::cast_precision_loss, reason = "figures to print")]

use std::hint::black_box;
use std::time::Instant;

use linkage::similarity::{self, Dictionary, JaroWinklerFilter};
use rapidfuzz::distance::{jaro_winkler, osa};

/// Names, and right names for each of them.
const NAMES: usize = 10_000;
const PARTNERS: usize = 16;
const ROUNDS: usize = 15;
/// Pairs of one timing.
const TIMED: usize = 125 * PARTNERS;
/// The lowest similarity that a usual model asks for.
const LEAST: f64 = 0.85;

fn main() {
    let names = names();
    let dictionary = Dictionary::new(names.iter().map(String::as_str));
    let pairs = pairs(names.len());
    println!("{} names, {} pairs", names.len(), pairs.len());
    jaro_winkler_methods(&names, &dictionary, &pairs);
    edit_methods(&names, &dictionary, &pairs);
}

type Pairs = [(usize, usize)];
type Method<'a> = (&'a str, Box<dyn Fn(&Pairs) -> f64 + 'a>);

fn jaro_winkler_methods(names: &[String], dictionary: &Dictionary, pairs: &Pairs) {
    let filter = JaroWinklerFilter::new(LEAST);
    let memo = memo(dictionary, pairs);
    let mut methods = jaro_winkler_rivals(names);
    let ours: Vec<Method<'_>> = vec![
        (
            "ours, two strings",
            Box::new(|pairs| {
                each(pairs, |one, other| {
                    similarity::jaro_winkler(&names[one], &names[other])
                })
            }),
        ),
        (
            "ours, names prepared",
            Box::new(|pairs| each(pairs, |one, other| dictionary.jaro_winkler(one, other))),
        ),
        (
            "ours, hopeless pairs left out",
            Box::new(|pairs| {
                each(pairs, |one, other| {
                    if filter.rules_out(dictionary, one, other) {
                        0.0
                    } else {
                        dictionary.jaro_winkler(one, other)
                    }
                })
            }),
        ),
        (
            "the test for hopelessness alone",
            Box::new(|pairs| {
                each(pairs, |one, other| {
                    f64::from(u8::from(filter.rules_out(dictionary, one, other)))
                })
            }),
        ),
        (
            "a look into a memo",
            Box::new(|pairs| {
                each(pairs, |one, other| {
                    let (key, known) = memo[slot(one, other, memo.len())];
                    if key == (one, other) {
                        f64::from(known)
                    } else {
                        0.0
                    }
                })
            }),
        ),
    ];
    methods.extend(ours);
    println!("\nJaro-Winkler");
    compare(&methods, pairs);
    tell_hopeless(&filter, dictionary, pairs);
}

fn jaro_winkler_rivals(names: &[String]) -> Vec<Method<'_>> {
    vec![
        (
            "strsim",
            Box::new(|pairs| {
                each(pairs, |one, other| {
                    strsim::jaro_winkler(&names[one], &names[other])
                })
            }),
        ),
        (
            "rapidfuzz",
            Box::new(|pairs| {
                each(pairs, |one, other| {
                    jaro_winkler::similarity(names[one].chars(), names[other].chars())
                })
            }),
        ),
        (
            "rapidfuzz, left name prepared",
            Box::new(|pairs| batched(names, pairs)),
        ),
    ]
}

fn tell_hopeless(filter: &JaroWinklerFilter, dictionary: &Dictionary, pairs: &Pairs) {
    let ruled_out = pairs
        .iter()
        .filter(|&&(one, other)| filter.rules_out(dictionary, one, other))
        .count();
    println!(
        "  hopeless for {LEAST}: {:.1} % of the pairs",
        100.0 * ruled_out as f64 / pairs.len() as f64
    );
}

fn edit_methods(names: &[String], dictionary: &Dictionary, pairs: &Pairs) {
    let methods: Vec<Method<'_>> = vec![
        (
            "strsim",
            Box::new(|pairs| {
                each(pairs, |one, other| {
                    strsim::osa_distance(&names[one], &names[other]) as f64
                })
            }),
        ),
        (
            "rapidfuzz, left name prepared",
            Box::new(|pairs| {
                let mut sum = 0.0;
                for chunk in pairs.chunks(PARTNERS) {
                    let left = osa::BatchComparator::new(names[chunk[0].0].chars());
                    sum += chunk
                        .iter()
                        .map(|pair| left.distance(names[pair.1].chars()) as f64)
                        .sum::<f64>();
                }
                sum
            }),
        ),
        (
            "ours, two strings",
            Box::new(|pairs| {
                each(pairs, |one, other| {
                    similarity::edits(&names[one], &names[other]) as f64
                })
            }),
        ),
        (
            "ours, names prepared",
            Box::new(|pairs| each(pairs, |one, other| dictionary.edits(one, other) as f64)),
        ),
    ];
    println!("\nOptimal string alignment");
    compare(&methods, pairs);
}

/// The sum of a measure over all pairs.
fn each(pairs: &Pairs, measure: impl Fn(usize, usize) -> f64) -> f64 {
    pairs
        .iter()
        .map(|&(one, other)| measure(one, other))
        .sum::<f64>()
}

fn batched(names: &[String], pairs: &Pairs) -> f64 {
    let mut sum = 0.0;
    for chunk in pairs.chunks(PARTNERS) {
        let left = jaro_winkler::BatchComparator::new(names[chunk[0].0].chars());
        sum += chunk
            .iter()
            .map(|pair| left.similarity(names[pair.1].chars()))
            .sum::<f64>();
    }
    sum
}

/// Runs the methods in turn, and prints each one's best time a pair and its ratio to the first.
fn compare(methods: &[Method<'_>], pairs: &Pairs) {
    let mut times = vec![0.0; methods.len()];
    for timed in pairs.chunks(TIMED) {
        let mut best = vec![f64::INFINITY; methods.len()];
        for _ in 0..ROUNDS {
            for ((_, method), best) in methods.iter().zip(&mut best) {
                let start = Instant::now();
                black_box(method(timed));
                *best = best.min(start.elapsed().as_secs_f64());
            }
        }
        times
            .iter_mut()
            .zip(best)
            .for_each(|(time, best)| *time += best);
    }
    for ((name, _), time) in methods.iter().zip(&times) {
        let (nanoseconds, ratio) = (time * 1e9 / pairs.len() as f64, times[0] / time);
        println!(
            "  {name:<32} {nanoseconds:>7.1} ns  {ratio:>6.2} times {}",
            methods[0].0
        );
    }
}

/// Names and, for each, a misspelling.
fn names() -> Vec<String> {
    const SYLLABLES: [&str; 16] = [
        "ka", "mi", "to", "ra", "shi", "no", "yu", "ha", "ko", "ne", "ta", "sa", "son", "ber",
        "ing", "wil",
    ];
    let mut drawn = draws(1);
    let mut names = Vec::with_capacity(2 * NAMES);
    for _ in 0..NAMES {
        let count = 2 + drawn(4);
        let name = (0..count).map(|_| SYLLABLES[drawn(16)]).collect::<String>();
        let mut letters = name.chars().collect::<Vec<_>>();
        let place = drawn(letters.len() - 1);
        match drawn(3) {
            0 => letters.swap(place, place + 1),
            1 => letters[place] = 'x',
            _ => {
                letters.remove(place);
            }
        }
        names.extend([name, letters.into_iter().collect()]);
    }
    names
}

/// Each name with sixteen others, half of them its misspelling's neighbours.
fn pairs(names: usize) -> Vec<(usize, usize)> {
    let mut drawn = draws(2);
    let mut pairs = Vec::with_capacity(NAMES * PARTNERS);
    for left in (0..names).step_by(2) {
        for partner in 0..PARTNERS {
            let right = if partner % 2 == 0 {
                left + 1
            } else {
                drawn(names)
            };
            pairs.push((left, right));
        }
    }
    pairs
}

/// Numbers below a bound, the same every time.
fn draws(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(0x5851_F42D_4C95_7F2D)
            .wrapping_add(0x1405_7B7E_F767_814F);
        usize::try_from(state >> 33).unwrap() % below
    }
}

/// A memory of outcomes by pair, as the engine keeps: a place a pair, the later one stays.
fn memo(dictionary: &Dictionary, pairs: &Pairs) -> Vec<((usize, usize), f32)> {
    let mut memo = vec![((usize::MAX, usize::MAX), 0.0); 1 << 15];
    for &(one, other) in pairs {
        let place = slot(one, other, memo.len());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a similarity of 0 to 1 fits any float"
        )]
        let known = dictionary.jaro_winkler(one, other) as f32;
        memo[place] = ((one, other), known);
    }
    memo
}

fn slot(one: usize, other: usize, slots: usize) -> usize {
    let mixed = (one as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (other as u64).wrapping_mul(0xD134_2543_DE82_EF95);
    usize::try_from(mixed >> 40).unwrap() % slots
}
