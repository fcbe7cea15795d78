//! What of a resource a mapping names: a tree of members, by which everything else is left out.

use super::path::{Path, Step, Test, is_choice};

/// The tree of a resource, while it is built and afterwards.
#[derive(Debug, Default)]
pub(crate) struct Allow {
    root: Branch,
    /// The steps of the `each` whose rules are being added.
    scope: Vec<Step>,
}

/// What a path may end at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Scalar,
    Anything,
}

/// One level: which members may stay, and what of an array's elements.
#[derive(Debug, Default)]
pub(crate) struct Branch {
    members: Vec<(Box<str>, Branch)>,
    choices: Vec<(Box<str>, Branch)>,
    /// A text, number or boolean may stay.
    pub(crate) leaf: bool,
    /// Whatever stands here is asked for only by its being there.
    anything: bool,
    /// Elements of which none of the filters holds may stay as well.
    unfiltered: bool,
    filters: Vec<Vec<Test>>,
}

impl Allow {
    /// The tree of a resource of which nothing is named yet but what tells what it is.
    pub(crate) fn resource() -> Self {
        let mut allow = Self::default();
        for name in ["resourceType", "id"] {
            allow
                .root
                .add(&[Step::Member(name.into())], false, End::Scalar);
        }
        allow
    }

    /// The resource's own level.
    pub(crate) const fn root(&self) -> &Branch {
        &self.root
    }

    /// From here on, paths begin at the elements of an `each`.
    pub(crate) fn enter(&mut self, each: Option<&Path>) {
        self.scope = each
            .and_then(|path| path.alternatives.first())
            .map_or_else(Vec::new, |route| route.steps.clone());
    }

    /// From here on, paths begin at the resource.
    pub(crate) fn leave(&mut self) {
        self.scope.clear();
    }

    /// Adds everything that a path reads.
    pub(crate) fn add(&mut self, path: &Path) {
        self.add_ending(path, End::Scalar);
    }

    /// Adds everything that a path goes through; what stands at its end may be an object, of which nothing is kept.
    pub(crate) fn add_whatever_stands(&mut self, path: &Path) {
        self.add_ending(path, End::Anything);
    }

    fn add_ending(&mut self, path: &Path, end: End) {
        for route in &path.alternatives {
            let scope: &[Step] = if route.from_resource {
                &[]
            } else {
                &self.scope
            };
            let steps: Vec<Step> = scope.iter().chain(&route.steps).cloned().collect();
            self.root.add(&steps, false, end);
        }
    }

    /// The names on the way of each alternative, from the resource.
    pub(crate) fn full_names<'a>(&'a self, path: &'a Path) -> Vec<Vec<&'a str>> {
        let names = |steps: &'a [Step]| {
            steps.iter().filter_map(|step| match step {
                Step::Member(name) | Step::Choice(name) => Some(&**name),
                _ => None,
            })
        };
        let of_route = |route: &'a super::path::Route| {
            let scope: &[Step] = if route.from_resource {
                &[]
            } else {
                &self.scope
            };
            names(scope).chain(names(&route.steps)).collect()
        };
        path.alternatives.iter().map(of_route).collect()
    }
}

impl Branch {
    fn add(&mut self, steps: &[Step], filtered: bool, end: End) {
        let Some((step, rest)) = steps.split_first() else {
            self.leaf = true;
            self.anything |= end == End::Anything;
            self.unfiltered |= !filtered;
            return;
        };
        match step {
            Step::Member(name) => {
                self.unfiltered |= !filtered;
                child(&mut self.members, name).add(rest, false, end);
            }
            Step::Choice(name) => {
                self.unfiltered |= !filtered;
                child(&mut self.choices, name).add(rest, false, end);
            }
            Step::Index(_) => self.add(rest, filtered, end),
            Step::Where(tests) => {
                for test in tests {
                    self.add(&test.steps, true, End::Scalar);
                }
                if !self.filters.contains(tests) {
                    self.filters.push(tests.clone());
                }
                self.add(rest, true, end);
            }
        }
    }

    /// Whether an object may stand here.
    pub(crate) const fn takes_objects(&self) -> bool {
        self.anything || !self.members.is_empty() || !self.choices.is_empty()
    }

    /// The level below a member, if it may stay.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let named = self.members.iter().find(|(known, _)| **known == *name);
        named
            .or_else(|| {
                self.choices
                    .iter()
                    .find(|(known, _)| is_choice(name, known))
            })
            .map(|(_, branch)| branch)
    }

    /// The filters of which one must hold of an element; none where every element may stay.
    pub(crate) fn filters(&self) -> &[Vec<Test>] {
        if self.unfiltered { &[] } else { &self.filters }
    }
}

fn child<'a>(children: &'a mut Vec<(Box<str>, Branch)>, name: &str) -> &'a mut Branch {
    let place = children
        .iter()
        .position(|(known, _)| **known == *name)
        .unwrap_or_else(|| {
            children.push((name.into(), Branch::default()));
            children.len() - 1
        });
    &mut children[place].1
}
