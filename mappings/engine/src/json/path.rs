//! Paths into a resource: a small, strict part of `FHIRPath`.
//!
//! `identifier.where(system in ('a', 'b')).value`, `name[0]`, `coding.first().code`, `effective[x]`, `a.b | c.d`,
//! `$.id` (from the resource, inside an `each`), `extension('url').valueString`.

use super::node::Node;

/// Alternatives, of which the first that gives something counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) alternatives: Vec<Route>,
}

/// Steps from the resource, or from the element that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) from_resource: bool,
    pub(crate) steps: Vec<Step>,
}

/// One step: each takes what the one before gave, arrays opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Members of this name.
    Member(Box<str>),
    /// Members of this name with a type after it: `effective[x]` is `effectiveDateTime`, `effectivePeriod` ...
    Choice(Box<str>),
    /// The element at this place, from 0.
    Index(usize),
    /// Those of which every test holds.
    Where(Vec<Test>),
}

/// A test of `where`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) steps: Vec<Step>,
    pub(crate) relation: Relation,
    pub(crate) values: Vec<Box<str>>,
}

/// How the results of a test's path relate to its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// One of them is one of the values.
    Is,
    /// None of them is any of the values.
    IsNot,
    /// One of them begins with one of the values.
    Begins,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// A sentence that says at which character what was expected.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        super::path_parser::parse(text)
    }

    /// What the path gives, of the element or the resource; the first alternative that gives anything.
    pub(crate) fn find<'n, 'a>(
        &self,
        resource: &'n Node<'a>,
        element: &'n Node<'a>,
    ) -> Vec<&'n Node<'a>> {
        let mut found = Vec::new();
        self.visit(resource, element, &mut |node| {
            found.push(node);
            false
        });
        found
    }

    /// Whether the path gives anything.
    pub(crate) fn gives(&self, resource: &Node<'_>, element: &Node<'_>) -> bool {
        let mut any = false;
        self.visit(resource, element, &mut |_| {
            any = true;
            true
        });
        any
    }

    /// Shows what [`Path::find`] gives, one after the other, until `enough` says so.
    pub(crate) fn visit<'n, 'a>(
        &self,
        resource: &'n Node<'a>,
        element: &'n Node<'a>,
        enough: &mut dyn FnMut(&'n Node<'a>) -> bool,
    ) {
        for route in &self.alternatives {
            let start = if route.from_resource {
                resource
            } else {
                element
            };
            let mut any = false;
            walk(start, &route.steps, &mut |node| {
                any = true;
                enough(node)
            });
            if any {
                return;
            }
        }
    }
}

/// Shows what the steps give, arrays opened, until `enough` says so; whether it did.
fn walk<'n, 'a>(
    start: &'n Node<'a>,
    steps: &[Step],
    enough: &mut dyn FnMut(&'n Node<'a>) -> bool,
) -> bool {
    let mut places = steps.iter().enumerate().rev();
    let last = places.find_map(|(at, step)| match step {
        Step::Index(place) => Some((at, *place)),
        _ => None,
    });
    let Some((at, place)) = last else {
        return descend(start, steps, enough);
    };
    // A place counts through everything that the steps before it give.
    let (mut left, mut one) = (place, None);
    walk(start, &steps[..at], &mut |node| {
        one = (left == 0).then_some(node);
        left = left.saturating_sub(1);
        one.is_some()
    });
    one.is_some_and(|node| descend(node, &steps[at + 1..], enough))
}

/// [`walk`] without a step to one place.
fn descend<'n, 'a>(
    node: &'n Node<'a>,
    steps: &[Step],
    enough: &mut dyn FnMut(&'n Node<'a>) -> bool,
) -> bool {
    let members = match node {
        Node::Array(elements) => {
            return elements
                .iter()
                .any(|element| descend(element, steps, enough));
        }
        Node::Null => return false,
        Node::Object(members) => &**members,
        Node::Text(_) | Node::Plain(_) => &[],
    };
    let Some((step, rest)) = steps.split_first() else {
        return enough(node);
    };
    match step {
        Step::Member(name) => members
            .iter()
            .find(|(known, _)| **known == **name)
            .is_some_and(|(_, member)| descend(member, rest, enough)),
        Step::Choice(name) => members
            .iter()
            .filter(|(known, _)| is_choice(known, name))
            .any(|(_, member)| descend(member, rest, enough)),
        Step::Where(tests) => {
            tests.iter().all(|test| test.holds(node)) && descend(node, rest, enough)
        }
        Step::Index(_) => walk(node, steps, enough),
    }
}

/// Whether `effectiveDateTime` is a choice of `effective`.
pub(crate) fn is_choice(member: &str, name: &str) -> bool {
    member
        .strip_prefix(name)
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
}

impl Test {
    /// Whether it holds of a node.
    pub(crate) fn holds(&self, node: &Node<'_>) -> bool {
        let fits = |text: &str| match self.relation {
            Relation::Is | Relation::IsNot => self.values.iter().any(|value| **value == *text),
            Relation::Begins => self.values.iter().any(|value| text.starts_with(&**value)),
        };
        let any = walk(node, &self.steps, &mut |node| {
            node.scalar().is_some_and(fits)
        });
        any != (self.relation == Relation::IsNot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: &str = r#"{"resourceType":"Patient","id":"p1","birthDate":"1970-01-02","deceasedDateTime":"2020-01-01",
        "identifier":[{"system":"urn:a","value":"1"},{"system":"urn:b","value":"2"},{"system":"urn:ab","value":"3"}],
        "extension":[{"url":"http://x/y","valueString":"z"}],
        "code":{"coding":[{"system":"s","code":"c1"},{"system":"t","code":"c2"}],"text":"words"}}"#;

    fn check(path: &str, expected: &[&str]) {
        let node = Node::parse(PATIENT).unwrap();
        let found = Path::parse(path).unwrap().find(&node, &node);
        let texts: Vec<&str> = found.iter().filter_map(|node| node.scalar()).collect();
        assert_eq!(texts, expected, "{path}");
    }

    #[test]
    fn a_path_gives_what_it_names() {
        check("birthDate", &["1970-01-02"]);
        check("$.id", &["p1"]);
        check("identifier.value", &["1", "2", "3"]);
        check("identifier[1].value", &["2"]);
        check("identifier.first().value", &["1"]);
        check("identifier.where(system = 'urn:b').value", &["2"]);
        check(
            "identifier.where(system in ('urn:a', 'urn:b')).value",
            &["1", "2"],
        );
        check("identifier.where(system != 'urn:a').first().value", &["2"]);
        check("identifier.where(system ~ 'urn:a').value", &["1", "3"]);
        check(
            "identifier.where(system ~ 'urn:a' and value = '3').value",
            &["3"],
        );
        check("code.where(coding.code = 'c2').text", &["words"]);
        check("deceased[x]", &["2020-01-01"]);
        check("deathDate | deceasedDateTime", &["2020-01-01"]);
        check("extension('http://x/y').valueString", &["z"]);
        check("nothing.here", &[]);
    }
}
