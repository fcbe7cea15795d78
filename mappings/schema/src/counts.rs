use serde::{Deserialize, Serialize};

/// The one state in which a row that was read ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Its key was not known before.
    New,
    /// Its key was known, with another content.
    Changed,
    /// Its key was known with this content.
    Unchanged,
    /// It could not be used; the dead letter says where and why.
    SetAside,
}

/// How many rows ended in which state. Conservation: `read = new + changed + unchanged + set_aside`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows (or resources) that the connector read, counted where they are read.
    pub read: u64,
    /// See [`RowState::New`].
    pub new: u64,
    /// See [`RowState::Changed`].
    pub changed: u64,
    /// See [`RowState::Unchanged`].
    pub unchanged: u64,
    /// See [`RowState::SetAside`].
    pub set_aside: u64,
}

impl RowCounts {
    /// Counts one row's end.
    pub fn add(&mut self, state: RowState) {
        match state {
            RowState::New => self.new += 1,
            RowState::Changed => self.changed += 1,
            RowState::Unchanged => self.unchanged += 1,
            RowState::SetAside => self.set_aside += 1,
        }
    }

    /// Rows read that ended nowhere, or ended twice: always 0, and shown.
    #[must_use]
    pub fn unexplained(&self) -> i64 {
        let ended = self.new + self.changed + self.unchanged + self.set_aside;
        self.read.cast_signed() - ended.cast_signed()
    }
}

impl std::ops::AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.set_aside += other.set_aside;
    }
}
