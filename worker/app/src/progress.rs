//! Bars on a terminal.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar is drawn, in times a second: enough to look alive, too little to cost.
const DRAWS_PER_SECOND: u8 = 10;

/// How far a stage is: a bar on stderr when that is a terminal, nothing otherwise.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for a stage whose end is not known yet. `unit` is what is counted: `rows`, `histories`, `bytes`.
    #[must_use]
    pub fn stage(name: &str, unit: Unit) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::silent();
        }
        let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_prefix(name.to_owned());
        bar.set_style(style(unit, false));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// No bar at all.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            bar: ProgressBar::hidden(),
        }
    }

    /// So much is done, of so much in all when that is known.
    pub fn at(&self, done: u64, total: Option<u64>, unit: Unit) {
        if let Some(total) = total
            && self.bar.length() != Some(total)
        {
            self.bar.set_style(style(unit, true));
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
    }

    /// What the stage is at, beside the bar.
    pub fn note(&self, words: impl Into<String>) {
        self.bar.set_message(words.into());
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Runs something that prints, without the bar in its way.
    pub fn suspend<R>(&self, run: impl FnOnce() -> R) -> R {
        self.bar.suspend(run)
    }
}

/// What a stage counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes read.
    Bytes,
    /// Things: rows, pairs, histories.
    Things,
}

fn style(unit: Unit, bounded: bool) -> ProgressStyle {
    let template = match (unit, bounded) {
        (Unit::Bytes, true) => {
            "{prefix:>14} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}, {eta} left {msg}"
        }
        (Unit::Bytes, false) => "{prefix:>14} {spinner} {bytes} {bytes_per_sec} {msg}",
        (Unit::Things, true) => {
            "{prefix:>14} [{bar:30}] {human_pos}/{human_len} {per_sec}, {eta} left {msg}"
        }
        (Unit::Things, false) => "{prefix:>14} {spinner} {human_pos} {per_sec} {msg}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
