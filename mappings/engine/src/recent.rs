use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

/// Answers to questions about short texts that were asked lately: the same few codes, names and paths stand in nearly every
/// row. Each thread has its own, so that none waits for another. An answer must depend on the question alone: it is then the
/// same whether it was remembered or not.
pub(crate) struct Recent<Answer> {
    slots: Vec<Option<Slot<Answer>>>,
}

struct Slot<Answer> {
    topic: u64,
    text: Box<str>,
    answer: Answer,
}

/// How many answers are remembered; a newer one takes the place of the one in its slot.
const SLOTS: usize = 4_096;
/// Longest text that is remembered, in bytes.
const TEXT_BYTES_MAX: usize = 120;

impl<Answer: Clone> Recent<Answer> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// The answer about a text, worked out where it is not remembered. One topic is one kind of question.
    pub(crate) fn answer(
        &mut self,
        topic: u64,
        text: &str,
        work_out: impl FnOnce() -> Answer,
    ) -> Answer {
        if text.len() > TEXT_BYTES_MAX {
            return work_out();
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let mut hasher = FxHasher::default();
        (topic, text).hash(&mut hasher);
        // The low bits of the hash are its best.
        let place =
            usize::from(u16::try_from(hasher.finish() & 0xFFFF).unwrap_or_default()) % SLOTS;
        let slot = &mut self.slots[place];
        if let Some(known) = slot
            && known.topic == topic
            && *known.text == *text
        {
            return known.answer.clone();
        }
        let answer = work_out();
        *slot = Some(Slot {
            topic,
            text: text.into(),
            answer: answer.clone(),
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_would_be_worked_out() {
        let mut recent = Recent::new();
        let mut asked = 0;
        for round in 0..2 {
            for number in 0..10_000_u64 {
                let text = number.to_string();
                let answer = recent.answer(number % 3, &text, || {
                    asked += 1;
                    (number % 3, text.clone())
                });
                assert_eq!(answer, (number % 3, text.clone()), "round {round}");
            }
        }
        let before = asked;
        for _ in 0..10 {
            recent.answer(7, "x", || {
                asked += 1;
                (7, "x".to_owned())
            });
        }
        assert_eq!(asked, before + 1);
    }
}
